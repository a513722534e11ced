// Files to send: chosen, dropped or pasted, with previews.

import { formatSize } from "./media.js";

const MOST = 10;
const LIMIT = 25_000_000;

export class Tray {
  constructor({ onChange, onProblem }) {
    this.files = [];
    this.onChange = onChange;
    this.onProblem = onProblem;
    this.list = document.getElementById("tray");
    this.#listenPicker();
    this.#listenDrop();
    addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (!pasted.length) return;
      event.preventDefault();
      this.add(pasted);
    });
  }

  #listenPicker() {
    const input = document.getElementById("files");
    document.getElementById("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.add([...input.files]);
      input.value = "";
    });
  }

  #listenDrop() {
    const drop = document.getElementById("drop");
    let depth = 0;
    const show = (change) => {
      depth = Math.max(0, depth + change);
      drop.hidden = depth === 0;
    };
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    addEventListener("dragenter", (event) => holdsFiles(event) && show(1));
    addEventListener("dragleave", (event) => holdsFiles(event) && show(-1));
    addEventListener("dragover", (event) => holdsFiles(event) && event.preventDefault());
    addEventListener("drop", (event) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      show(-depth);
      this.add([...event.dataTransfer.files]);
    });
  }

  add(added) {
    const files = [...this.files, ...added.filter((file) => file.size > 0)];
    const total = files.reduce((sum, file) => sum + file.size, 0);
    if (files.length > MOST) this.onProblem(`Up to ${MOST} files fit in one message.`);
    else if (total > LIMIT) this.onProblem("That is too large: up to 25 MB fit in one message.");
    else {
      this.onProblem("");
      this.#set(files);
    }
  }

  clear() {
    this.#set([]);
  }

  #set(files) {
    this.files = files;
    for (const image of this.list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    this.list.replaceChildren(...files.map((file) => this.#entry(file)));
    this.list.hidden = files.length === 0;
    this.onChange();
  }

  #entry(file) {
    const entry = document.createElement("li");
    if (file.type.startsWith("image/")) {
      entry.append(Object.assign(new Image(), { src: URL.createObjectURL(file), alt: "" }));
    }
    const name = Object.assign(document.createElement("span"), { className: "tray-name", textContent: file.name });
    const size = Object.assign(document.createElement("span"), { className: "tray-size", textContent: formatSize(file.size) });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "×" });
    remove.setAttribute("aria-label", `Remove ${file.name}`);
    remove.addEventListener("click", () => {
      this.#set(this.files.filter((one) => one !== file));
      document.getElementById("message").focus();
    });
    entry.append(name, size, remove);
    return entry;
  }
}
