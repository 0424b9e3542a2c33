/** The parts of a MessageBox process, put together: what is said when, what happens in which rhythm, and the end in order. */
import type { Cancel, Clock } from '../../clock.ts';
import { profiles } from '../../cluster/profiles.ts';
import type { Pace } from '../../slices.ts';
import { BEAT_MS } from '../../wire/folderClaim.ts';
import { MessageBox } from '../core/messageBox.ts';
import type { MessageBoxSettings } from '../protocol/settings.ts';
import { type ProcessReport, Reports } from '../view/reports.ts';
import { Batches } from './batches.ts';
import { BodyTransfer } from './bodyTransfer.ts';
import { ClockNews } from './clockNews.ts';
import { GatedOutput } from './gatedOutput.ts';
import { type OpenedStore, sameGeneration } from './openStore.ts';
import type { Room } from './room.ts';
import { MessageBoxServer } from './server.ts';
import { Snapshots } from './snapshots.ts';
import { REPORT_INTERVAL_MS, SupervisorDesk } from './supervisorDesk.ts';

/** How late a durable timer may fire. */
const TIMER_RESOLUTION_MS = 20;

export interface ProgramOptions {
  readonly settings: MessageBoxSettings;
  readonly clock: Clock;
  readonly room: Room;
  readonly log: (line: string) => void;
  /** What was acknowledged may not be true any more, so nothing more is said: the process ends. */
  readonly failed: (error: unknown) => void;
  /** The supervisor asked for the end. */
  readonly shutdown: () => void;
}

export class Program {
  readonly #options: ProgramOptions;
  readonly #opened: OpenedStore;
  readonly #messageBox: MessageBox;
  readonly #output: GatedOutput;
  readonly #snapshots: Snapshots;
  readonly #batches: Batches;
  readonly #clockNews: ClockNews;
  readonly #supervisor: SupervisorDesk;
  readonly #server: MessageBoxServer;
  /** Monotonic, ms. */
  readonly #openedAt: number;
  #running: readonly Cancel[] = [];
  #ended = false;

  constructor(opened: OpenedStore, options: ProgramOptions) {
    this.#options = options;
    this.#opened = opened;
    const { settings, clock, room, log, failed, shutdown } = options;
    this.#openedAt = clock.monotonic();
    const { storage, journal, store, bodies } = opened;
    this.#messageBox = new MessageBox(store, profiles[settings.profile]);
    this.#snapshots = new Snapshots(journal, clock, storage.snapshot, storage.recovered.snapshot, log, failed);
    this.#output = new GatedOutput(
      journal,
      clock,
      () => store.gate,
      failed,
      () => {
        if (!room.full) this.#snapshots.consider();
      },
    );
    const settleSoon = (): void => this.#server.settleSoon();
    const pace = this.#pace(settleSoon);
    this.#batches = new Batches(this.#messageBox, pace);
    this.#clockNews = new ClockNews(store, (what) => {
      this.#supervisor.noticed(what);
    });
    const common = { messageBox: this.#messageBox, output: this.#output, room };
    const reports = new Reports(this.#messageBox, () => this.#report());
    this.#supervisor = new SupervisorDesk({ ...common, bodies, reports, batches: this.#batches, pace, settleSoon, shutdown, failed, log });
    const transfer = new BodyTransfer(bodies, room, this.#output, failed);
    this.#server = new MessageBoxServer({ ...common, bodies: transfer, supervisor: this.#supervisor, token: settings.token, clock, log });
  }

  /** Resolves with the port when it listens; from then on time passes in it. */
  async start(): Promise<number> {
    const port = await this.#server.listen();
    const { clock, settings } = this.#options;
    this.#running = [
      clock.every(profiles[settings.profile].sweepMs, () => {
        this.#messageBox.sweep();
        this.#output.endTurn();
      }),
      clock.every(TIMER_RESOLUTION_MS, () => {
        this.#messageBox.fireTimers();
        this.#output.endTurn();
      }),
      clock.every(REPORT_INTERVAL_MS, () => {
        this.#tend();
      }),
      clock.every(BEAT_MS, () => {
        this.#beat();
      }),
      this.#watchRoom(),
    ];
    return port;
  }

  /** Everything that was decided is on disk, the folder is free. Rejects when the disk fails. */
  async end(): Promise<void> {
    this.#ended = true;
    const { storage, journal, store, retired } = this.#opened;
    for (const stop of this.#running) stop();
    this.#server.close();
    this.#output.end();
    this.#options.room.end();
    // A start with the clock set back goes on from the last record, so there is one of now.
    if (store.now - store.state.at > BEAT_MS) store.record(sameGeneration(store), true);
    await journal.close();
    retired.sweepReleased(this.#openedAt, this.#options.log);
    await this.#snapshots.last();
    storage.release();
  }

  /** None of this walks the instances. */
  #tend(): void {
    const { retired } = this.#opened;
    const { clock, room, log } = this.#options;
    const now = clock.monotonic();
    this.#clockNews.look();
    this.#supervisor.report();
    // What is not durable yet may be taken back, and then it refers to its bodies again.
    if (!room.blocked) retired.sweep(now, log);
    if (!room.full) this.#snapshots.rest(now);
  }

  #beat(): void {
    try {
      this.#opened.storage.beat(this.#opened.store.now);
    } catch (error) {
      this.#options.failed(error);
    }
  }

  #watchRoom(): Cancel {
    return this.#options.room.open({
      changed: (full) => {
        this.#supervisor.noticed({ kind: 'storage', state: full ? 'full' : 'writable' });
        this.#messageBox.pause(full);
        if (!full) this.#server.goOn();
        this.#output.endTurn();
      },
      failed: this.#options.failed,
    });
  }

  #report(): ProcessReport {
    const batch = this.#batches.current;
    const clock = this.#clockNews.status;
    return {
      journalBytes: this.#opened.journal.bytes,
      ...(batch ? { batch } : {}),
      ...(this.#options.room.full ? { full: true } : {}),
      ...(clock ? { clock } : {}),
    };
  }

  /** Long walks let everything else have its turn; of one that is under way when the process ends the rest never happens. */
  #pace(settleSoon: () => void): Pace {
    const { clock } = this.#options;
    return {
      monotonic: () => clock.monotonic(),
      rest: async () => {
        settleSoon();
        await new Promise<void>((resolve) => clock.soon(resolve));
        if (this.#ended) await new Promise(() => undefined);
      },
    };
  }
}
