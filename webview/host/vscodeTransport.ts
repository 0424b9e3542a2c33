/** The transport of a webview panel. */
import type { Transport } from './transport.ts';

interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare global {
  /** Given to a webview by VS Code; may be called once. */
  var acquireVsCodeApi: (() => VsCodeApi) | undefined;
}

/** The panel's transport, or `undefined` outside of VS Code. */
export function vscodeTransport(page: Window): Transport | undefined {
  const api = globalThis.acquireVsCodeApi?.();
  if (api === undefined) return undefined;
  return {
    connect({ opened, received }) {
      page.addEventListener('message', ({ data }) => received(data));
      opened();
    },
    send: (message) => api.postMessage(message),
    loadLayout: () => api.getState(),
    saveLayout: (layout) => api.setState(layout),
  };
}
