/**
 * One dashboard page on the host's side: answers its requests with commands of the control socket and passes it the feed, or shows it a
 * moment of a recorded run. The extension uses one for a panel, the supervisor one for each browser page; neither knows the other's
 * transport.
 */
import { SohError, toWire } from '../errors.ts';
import type { Commands, FeedFrame, Snapshot } from './control.ts';
import type { RunOverview } from './controlRun.ts';
import {
  PAGE_VERSION,
  parsePageMessage,
  type ExportAnswer,
  type HostMessage,
  type PageCommand,
  type PageMessage,
  type PageRequest,
} from './pageProtocol.ts';

/** Answers commands: the client of the control socket, the supervisor itself, or a recorded run. */
interface Answering {
  call<C extends PageCommand>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']>;
}

/** What a page may ask of the group. */
export interface PageGroup extends Answering {
  /** Makes the next frame handed to {@link PageBridge.frame} a snapshot, now or later. */
  startFeed(): Promise<void>;
}

/** A recorded run with a moment one looks at. */
export interface PastRun extends Answering {
  readonly overview: RunOverview;
  /** The moment, UTC ms. */
  readonly at: number;
  goTo(at: number): Promise<void>;
  snapshot(frame: number): Snapshot;
}

export interface PageBridgeOptions {
  /** `null`: there is no present, only a recorded run. */
  readonly group: PageGroup | null;
  /** Opens the run as far as it is recorded. */
  readonly openRun: () => Promise<PastRun>;
  readonly exportRun: () => Promise<ExportAnswer>;
  readonly send: (message: HostMessage) => void;
  readonly strings: { readonly locale: string; readonly bundle: Readonly<Record<string, string>> };
  /** Takes what the page sent and nobody understood. */
  readonly log: (text: string) => void;
}

export interface PageBridge {
  /** A message from the page. Never throws and never rejects. */
  receive(message: unknown): Promise<void>;
  /** The next frame of the feed. Deltas are dropped until the page has had its snapshot, all frames while it looks at the past. */
  frame(frame: FeedFrame): void;
  /** Whether the group can still be heard; the page stops judging leases while it cannot. */
  connection(state: 'connected' | 'lost' | 'stopped', error?: unknown): void;
}

/** A bridge for one page; it lives as long as the page's transport and holds nothing that has to be closed. */
export function createPageBridge({ group, openRun, exportRun, send, strings, log }: PageBridgeOptions): PageBridge {
  /** Frames up to this one are in what the page has; `null` before its first snapshot. */
  let shown: number | null = null;
  let past: PastRun | undefined;
  const present = group !== null;

  async function ready({ version }: Extract<PageMessage, { kind: 'ready' }>): Promise<void> {
    send({ kind: 'strings', version: PAGE_VERSION, ...strings });
    if (version !== PAGE_VERSION) return log(`a page of version ${version} was refused; this is version ${PAGE_VERSION}`);
    try {
      if (past === undefined && group !== null) return await startFeed(group);
      past ??= await openRun();
      showMoment(past, past.overview);
    } catch (error) {
      send({ kind: 'connection', state: 'lost', error: toWire(error) });
    }
  }

  async function startFeed(from: PageGroup): Promise<void> {
    // Deltas that arrive while the snapshot is under way are part of it or leave a gap that the page reports with another `ready`.
    shown = null;
    send({ kind: 'moment', at: null, present });
    await from.startFeed();
  }

  async function lookAt(at: number | null): Promise<void> {
    if (at === null) {
      if (group === null) throw new SohError('run.past');
      past = undefined;
      return startFeed(group);
    }
    const opened = past ?? (await openRun());
    const overview = past === undefined ? opened.overview : undefined;
    past = opened;
    await opened.goTo(at);
    if (past === opened) showMoment(opened, overview);
  }

  function showMoment(run: PastRun, overview: RunOverview | undefined): void {
    send({ kind: 'moment', at: run.at, present, ...(overview && { overview }) });
    send({ kind: 'feed', frame: run.snapshot(0) });
  }

  async function answered(id: number, work: () => Promise<unknown>): Promise<void> {
    try {
      send({ kind: 'response', id, result: await work() });
    } catch (error) {
      send({ kind: 'failure', id, error: toWire(error) });
    }
  }

  async function act(message: PageMessage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        return ready(message);
      case 'moment':
        return answered(message.id, () => lookAt(message.at));
      case 'export':
        return answered(message.id, exportRun);
      case 'command':
        return answered(message.id, () => command(message));
    }
  }

  function command({ command: name, arguments: parameters }: PageRequest): Promise<unknown> {
    const answering = past ?? group;
    if (answering === null) throw new SohError('run.past');
    return answering.call(name, parameters);
  }

  return {
    async receive(message) {
      const parsed = parsePageMessage(message);
      if (parsed.ok) return act(parsed.message);
      log(`a message of the page was not understood: ${parsed.reason}`);
      const error = new SohError('group.protocol', { reason: parsed.reason });
      if (parsed.id !== undefined) send({ kind: 'failure', id: parsed.id, error: toWire(error) });
    },
    frame(frame) {
      if (past !== undefined || (frame.kind === 'delta' && (shown === null || frame.frame <= shown))) return;
      shown = frame.frame;
      send({ kind: 'feed', frame });
    },
    connection(state, error) {
      if (past !== undefined) return;
      send({ kind: 'connection', state, ...(error === undefined ? {} : { error: toWire(error) }) });
    },
  };
}
