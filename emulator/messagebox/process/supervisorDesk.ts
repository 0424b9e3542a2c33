/** The supervisor's connection: settings, questions, operations, and the changes it follows. */
import { createHash } from 'node:crypto';
import type { GroupEvent, MachineNews } from '../../control/events.ts';
import { isCode, messageOf, SohError, toWire } from '../../errors.ts';
import { inSlices, type Pace } from '../../slices.ts';
import type { Batches } from './batches.ts';
import type { GatedOutput, Socket } from './gatedOutput.ts';
import { partsOf } from '../view/instanceParts.ts';
import { queryInstances } from '../view/instanceQuery.ts';
import { SHOWN_BODY_CHARACTERS } from '../protocol/limits.ts';
import type { MessageBox } from '../core/messageBox.ts';
import type { Reports } from '../view/reports.ts';
import type { Room } from './room.ts';
import type { Message } from '../core/state.ts';
import type { BodyStore } from '../storage/storage.ts';
import { summaryOf } from '../view/summaries.ts';
import type { LiveInstance, MessageBoxReport, SupervisorFrame, SupervisorReply } from '../protocol/supervisorFrames.ts';

/** A watcher is told at most this often, in ms. */
export const REPORT_INTERVAL_MS = 100;

export interface DeskOptions {
  readonly messageBox: MessageBox;
  readonly output: GatedOutput;
  readonly bodies: BodyStore;
  readonly reports: Reports;
  readonly batches: Batches;
  readonly pace: Pace;
  readonly room: Room;
  /** Lets out what was said outside of a turn of the socket. */
  readonly settleSoon: () => void;
  readonly shutdown: () => void;
  /** The disk failed: nothing can be promised any more. */
  readonly failed: (error: unknown) => void;
  readonly log: (line: string) => void;
}

type Question = Extract<SupervisorFrame, { kind: 'status' | 'instances' | 'instance' | 'operate' }>;

