// The server's events. The browser reconnects by itself; where it gives up, we try again.

const PATIENCE = 2500;
const AGAIN = 3000;

export function follow(last, { onEvent, onState }) {
  let source;
  let timer;

  function open() {
    source = new EventSource(last ? `/events?last=${encodeURIComponent(last)}` : "/events");
    source.onopen = () => {
      clearTimeout(timer);
      timer = undefined;
      onState("");
    };
    source.onmessage = (message) => {
      if (message.lastEventId) last = message.lastEventId;
      onEvent(JSON.parse(message.data));
    };
    source.onerror = () => {
      // A short break, such as a restart, is not worth a word.
      timer ??= setTimeout(() => onState("The connection is gone. Trying to get it back…"), PATIENCE);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
    };
  }

  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => {
    if (event.persisted) open();
  });
  open();
}
