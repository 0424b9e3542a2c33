/** The transport of a browser page: a WebSocket to the server that served the page; the cookie it came with is the key. */
import type { Transport } from './transport.ts';

/** Pause before each attempt to connect again (ms); the last one repeats. */
const PAUSES = [250, 500, 1000, 2000, 5000] as const;
const LAYOUT = 'scaled-out-hosts.layout';

export function browserTransport(page: Window): Transport {
  let socket: WebSocket | undefined;
  return {
    connect(events) {
      let failures = 0;
      const open = (): void => {
        const attempt = new WebSocket(`ws://${page.location.host}/page`);
        socket = attempt;
        attempt.addEventListener('open', () => {
          failures = 0;
          events.opened();
        });
        attempt.addEventListener('message', ({ data }) => events.received(data));
        attempt.addEventListener('close', () => {
          events.closed();
          page.setTimeout(open, PAUSES[Math.min(failures, PAUSES.length - 1)]);
          failures += 1;
        });
      };
      open();
    },
    send(message) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    loadLayout() {
      try {
        return JSON.parse(page.sessionStorage.getItem(LAYOUT) ?? 'null') as unknown;
      } catch {
        // A browser may refuse storage, or hold something that is not ours: the page then starts with its first look.
        return null;
      }
    },
    saveLayout(layout) {
      try {
        page.sessionStorage.setItem(LAYOUT, JSON.stringify(layout));
      } catch {
        // Without storage the page still works; only its look is forgotten.
      }
    },
  };
}
