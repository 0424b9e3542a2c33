/**
 * One dashboard page on the host's side: answers its requests with commands of the control socket and passes it the feed, or shows it a
 * moment of a recorded run. The extension uses one for a panel, the supervisor one for each browser page; neither knows the other's
 * transport.
 */
import { SohError, toWire } from '../errors.ts';
import type { Commands, FeedFrame, Snapshot } from './commands.ts';
import type { RunOverview } from './run.ts';
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
  /** Shows where a shape is written, or says why it cannot; left out where there is no editor. */
  readonly openSource?: (instance: string, shape: number) => Promise<void>;
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
export function createPageBridge(options: PageBridgeOptions): PageBridge {
  return new Bridge(options);
}

class Bridge implements PageBridge {
  readonly #options: PageBridgeOptions;
  /** Frames up to this one are in what the page has; `null` before its first snapshot. */
  #shown: number | null = null;
  /** What the page looks at instead of the present. */
  #past: PastRun | undefined;

  constructor(options: PageBridgeOptions) {
    this.#options = options;
  }

  async receive(message: unknown): Promise<void> {
    const { send, log } = this.#options;
    const parsed = parsePageMessage(message);
    if (parsed.ok) return this.#act(parsed.message);
    log(`a message of the page was not understood: ${parsed.reason}`);
    const error = new SohError('group.protocol', { reason: parsed.reason });
    if (parsed.id !== undefined) send({ kind: 'failure', id: parsed.id, error: toWire(error) });
  }

  frame(frame: FeedFrame): void {
    if (this.#past !== undefined || (frame.kind === 'delta' && (this.#shown === null || frame.frame <= this.#shown))) return;
    this.#shown = frame.frame;
    this.#options.send({ kind: 'feed', frame });
  }

  connection(state: 'connected' | 'lost' | 'stopped', error?: unknown): void {
    if (this.#past !== undefined) return;
    this.#options.send({ kind: 'connection', state, ...(error === undefined ? {} : { error: toWire(error) }) });
  }

  async #act(message: PageMessage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        return this.#ready(message.version);
      case 'moment':
        return this.#answer(message.id, () => this.#lookAt(message.at));
      case 'export':
        return this.#answer(message.id, () => this.#options.exportRun());
      case 'openSource':
        return this.#options.openSource?.(message.instance, message.shape);
      case 'command':
        return this.#answer(message.id, () => this.#command(message));
    }
  }

  async #answer(id: number, work: () => Promise<unknown>): Promise<void> {
    const { send } = this.#options;
    try {
      // JSON leaves out what is undefined, and the page would miss it.
      send({ kind: 'response', id, result: (await work()) ?? null });
    } catch (error) {
      send({ kind: 'failure', id, error: toWire(error) });
    }
  }

  async #ready(version: number): Promise<void> {
    const { group, openRun, openSource, send, strings, log } = this.#options;
    send({ kind: 'strings', version: PAGE_VERSION, ...strings, canOpenSource: openSource !== undefined });
    if (version !== PAGE_VERSION) return log(`a page of version ${version} was refused; this is version ${PAGE_VERSION}`);
    try {
      if (this.#past === undefined && group !== null) return await this.#startFeed(group);
      this.#past ??= await openRun();
      this.#showMoment(this.#past, this.#past.overview);
    } catch (error) {
      send({ kind: 'connection', state: 'lost', error: toWire(error) });
    }
  }

  async #startFeed(group: PageGroup): Promise<void> {
    // Deltas that arrive while the snapshot is under way are part of it or leave a gap that the page reports with another `ready`.
    this.#shown = null;
    this.#options.send({ kind: 'moment', at: null, present: true });
    await group.startFeed();
  }

  async #lookAt(at: number | null): Promise<void> {
    const { group, openRun } = this.#options;
    if (at === null) {
      if (group === null) throw new SohError('run.past');
      this.#past = undefined;
      return this.#startFeed(group);
    }
    const opened = this.#past ?? (await openRun());
    const overview = this.#past === undefined ? opened.overview : undefined;
    this.#past = opened;
    await opened.goTo(at);
    if (this.#past === opened) this.#showMoment(opened, overview);
  }

  #showMoment(run: PastRun, overview: RunOverview | undefined): void {
    const { group, send } = this.#options;
    send({ kind: 'moment', at: run.at, present: group !== null, ...(overview && { overview }) });
    send({ kind: 'feed', frame: run.snapshot(0) });
  }

  async #command({ command, arguments: parameters }: PageRequest): Promise<unknown> {
    const answering = this.#past ?? this.#options.group;
    if (answering === null) throw new SohError('run.past');
    return answering.call(command, parameters);
  }
}
