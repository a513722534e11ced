// Forms and polls without a whole new page: the same address is fetched and the changed part put in place.
// Without this script everything works by ordinary pages.

const UNREACHABLE = "Gondola cannot be reached just now. Check that it is running, then try again.";
const told = document.getElementById("told");

function tell(sentence) {
  if (told) told.textContent = sentence;
}

async function fetched(address, options) {
  const response = await fetch(address, { credentials: "same-origin", ...options });
  if (!response.headers.get("content-type")?.startsWith("text/html")) throw new Error(UNREACHABLE);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return { page, response };
}

function put(page, id) {
  const fresh = page.getElementById(id);
  const old = document.getElementById(id);
  if (!fresh || !old) return false;
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  const opened = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
  old.replaceWith(document.adoptNode(fresh));
  for (const one of opened) document.getElementById(one)?.setAttribute("open", "");
  const again = active && (document.getElementById(active.id) ?? (fresh.hasAttribute("tabindex") ? fresh : fresh.querySelector(".field")));
  (fresh.querySelector("[aria-invalid=true]") ?? again)?.focus({ preventScroll: true });
  const news = fresh.querySelector("[role=alert]")?.textContent ?? fresh.querySelector("[data-tell]")?.dataset.tell;
  if (news) tell(news);
  return true;
}

function requestOf(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  if (form.method === "post") return [form.action, { method: "POST", body: fields }];
  for (const [name, value] of [...fields]) if (!value) fields.delete(name, value);
  return [`${form.getAttribute("action")}?${fields}`, {}];
}

addEventListener("submit", async (event) => {
  const form = event.target;
  const id = form.dataset.swap;
  if (!id) return;
  event.preventDefault();
  const [address, options] = requestOf(form, event.submitter);
  form.setAttribute("aria-busy", "true");
  try {
    const { page, response } = await fetched(address, options);
    // The whole page where the part is gone: the session ended, or the page is another one.
    if (!put(page, id) && !put(page, "main")) location.assign(response.url);
    else if (form.method === "get") history.replaceState(null, "", address);
  } catch {
    tell(UNREACHABLE);
    problem(form, UNREACHABLE);
  } finally {
    form.removeAttribute("aria-busy");
  }
});

function problem(form, sentence) {
  const shown = form.querySelector(".problem") ?? form.appendChild(document.createElement("p"));
  shown.className = "problem";
  shown.setAttribute("role", "alert");
  shown.textContent = sentence;
}

function poll(part) {
  const id = part.id;
  setInterval(async () => {
    const now = document.getElementById(id);
    if (document.hidden || !now || now.contains(document.activeElement)) return;
    try {
      const { page, response } = await fetched(location.href);
      if (response.ok) put(page, id);
    } catch {
      tell(UNREACHABLE);
    }
  }, Number(part.dataset.poll) * 1000);
}

for (const part of document.querySelectorAll("[data-poll]")) poll(part);
// On a phone the way around is a row that scrolls sideways.
const current = document.querySelector(".ways [aria-current]");
if (current) current.closest("ul").scrollLeft = current.offsetLeft - current.closest("ul").clientWidth / 3;
