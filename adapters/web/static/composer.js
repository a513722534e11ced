// The message box: grows, sends, keeps what could not be sent.

import { newId, post } from "./api.js";
import { Tray } from "./files.js";

export class Composer {
  constructor({ onProblem, onSent }) {
    this.onProblem = onProblem;
    this.onSent = onSent;
    this.form = document.getElementById("composer");
    this.box = document.getElementById("message");
    this.button = document.getElementById("send");
    this.tray = new Tray({ onChange: () => this.#changed(), onProblem });
    this.pending = "";
    this.outbox = Promise.resolve();
    this.keyHandlers = [];
    this.inputHandlers = [];
    this.box.addEventListener("input", () => this.#changed());
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.#changed();
  }

  // A handler that returns true has dealt with the key.
  onKey(handler) {
    this.keyHandlers.push(handler);
  }

  onInput(handler) {
    this.inputHandlers.push(handler);
  }

  set(text, caret = text.length) {
    this.box.value = text;
    this.box.focus();
    this.box.setSelectionRange(caret, caret);
    this.#changed();
  }

  #key(event) {
    // While an input method composes (Japanese, Chinese), Enter chooses a word.
    if (event.isComposing) return;
    if (this.keyHandlers.some((handler) => handler(event))) {
      event.preventDefault();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.altKey) {
      event.preventDefault();
      this.send();
    }
  }

  #changed() {
    // A changed message is another message.
    this.pending = "";
    this.#grow();
    this.#allow();
    for (const handler of this.inputHandlers) handler();
  }

  #grow() {
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  #allow() {
    this.button.disabled = !(this.box.value.trim() || this.tray.files.length);
  }

  send() {
    if (this.button.disabled) return;
    const message = { id: this.pending || newId(), text: this.box.value, files: this.tray.files };
    this.tray.clear();
    this.set("");
    // One after the other, so that quick messages keep their order.
    this.outbox = this.outbox.then(() => this.#post(message));
  }

  async #post({ id, text, files }) {
    const form = new FormData();
    form.set("id", id);
    form.set("text", text);
    for (const file of files) form.append("file", file, file.name);
    try {
      await post("/messages", form);
      this.onProblem("");
      this.onSent();
    } catch (error) {
      this.#restore(id, text, files);
      this.onProblem(error.message);
    }
  }

  #restore(id, text, files) {
    const rest = this.box.value;
    this.tray.add(files);
    this.set(rest ? `${text}\n${rest}` : text);
    // The same message sent again keeps its id, so that it is taken once even if it did arrive.
    this.pending = rest ? "" : id;
  }
}
