/** The supervisor's connection: settings, questions, operations, and the changes it follows. */
import { SohError, toWire } from '../../errors.ts';
import { createHash } from 'node:crypto';
import { inSlices, type Pace } from '../../slices.ts';
import type { Batches } from './batches.ts';
import type { GatedOutput, Socket } from './gatedOutput.ts';
import { partsOf } from '../view/instanceParts.ts';
import { queryInstances } from '../view/instanceQuery.ts';
import { SHOWN_BODY_CHARACTERS } from '../protocol/limits.ts';
import type { MessageBox } from '../core/messageBox.ts';
import type { Reports } from '../view/reports.ts';
import type { Message } from '../core/state.ts';
import type { BodyStore } from '../storage/storage.ts';
import { summaryOf } from '../view/summaries.ts';
import type { SupervisorFrame, SupervisorReply } from '../protocol/supervisorFrames.ts';

/** A watcher is told at most this often, in ms. */
export const REPORT_INTERVAL_MS = 100;

export interface DeskOptions {
  readonly messageBox: MessageBox;
  readonly output: GatedOutput;
  readonly bodies: BodyStore;
  readonly reports: Reports;
  readonly batches: Batches;
  readonly pace: Pace;
  /** Lets out what was said outside of a turn of the socket. */
  readonly settleSoon: () => void;
  readonly shutdown: () => void;
}

type Asked<K extends SupervisorFrame['kind']> = Extract<SupervisorFrame, { kind: K }>;

export class SupervisorDesk {
  readonly #options: DeskOptions;
  #watcher: Socket | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  frame(socket: Socket, frame: SupervisorFrame): void {
    const { messageBox, reports, shutdown } = this.#options;
    switch (frame.kind) {
      case 'supervise':
        messageBox.expect(frame.expected, frame.alive);
        this.#reply(socket, { kind: 'supervised', generation: messageBox.store.state.generation });
        return;
      case 'excuse':
        messageBox.ownership.excused.add(frame.hostInstance);
        return;
      case 'gone':
        messageBox.gone(frame.hostInstance);
        return;
      case 'observed':
        messageBox.store.record({ kind: 'observed', at: messageBox.store.now, seenAt: frame.at, what: frame.what }, true);
        return;
      case 'status':
        this.#reply(socket, { kind: 'status', request: frame.request, report: reports.status() });
        return;
      case 'instances':
        void this.#instances(socket, frame);
        return;
      case 'instance':
        this.#instance(socket, frame);
        return;
      case 'operate':
        void this.#operate(socket, frame);
        return;
      case 'watch':
        this.#watcher = frame.on ? socket : undefined;
        messageBox.store.watcher = frame.on ? reports : undefined;
        return;
      case 'ping':
        this.#reply(socket, { kind: 'pong', request: frame.request });
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

  /** Called each `REPORT_INTERVAL_MS`. Lease ages move even when nothing else does, so a watched group always has a report. */
  report(): void {
    if (!this.#watcher) return;
    const changes = this.#options.reports.takeChanges() ?? { instances: [], events: [] };
    this.#reply(this.#watcher, { kind: 'changes', report: this.#options.reports.status(), ...changes });
    this.#options.output.endTurn();
  }

  async #instances(socket: Socket, { request, filter, offset, limit }: Asked<'instances'>): Promise<void> {
    const { messageBox, pace } = this.#options;
    const found = await inSlices(queryInstances(messageBox.store, filter, offset, limit), pace);
    this.#answer(socket, { kind: 'instances', request, ...found });
  }

  async #operate(socket: Socket, { request, operation, filter }: Asked<'operate'>): Promise<void> {
    const result = await this.#options.batches.run(operation, filter);
    this.#answer(socket, { kind: 'operated', request, result });
  }

  #answer(socket: Socket, reply: SupervisorReply): void {
    this.#reply(socket, reply);
    this.#options.settleSoon();
  }

  #instance(socket: Socket, { request, instance: id }: Extract<SupervisorFrame, { kind: 'instance' }>): void {
    const { store } = this.#options.messageBox;
    const instance = store.state.instances.get(id);
    const live = instance ? { ...summaryOf(store, instance), ...partsOf(store, instance, (message) => this.#bodyOf(message)) } : null;
    this.#reply(socket, { kind: 'instance', request, live });
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
