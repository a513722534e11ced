// What htmx leaves to the page: what is said aloud, where the focus goes, and what happens when no page comes.
// Without scripts everything works by ordinary pages.

const UNREACHABLE = "Gondola cannot be reached just now. Check that it is running, then try again.";
const main = () => document.getElementById("main");
const told = document.getElementById("told");
let before = { opened: [], home: null };

function problem(asker) {
  const part = asker.matches("form, [hx-trigger]") ? asker : main();
  const shown = part.querySelector(".unreached") ?? document.createElement("p");
  shown.className = "problem unreached";
  shown.setAttribute("role", "alert");
  shown.textContent = UNREACHABLE;
  if (!shown.isConnected) part.matches("form") ? part.append(shown) : part.prepend(shown);
}

// A field that is left empty narrows nothing, so that it is not in the address.
addEventListener("htmx:configRequest", ({ detail }) => {
  if (detail.verb !== "get") return;
  for (const [name, value] of [...detail.formData]) if (value === "") detail.formData.delete(name);
});

// Nothing is renewed behind somebody's back, or under a focus that could not be kept.
addEventListener("htmx:beforeRequest", (event) => {
  const { target: part } = event;
  const active = document.activeElement;
  const lost = part.contains(active) && !active.id;
  if (part.matches("[hx-trigger^=every]") && (document.hidden || lost)) event.preventDefault();
});

addEventListener("htmx:beforeSwap", ({ detail }) => {
  const { xhr, requestConfig, serverResponse } = detail;
  const part = requestConfig.elt;
  const holds = (id) => serverResponse.includes(`id="${id}"`);
  const polled = part.matches("[hx-trigger^=every]");
  if (xhr.status === 401) location.reload(); // the session ended: the same address shows where to sign in
  else if (!holds("main") || (polled && xhr.status >= 400)) problem(part); // a proxy's page, or a failure
  detail.shouldSwap = xhr.status !== 401 && holds("main") && !(polled && xhr.status >= 400);
  if (!holds(detail.target.id)) {
    // A refusal is a page of its own.
    detail.target = main();
    detail.selectOverride = "#main";
  }
  before = {
    opened: [...detail.target.querySelectorAll("details[open][id]")].map(({ id }) => [id, sideOf(id)?.scrollTop]),
    // Where the focus is, by what around it has a name.
    home: detail.target.contains(document.activeElement) ? document.activeElement.closest("[id]").id : null,
  };
});

function sideOf(id) {
  return document.getElementById(id)?.querySelector(".scroll");
}

/** What takes the focus where the element that had it is gone: the field beside it, or the table or page around. */
function heir(home) {
  return home.matches("[tabindex]") ? home : (home.querySelector(".field") ?? home.closest("[tabindex]"));
}

addEventListener("htmx:afterSwap", ({ target: fresh }) => {
  for (const [id, top] of before.opened) {
    document.getElementById(id)?.setAttribute("open", "");
    sideOf(id)?.scrollTo(0, top);
  }
  const lost = before.home && document.activeElement === document.body;
  const next = lost && heir(document.getElementById(before.home) ?? main());
  (fresh.querySelector("[aria-invalid=true]") ?? (next || null))?.focus({ preventScroll: true });
  const news = fresh.querySelector("[data-tell]");
  if (news) told.textContent = news.dataset.tell;
});

for (const name of ["htmx:sendError", "htmx:timeout"]) addEventListener(name, ({ target }) => problem(target));

// On a phone the way around is a row that scrolls sideways.
const current = document.querySelector(".ways [aria-current]");
if (current) current.closest("ul").scrollLeft = current.offsetLeft - current.closest("ul").clientWidth / 3;
