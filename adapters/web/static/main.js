// The chat page: wires the parts together.

import { Composer } from "./composer.js";
import { Log } from "./log.js";
import { Palette } from "./palette.js";
import { follow } from "./stream.js";

const TYPING_SHOWN = 6000;

const state = JSON.parse(document.getElementById("state").textContent);
const problem = document.getElementById("problem");
const typing = document.getElementById("typing");
let typingTimer;

function showProblem(sentence) {
  problem.textContent = sentence;
  problem.hidden = !sentence;
}

function showTyping(shown) {
  clearTimeout(typingTimer);
  typing.hidden = !shown;
  if (shown) {
    if (log.pinned) log.follow();
    typingTimer = setTimeout(() => showTyping(false), TYPING_SHOWN);
  }
}

const log = new Log(showProblem);
const composer = new Composer({ onProblem: showProblem, onSent: () => log.follow() });
new Palette(composer, state.commands);

for (const item of state.items) log.put(item, { quiet: true });
if (state.items.length) log.follow();

let lost = false;
let kept = false;
follow(state.last, {
  onEvent(event) {
    if (event.type === "typing") showTyping(true);
    // After a restart the server sends what it remembers; an open page shows that already, and more.
    else if (!event.recalled || !kept) {
      if (!event.mine) showTyping(false);
      log.put(event);
    }
  },
  onState(sentence) {
    if (sentence || lost) showProblem(sentence);
    lost = Boolean(sentence);
    if (!sentence) kept = log.messages.size > 0;
  },
});

for (const example of document.querySelectorAll(".example")) {
  example.addEventListener("click", () => composer.set(example.dataset.text));
}

const demo = document.getElementById("demo");
addEventListener("click", (event) => {
  if (demo?.open && !demo.contains(event.target)) demo.open = false;
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && demo?.open) demo.open = false;
});