export class SupervisorDesk {
  readonly #options: DeskOptions;
  #watcher: Socket | undefined;
  #complained = false;
  /** What the MessageBox itself noticed since the last report. */
  #news: GroupEvent[] = [];
  #reported: MessageBoxReport | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  frame(socket: Socket, frame: SupervisorFrame): void {
    const { messageBox, room, shutdown } = this.#options;
    // An answer would wait with everything else.
    if (room.blocked && 'request' in frame && frame.kind !== 'ping') {
      this.#options.output.sayNow(socket, { kind: 'refused', request: frame.request, error: toWire(room.error) } satisfies SupervisorReply);
      return;
    }
    switch (frame.kind) {
      case 'supervise':
        messageBox.supervise(frame.services, frame.hosts, frame.alive);
        this.#reply(socket, { kind: 'supervised', generation: messageBox.store.state.generation });
        return;
      case 'hosts':
        messageBox.enlistment.expect(frame.hosts);
        return;
      case 'excuse':
        messageBox.excuse(frame.hostInstance, frame.pid, frame.on);
        return;
      case 'gone':
        messageBox.gone(frame);
        return;
      case 'observed':
        messageBox.store.record({ kind: 'observed', at: messageBox.store.now, seenAt: frame.at, what: frame.what }, true);
        return;
      case 'status':
      case 'instances':
      case 'instance':
      case 'operate':
        void this.#answer(socket, frame);
        return;
      case 'watch':
        this.#watcher = frame.on ? socket : undefined;
        messageBox.store.watcher = frame.on ? this.#options.reports : undefined;
        return;
      case 'ping':
        // It says that this process lives, which no record has to prove.
        this.#options.output.sayNow(socket, { kind: 'pong', request: frame.request } satisfies SupervisorReply);
        return;
      case 'shutdown':
        shutdown();
    }
  }

  /** What the supervisor asked is not a question: that one is answered so, and the others go on. */
  refuse(socket: Socket, raw: object, reason: string): void {
    const { request } = raw as { readonly request?: unknown };
    const error = toWire(new SohError('messageBox.protocol', { reason }));
    this.#reply(socket, { kind: 'refused', request: typeof request === 'number' ? request : 0, error });
  }

  detached(socket: Socket): void {
    if (this.#watcher !== socket) return;
    this.#watcher = undefined;
    this.#options.messageBox.store.watcher = undefined;
  }

  /** Something of the machine that people should know; kept for who looks back, too. */
  noticed(what: MachineNews): void {
    const { store } = this.#options.messageBox;
    const at = store.now;
    this.#news.push({ at: new Date(at).toISOString(), sequence: store.gate, ...what });
    store.record({ kind: 'observed', at, seenAt: at, what }, true);
  }

  /** Called each `REPORT_INTERVAL_MS`. Lease ages move even when nothing else does, so a watched group always has a report. */
  report(): void {
    const watcher = this.#watcher;
    if (!watcher) return;
    const news = this.#news.splice(0);
    try {
      if (this.#options.room.blocked) this.#reportBlocked(watcher, news);
      else this.#reportChanges(watcher, news);
      this.#complained = false;
    } catch (error) {
      // Once until it is over: it would be said ten times a second.
      if (!this.#complained) this.#options.log(`the report could not be made: ${messageOf(error)}`);
      this.#complained = true;
    }
    this.#options.output.endTurn();
  }

  #reportChanges(watcher: Socket, news: readonly GroupEvent[]): void {
    const { reports } = this.#options;
    const { instances, events } = reports.takeChanges() ?? { instances: [], events: [] };
    this.#reported = reports.status();
    this.#reply(watcher, { kind: 'changes', report: this.#reported, instances, events: [...events, ...news] });
  }

  /** What is in memory is not durable and may not be told; what was told last, and why nothing moves, may. */
  #reportBlocked(watcher: Socket, events: readonly GroupEvent[]): void {
    const { reports, output } = this.#options;
    const last = this.#reported;
    if (last === undefined) return;
    const { full, clock } = reports.status().status;
    const status = { ...last.status, ...(full ? { full } : {}), ...(clock ? { clock } : {}) };
    output.sayNow(watcher, { kind: 'changes', report: { ...last, status }, instances: [], events } satisfies SupervisorReply);
  }

  /**
   * Whatever is asked, and whatever is found when it is answered: the error is the question's own. This process owns the work of the whole
   * group, and to be looked at must not end it. Only a failed disk does; who has to write meets that in any case.
   */
  async #answer(socket: Socket, asked: Question): Promise<void> {
    try {
      this.#reply(socket, await this.#answerTo(asked));
    } catch (error) {
      if (isCode(error, 'messageBox.storageFailed')) this.#options.failed(error);
      this.#options.log(`"${asked.kind}" could not be answered: ${messageOf(error)}`);
      this.#reply(socket, { kind: 'refused', request: asked.request, error: toWire(error) });
    }
    this.#options.settleSoon();
  }

  async #answerTo(asked: Question): Promise<SupervisorReply> {
    const { messageBox, reports, batches, pace } = this.#options;
    const { request } = asked;
    switch (asked.kind) {
      case 'status':
        return { kind: 'status', request, report: reports.status() };
      case 'instances':
        return {
          kind: 'instances',
          request,
          ...(await inSlices(queryInstances(messageBox.store, asked.filter, asked.offset, asked.limit), pace)),
        };
      case 'instance':
        return { kind: 'instance', request, live: this.#liveInstance(asked.instance) };
      case 'operate':
        return { kind: 'operated', request, result: await batches.run(asked.operation, asked.filter) };
    }
  }

  #liveInstance(id: string): LiveInstance | null {
    const { store } = this.#options.messageBox;
    const instance = store.state.instances.get(id);
    if (!instance) return null;
    return { ...summaryOf(store, instance), ...partsOf(store, instance, (message) => this.#bodyOf(message)) };
  }

  /** As much of a body as people are shown, and a little more; `undefined` when it cannot be read. */
  #bodyOf({ body, bodyHash }: Message): string | undefined {
    if (bodyHash === undefined) return body;
    try {
      // A character has at most four bytes, so a character that the end cuts through is never shown.
      const bytes = this.#options.bodies.readChunk(bodyHash, 0, 4 * SHOWN_BODY_CHARACTERS);
      // Of a longer one only its receiver reads all, and can tell.
      const whole = bytes !== undefined && bytes.length < 4 * SHOWN_BODY_CHARACTERS;
      return whole && createHash('sha256').update(bytes).digest('hex') !== bodyHash ? undefined : bytes?.toString('utf8');
    } catch {
      // To look at an instance must not end the connection; what needs the body meets the same error and reports it.
      return undefined;
    }
  }

  #reply(socket: Socket, reply: SupervisorReply): void {
    this.#options.output.say(socket, reply);
  }
}
