// The live tail: one row an event, the newest first.

const MOST_ROWS = 300;
const COLUMNS = ["at", "kind", "place", "person", "what", "took", "cost"];
const NUMBERS = new Set(["at", "took", "cost"]);
const TONES = { answered: "good", failed: "bad", undelivered: "bad", refused: "warn", skipped: "warn" };

const tail = document.getElementById("tail");
const state = document.getElementById("state");
const quiet = document.getElementById("quiet");
const pause = document.getElementById("pause");
let held = [];

function cell(name, event) {
  const made = document.createElement("td");
  if (NUMBERS.has(name)) made.className = "num";
  if (name === "kind") {
    const badge = made.appendChild(document.createElement("span"));
    badge.className = `badge ${TONES[event.kind] ?? ""}`;
    badge.textContent = event.count ? `${event.count} left out` : event.kind;
  } else if (name === "person" && event.person) {
    made.appendChild(document.createElement("code")).textContent = event.person;
  } else {
    made.textContent = event[name] || "–";
  }
  return made;
}

function add(event) {
  const row = document.createElement("tr");
  row.append(...COLUMNS.map((name) => cell(name, event)));
  tail.prepend(row);
  while (tail.rows.length > MOST_ROWS) tail.lastElementChild.remove();
  quiet.hidden = true;
}

function paused() {
  return pause.getAttribute("aria-pressed") === "true";
}

pause.addEventListener("click", () => {
  pause.setAttribute("aria-pressed", String(!paused()));
  pause.textContent = paused() ? "Go on" : "Pause";
  if (!paused()) {
    held.forEach(add);
    held = [];
  }
});

const source = new EventSource("/dashboard/live/events");
source.addEventListener("open", () => (state.textContent = "Connected."));
source.addEventListener("error", () => {
  const gone = source.readyState === EventSource.CLOSED;
  state.textContent = gone ? "The connection ended. Reload the page." : "The connection is lost; trying again …";
});
source.addEventListener("message", (message) => {
  const event = JSON.parse(message.data);
  if (!paused()) add(event);
  else held = [...held, event].slice(-MOST_ROWS);
});
