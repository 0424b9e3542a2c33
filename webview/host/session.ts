/** The page's talk with its host: asks for a snapshot when one is needed, pairs answers with requests, and feeds the model. */
import type { Commands, FeedFrame } from '../../emulator/control/commands.ts';
import type { WireError } from '../../emulator/errors.ts';
import type { RunOverview } from '../../emulator/control/run.ts';
import {
  PAGE_VERSION,
  parseHostMessage,
  type ExportAnswer,
  type HostMessage,
  type PageCommand,
  type PageMessage,
  type PageRequest,
} from '../../emulator/control/pageProtocol.ts';
import { applyFrame, EMPTY, type Model } from '../model/model.ts';
import type { Transport } from './transport.ts';

export type Connection = 'connecting' | 'connected' | 'lost' | 'stopped' | 'wrong version';

export interface SessionState {
  readonly model: Model;
  readonly connection: Connection;
  readonly error: WireError | null;
  readonly moment: Moment;
  /** The host can show where a shape is written. */
  readonly canOpenSource: boolean;
}

/** What the page looks at: the present, or a moment of a recorded run. */
export interface Moment {
  /** UTC ms; `null` = the present. */
  readonly at: number | null;
  /** False: the run is from a file, there is no present to go back to. */
  readonly present: boolean;
  /** Of the run one looks back at. */
  readonly overview: RunOverview | null;
}

const NOW: Moment = { at: null, present: true, overview: null };

/** Nothing is known yet. */
export const FIRST_STATE: SessionState = { model: EMPTY, connection: 'connecting', error: null, moment: NOW, canOpenSource: false };

export interface SessionOptions {
  readonly transport: Transport;
  /** Page clock, ms */
  readonly now: () => number;
  /** Called after each change of the state. */
  readonly changed: (state: SessionState) => void;
  readonly useStrings: (locale: string, bundle: Readonly<Record<string, string>>) => void;
  readonly log: (text: string) => void;
}

/** A command that the group refused, or whose answer cannot come any more (`error` null). */
export class CommandFailed extends Error {
  readonly error: WireError | null;

  constructor(error: WireError | null) {
    super(error?.message ?? 'connection lost');
    this.name = 'CommandFailed';
    this.error = error;
  }
}

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: CommandFailed) => void;
}

/** Connects its transport at once; the first state comes through `changed`. */
export class Session {
  readonly #options: SessionOptions;
  readonly #waiting = new Map<number, Waiting>();
  #state = FIRST_STATE;
  #lastId = 0;
  #wish: number | null | undefined;
  #looking: Promise<void> | undefined;
  /** A snapshot is under way: deltas before it are of no use, and neither is a second request. */
  #asked = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    options.transport.connect({
      opened: () => this.#askForSnapshot(),
      received: (received) => {
        const parsed = parseHostMessage(received);
        if (parsed.ok) this.#understand(parsed.message);
        else options.log(`a message of the host was not understood: ${parsed.reason}`);
      },
      closed: () => this.#closed(),
    });
  }

  /** Rejects with {@link CommandFailed}. */
  async command<C extends PageCommand>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']> {
    if (this.#state.connection === 'lost') throw new CommandFailed(null);
    return this.#ask((id): PageRequest<C> => ({ kind: 'command', id, command, arguments: parameters })) as never;
  }

  /**
   * Looks at a moment (UTC ms) or at the present (`null`). While one is under way only the newest wish is kept, so that a slider can be
   * dragged; whoever asked meanwhile is answered when that one is reached. Rejects with {@link CommandFailed}.
   */
  async lookAt(at: number | null): Promise<void> {
    this.#wish = at;
    this.#looking ??= this.#look();
    return this.#looking;
  }

  /** What is looked at by what came last; what is drawn may be older. */
  get moment(): Moment {
    return this.#state.moment;
  }

  /** Exports the run to a file. Rejects with {@link CommandFailed}. */
  async exportRun(): Promise<ExportAnswer> {
    return (await this.#ask((id) => ({ kind: 'export', id }))) as ExportAnswer;
  }

  async #look(): Promise<void> {
    try {
      while (this.#wish !== undefined) {
        const at = this.#wish;
        this.#wish = undefined;
        try {
          await this.#ask((id) => ({ kind: 'moment', id, at }));
        } catch (error) {
          // A moment nobody wants any more may fail.
          if (this.#wish === undefined) throw error;
        }
      }
    } finally {
      this.#looking = undefined;
    }
  }

  async #ask(message: (id: number) => PageMessage): Promise<unknown> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#options.transport.send(message(id));
    });
  }

  /** Asks the host to show where a shape is written; the host itself says when it cannot. */
  openSource(instance: string, shape: number): void {
    this.#options.transport.send({ kind: 'openSource', instance, shape });
  }

  /** Asks for a snapshot: what came while the page was hidden may have been dropped. */
  refresh(): void {
    if (!this.#asked && this.#state.connection === 'connected') this.#askForSnapshot();
  }

  #change(part: Partial<SessionState>): void {
    this.#state = { ...this.#state, ...part };
    this.#options.changed(this.#state);
  }

  #askForSnapshot(): void {
    this.#asked = true;
    this.#options.transport.send({ kind: 'ready', version: PAGE_VERSION });
  }

  #understand(message: HostMessage): void {
    switch (message.kind) {
      case 'strings':
        if (message.version !== PAGE_VERSION) return this.#change({ connection: 'wrong version' });
        this.#options.useStrings(message.locale, message.bundle);
        return this.#change({ canOpenSource: message.canOpenSource });
      case 'feed':
        return this.#feed(message.frame);
      case 'moment': {
        const { at, present, overview } = message;
        const moment = { at, present, overview: at === null ? null : (overview ?? this.#state.moment.overview) };
        // Back in the present nothing of the past is true any more; if the group runs, its snapshot comes next.
        const back = at === null && this.#state.moment.at !== null;
        return this.#change({ moment, ...(back ? { model: EMPTY } : {}) });
      }
      case 'response':
        return this.#answered(message.id)?.resolve(message.result);
      case 'failure':
        return this.#answered(message.id)?.reject(new CommandFailed(message.error));
      case 'connection':
        return this.#heard(message);
    }
  }

  #feed(frame: FeedFrame): void {
    if (this.#asked && frame.kind === 'delta') return;
    this.#asked = false;
    const model = applyFrame(this.#state.model, frame, this.#options.now());
    if (model === 'gap') return this.#askForSnapshot();
    this.#change({ model, connection: 'connected', error: null });
  }

  /** An answer nobody waits for belongs to a connection that is gone. */
  #answered(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }

  #heard({ state, error }: Extract<HostMessage, { kind: 'connection' }>): void {
    if (state === 'connected') {
      // A host may say so after each `ready`: only who has no snapshot, and none under way, needs one.
      if (this.#state.connection !== 'connected' && !this.#asked) this.#askForSnapshot();
      return;
    }
    this.#asked = false;
    this.#change({ connection: state, error: error ?? null });
  }

  #closed(): void {
    this.#asked = false;
    for (const { reject } of this.#waiting.values()) reject(new CommandFailed(null));
    this.#waiting.clear();
    this.#change({ connection: 'lost' });
  }
}
