// The list above the message box: commands while their name is typed, then options and values.

import { complete } from "./api.js";
import { fixedValues, matchCommands, matchOptions, readLine, usage, valueEntries } from "./suggest.js";

const PAUSE = 120;

export class Palette {
  constructor(composer, commands) {
    this.composer = composer;
    this.commands = commands;
    this.box = composer.box;
    this.panel = document.getElementById("palette");
    this.hint = document.getElementById("palette-hint");
    this.list = document.getElementById("palette-list");
    this.entries = [];
    this.chosen = -1;
    this.start = 0;
    this.dismissed = "";
    this.asking = new AbortController();
    composer.onInput(() => this.#update());
    composer.onKey((event) => this.#key(event));
    this.box.addEventListener("click", () => this.#update());
    this.box.addEventListener("blur", () => this.#close());
    this.box.addEventListener("focus", () => this.#update());
    // The box keeps the focus while the mouse chooses.
    this.panel.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[role=option]");
      if (row) this.#accept(Number(row.dataset.index));
    });
  }

  #update() {
    this.asking.abort();
    clearTimeout(this.timer);
    const before = this.box.value.slice(0, this.box.selectionStart);
    const found = before === this.dismissed ? null : readLine(before, this.commands);
    this.found = found;
    if (!found) return this.#close();
    this.start = found.kind === "commands" ? 0 : found.start;
    this.#hint(found);
    if (found.kind === "commands") return this.#show(matchCommands(this.commands, found.typed), 0);
    if (found.kind === "options") return this.#show(matchOptions(found), -1);
    if (!found.option.live) return this.#show(valueEntries(fixedValues(found.option, found.typed)), -1);
    return this.#ask(found);
  }

  #hint(found) {
    this.hint.hidden = found.kind === "commands";
    if (found.kind === "value") this.hint.textContent = `${found.option.name}: ${found.option.description}`;
    if (found.kind === "options") this.hint.textContent = `${usage(found.command)} · ${found.command.description}`;
  }

  #ask(found) {
    this.#show(this.entries.filter((one) => one.live), -1);
    this.asking = new AbortController();
    const { signal } = this.asking;
    this.timer = setTimeout(async () => {
      try {
        const choices = await complete(found.command.name, found.option.name, found.typed, signal);
        if (!signal.aborted) this.#show(valueEntries(choices).map((one) => ({ ...one, live: true })), -1);
      } catch {
        // Suggestions are a help, not a need: without them the value is simply typed.
      }
    }, PAUSE);
  }

  #show(entries, chosen) {
    this.entries = entries;
    this.list.replaceChildren(...entries.map((entry, index) => this.#row(entry, index)));
    this.list.hidden = entries.length === 0;
    this.panel.hidden = entries.length === 0 && this.hint.hidden;
    this.#choose(entries.length ? chosen : -1);
  }

  #row(entry, index) {
    const row = document.createElement("li");
    row.id = `suggestion-${index}`;
    row.dataset.index = String(index);
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    const label = Object.assign(document.createElement("strong"), { textContent: entry.label });
    const detail = Object.assign(document.createElement("span"), { textContent: entry.detail });
    row.append(label, detail);
    return row;
  }

  #choose(index) {
    this.list.children[this.chosen]?.setAttribute("aria-selected", "false");
    this.chosen = index;
    const row = this.list.children[index];
    row?.setAttribute("aria-selected", "true");
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.box.setAttribute("aria-activedescendant", row.id);
    else this.box.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (this.panel.hidden || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return false;
    const count = this.entries.length;
    switch (event.key) {
      case "ArrowDown":
        return this.#move(count, this.chosen + 1);
      case "ArrowUp":
        return this.#move(count, this.chosen < 0 ? count - 1 : this.chosen - 1);
      case "Tab":
        return count > 0 && this.#accept(Math.max(0, this.chosen));
      case "Enter":
        return this.chosen >= 0 && !this.#complete() && this.#accept(this.chosen);
      case "Escape":
        this.dismissed = this.box.value.slice(0, this.box.selectionStart);
        this.#close();
        return true;
      default:
        return false;
    }
  }

  #move(count, index) {
    if (!count) return false;
    this.#choose((index + count) % count);
    return true;
  }

  // A command typed in full that needs nothing more is sent by Enter.
  #complete() {
    const entry = this.entries[this.chosen];
    return this.found.kind === "commands" && entry.whole && `/${this.found.typed}` === entry.label;
  }

  #accept(index) {
    const caret = this.box.selectionStart;
    const { value } = this.box;
    const text = value.slice(0, this.start) + this.entries[index].insert;
    this.composer.set(text + value.slice(caret).trimStart(), text.length);
    return true;
  }

  #close() {
    this.asking.abort();
    clearTimeout(this.timer);
    this.panel.hidden = true;
    this.entries = [];
    this.#choose(-1);
  }
}
