// The conversation: messages by id, in order, updated in place.

import { press } from "./api.js";
import { renderMedia } from "./media.js";
import { listenProse, renderProse } from "./prose.js";

const SETTLED = 900;
const NEAR = 80;

export class Log {
  constructor(onProblem) {
    this.onProblem = onProblem;
    this.log = document.getElementById("log");
    this.scroller = document.getElementById("scroller");
    this.empty = document.getElementById("empty");
    this.announcer = document.getElementById("announcer");
    this.down = document.getElementById("down");
    this.messages = new Map();
    this.pinned = true;
    this.top = 0;
    this.#watchScroll();
    listenProse(this.log);
  }

  #watchScroll() {
    this.scroller.addEventListener(
      "scroll",
      () => {
        const { scrollTop, clientHeight, scrollHeight } = this.scroller;
        const near = scrollHeight - scrollTop - clientHeight < NEAR;
        // Text that grows moves the end away without the reader having scrolled: only going up lets go.
        this.pinned = near || (this.pinned && scrollTop >= this.top);
        this.top = scrollTop;
        this.down.hidden = this.pinned;
      },
      { passive: true },
    );
    // Whatever makes the page grow (text, a picture that has loaded, the keyboard of a phone), a reader
    // at the bottom stays there and one further up stays where they are.
    const stay = new ResizeObserver(() => this.pinned && this.messages.size && this.#toBottom());
    stay.observe(this.log);
    stay.observe(this.scroller);
    this.down.addEventListener("click", () => this.follow());
  }

  #toBottom() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  follow() {
    this.pinned = true;
    this.down.hidden = true;
    this.#toBottom();
  }

  put(item, { quiet = false } = {}) {
    this.empty.hidden = true;
    let message = this.messages.get(item.id);
    if (!message) {
      message = this.#make(item);
      this.messages.set(item.id, message);
      this.log.append(message.article);
      if (item.mine && !quiet) this.follow();
    }
    this.#fill(message, item);
    if (!item.mine && !quiet) this.#announceLater(message);
  }

  #make(item) {
    const article = document.createElement("article");
    article.className = `message ${item.mine ? "mine" : "theirs"} ${item.kind}`;
    article.setAttribute("aria-label", item.mine ? "You" : "Gondola");
    if (item.at) article.title = new Date(item.at * 1000).toLocaleString();
    const bubble = document.createElement("div");
    bubble.className = "bubble";
    const media = document.createElement("div");
    media.className = "media-list";
    const prose = document.createElement("div");
    prose.className = item.mine ? "words" : "prose";
    const buttons = document.createElement("div");
    buttons.className = "buttons";
    bubble.append(media, prose, buttons);
    article.append(bubble);
    return { article, media, prose, buttons, mediaKey: "", buttonsKey: "[]", timer: 0 };
  }

  #fill(message, item) {
    if (item.mine) message.prose.textContent = item.text;
    else renderProse(message.prose, item.html);
    message.prose.hidden = item.mine ? !item.text : !item.html;
    const mediaKey = item.media.map((one) => one.url).join(" ");
    if (mediaKey !== message.mediaKey) {
      message.mediaKey = mediaKey;
      message.media.replaceChildren(...item.media.map((one) => renderMedia(one, item.mine ? "" : item.text)));
    }
    const buttonsKey = JSON.stringify(item.buttons);
    if (buttonsKey !== message.buttonsKey) {
      message.buttonsKey = buttonsKey;
      message.buttons.replaceChildren(...item.buttons.map((row) => this.#buttonRow(row, item.id)));
    }
  }

  #buttonRow(row, messageId) {
    const line = document.createElement("div");
    line.className = "button-row";
    line.append(...row.map((one) => this.#button(one, messageId)));
    return line;
  }

  #button(one, messageId) {
    const made = document.createElement(one.url ? "a" : "button");
    made.className = `button ${one.style}`;
    made.textContent = one.label;
    if (one.url) {
      Object.assign(made, { href: one.url, target: "_blank", rel: "noopener noreferrer" });
      return made;
    }
    made.type = "button";
    made.addEventListener("click", async () => {
      made.disabled = true;
      try {
        await press(one.id, messageId);
        this.onProblem("");
      } catch (error) {
        this.onProblem(error.message);
      }
      made.disabled = false;
    });
    return made;
  }

  // An answer is read aloud once it has settled, not at every word.
  #announceLater(message) {
    clearTimeout(message.timer);
    message.article.setAttribute("aria-busy", "true");
    message.timer = setTimeout(() => {
      message.article.removeAttribute("aria-busy");
      const line = document.createElement("p");
      const files = message.media.childElementCount ? " with a file" : "";
      line.textContent = `Gondola${files}: ${message.prose.textContent}`;
      this.announcer.replaceChildren(line);
    }, SETTLED);
  }
}
