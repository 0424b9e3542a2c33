/**
 * One dashboard page on the host's side: answers its requests with commands of the control socket and passes it the feed. The extension
 * uses one for a panel, the supervisor one for each browser page; neither knows the other's transport.
 */
import { SohError, toWire } from '../errors.ts';
import type { Commands, FeedFrame } from './control.ts';
import { PAGE_VERSION, parsePageMessage, type HostMessage, type PageCommand, type PageMessage, type PageRequest } from './pageProtocol.ts';

/** What a page may ask of the group: the client of the control socket, or the supervisor itself. */
export interface PageGroup {
  call<C extends PageCommand>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']>;
  /** Makes the next frame handed to {@link PageBridge.frame} a snapshot, now or later. */
  startFeed(): Promise<void>;
}

export interface PageBridgeOptions {
  readonly group: PageGroup;
  readonly send: (message: HostMessage) => void;
  readonly strings: { readonly locale: string; readonly bundle: Readonly<Record<string, string>> };
  /** Takes what the page sent and nobody understood. */
  readonly log: (text: string) => void;
}

export interface PageBridge {
  /** A message from the page. Never throws and never rejects. */
  receive(message: unknown): Promise<void>;
  /** The next frame of the feed. Deltas are dropped until the page has had its snapshot. */
  frame(frame: FeedFrame): void;
  /** Whether the group can still be heard; the page stops judging leases while it cannot. */
  connection(state: 'connected' | 'lost' | 'stopped', error?: unknown): void;
}

/** A bridge for one page; it lives as long as the page's transport and holds nothing that has to be closed. */
export function createPageBridge({ group, send, strings, log }: PageBridgeOptions): PageBridge {
  /** Frames up to this one are in what the page has; `null` before its first snapshot. */
  let shown: number | null = null;

  async function snapshot({ version }: Extract<PageMessage, { kind: 'ready' }>): Promise<void> {
    send({ kind: 'strings', version: PAGE_VERSION, ...strings });
    if (version !== PAGE_VERSION) return log(`a page of version ${version} was refused; this is version ${PAGE_VERSION}`);
    // Deltas that arrive while the snapshot is under way are part of it or leave a gap that the page reports with another `ready`.
    shown = null;
    try {
      await group.startFeed();
    } catch (error) {
      send({ kind: 'connection', state: 'lost', error: toWire(error) });
    }
  }

  async function answer({ id, command, arguments: parameters }: PageRequest): Promise<void> {
    try {
      send({ kind: 'response', id, result: await group.call(command, parameters) });
    } catch (error) {
      send({ kind: 'failure', id, error: toWire(error) });
    }
  }

  return {
    async receive(message) {
      const parsed = parsePageMessage(message);
      if (parsed.ok) return parsed.message.kind === 'ready' ? snapshot(parsed.message) : answer(parsed.message);
      log(`a message of the page was not understood: ${parsed.reason}`);
      const error = new SohError('group.protocol', { reason: parsed.reason });
      if (parsed.id !== undefined) send({ kind: 'failure', id: parsed.id, error: toWire(error) });
    },
    frame(frame) {
      if (frame.kind === 'delta' && (shown === null || frame.frame <= shown)) return;
      shown = frame.frame;
      send({ kind: 'feed', frame });
    },
    connection(state, error) {
      send({ kind: 'connection', state, ...(error === undefined ? {} : { error: toWire(error) }) });
    },
  };
}
