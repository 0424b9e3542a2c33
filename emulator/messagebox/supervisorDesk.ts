/** The supervisor's connection: settings, questions, operations, and the changes it follows. */
import type { GatedOutput, Socket } from './gatedOutput.ts';
import type { MessageBox } from './messageBox.ts';
import { matching, operate } from './operations.ts';
import type { Reports } from './reports.ts';
import { summaryOf } from './summaries.ts';
import type { SupervisorFrame, SupervisorReply } from './supervisorFrames.ts';

/** A watcher is told at most this often, in ms. */
export const REPORT_INTERVAL_MS = 100;

export interface DeskOptions {
  readonly messageBox: MessageBox;
  readonly output: GatedOutput;
  readonly reports: Reports;
  readonly shutdown: () => void;
}

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
        this.#instances(socket, frame);
        return;
      case 'operate':
        this.#reply(socket, { kind: 'operated', request: frame.request, result: operate(messageBox, frame.operation, frame.filter) });
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

  #instances(socket: Socket, frame: Extract<SupervisorFrame, { kind: 'instances' }>): void {
    const { messageBox } = this.#options;
    const found = matching(messageBox, frame.filter).sort(suspendedFirst);
    const page = found.slice(frame.offset, frame.offset + frame.limit).map((instance) => summaryOf(messageBox.store, instance));
    this.#reply(socket, { kind: 'instances', request: frame.request, total: found.length, instances: page });
  }

  #reply(socket: Socket, reply: SupervisorReply): void {
    this.#options.output.say(socket, reply);
  }
}

function suspendedFirst(a: { status: string; created: number }, b: { status: string; created: number }): number {
  const rank = (status: string): number => (status === 'ready' || status === 'idle' ? 1 : 0);
  return rank(a.status) - rank(b.status) || b.created - a.created;
}
