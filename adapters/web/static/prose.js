// Puts an answer's HTML on the page. While it streams, only blocks that changed are touched, so that
// selections, focus and scroll positions in finished blocks stay.

const sources = new WeakMap();
const SOURCE = /^\[?\d{1,3}\]?$/;

export function renderProse(target, html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  const wanted = [...template.content.children];
  const present = [...target.children];
  wanted.forEach((block, index) => {
    const text = block.outerHTML;
    const old = present[index];
    if (old && sources.get(old) === text) return;
    const shown = decorate(block);
    sources.set(shown, text);
    if (old) old.replaceWith(shown);
    else target.append(shown);
  });
  present.slice(wanted.length).forEach((old) => old.remove());
}

function decorate(block) {
  const holder = document.createElement("div");
  holder.append(block);
  holder.querySelectorAll("pre").forEach(wrapCode);
  holder.querySelectorAll("table").forEach(wrapTable);
  holder.querySelectorAll("a").forEach(markSource);
  holder.querySelectorAll(".spoiler").forEach((one) => {
    one.setAttribute("role", "button");
    one.setAttribute("aria-label", "Hidden text, press to show");
  });
  return holder.firstElementChild;
}

function wrapCode(pre) {
  const box = document.createElement("div");
  box.className = "code";
  const head = document.createElement("div");
  head.className = "code-head";
  const language = /language-([\w+#.-]+)/.exec(pre.firstElementChild?.className ?? "")?.[1] ?? "code";
  const label = document.createElement("span");
  label.textContent = language;
  const copy = document.createElement("button");
  copy.type = "button";
  copy.className = "copy";
  copy.textContent = "Copy";
  pre.tabIndex = 0;
  pre.replaceWith(box);
  head.append(label, copy);
  box.append(head, pre);
}

function wrapTable(table) {
  const box = document.createElement("div");
  box.className = "table";
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Table");
  table.replaceWith(box);
  box.append(table);
}

function markSource(link) {
  const number = link.textContent.trim();
  if (!SOURCE.test(number)) return;
  link.classList.add("source");
  link.textContent = number.replace(/[[\]]/g, "");
  link.title = link.hostname;
  link.setAttribute("aria-label", `Source ${link.textContent}, ${link.hostname}`);
}

export function listenProse(log) {
  log.addEventListener("click", (event) => {
    const copy = event.target.closest(".copy");
    if (copy) copyCode(copy);
    event.target.closest(".spoiler")?.classList.add("open");
  });
  log.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") event.target.closest(".spoiler")?.classList.add("open");
  });
}

async function copyCode(button) {
  const pre = button.closest(".code").querySelector("pre");
  try {
    await navigator.clipboard.writeText(pre.textContent);
    button.textContent = "Copied";
  } catch {
    // The clipboard needs https or localhost; selecting is the next best thing.
    getSelection().selectAllChildren(pre);
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 1600);
}
