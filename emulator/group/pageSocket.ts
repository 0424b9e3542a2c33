/** A browser page at the other end of a WebSocket: JSON texts, turned into calls of its bridge. */
import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';
import { messageOf } from '../errors.ts';
import { createPageBridge, type PageBridge, type PageBridgeOptions } from '../control/pageBridge.ts';
import { stringsFor } from './pageStrings.ts';

export interface PageSocket {
  readonly bridge: PageBridge;
  /** A text from the page. Never throws; a page that sends no JSON is disconnected. */
  readonly receive: (text: string) => void;
}

const POLICY_VIOLATION = 1008;

export function createPageSocket(
  ws: WebSocket,
  { headers }: IncomingMessage,
  options: Omit<PageBridgeOptions, 'send' | 'strings'>,
): PageSocket {
  const bridge = createPageBridge({
    ...options,
    send: (message) => {
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify(message));
    },
    strings: stringsFor(headers['accept-language']),
  });
  const receive = (text: string): void => {
    try {
      void bridge.receive(JSON.parse(text));
    } catch (error) {
      options.log(`a page sent no JSON: ${messageOf(error)}`);
      ws.close(POLICY_VIOLATION, 'not JSON');
    }
  };
  return { bridge, receive };
}
