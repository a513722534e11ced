// The page's calls to the server. Failures become an Error whose message is a sentence for people.

const token = document.querySelector("meta[name=gondola-token]")?.content ?? "";
const UNREACHABLE = "Gondola cannot be reached just now. Check that it is running, then send again.";

export function newId() {
  // Not randomUUID: that exists only on https and localhost.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers: { "X-Gondola-Token": token } });
  } catch {
    throw new Error(UNREACHABLE);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? "Something went wrong on Gondola's side. Please try again.");
  return answer;
}

export function press(buttonId, messageId) {
  return post("/press", new URLSearchParams({ button_id: buttonId, message_id: messageId, id: newId() }));
}

export async function complete(command, option, typed, signal) {
  const query = new URLSearchParams({ command, option, typed });
  const response = await fetch(`/complete?${query}`, { signal });
  return response.ok ? response.json() : [];
}
