/** One orchestration instance in the memory of this host instance: runs the engine, commits, waits, dehydrates. */
import type { EngineCommit, EngineResult, EngineServices, Execution, QueueEntry, Wait } from '../engine/door.ts';
import { createExecution, restoreExecution } from '../engine/execution.ts';
import { isCode, messageOf } from '../errors.ts';
import { faultPoint } from '../faults/faultPoint.ts';
import type { CommitFrame, DeliveredEntry, GrantedInstance } from '../messagebox/protocol/frames.ts';
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import type { Message } from '../orchestration/message.ts';
import { BodyClient } from './bodies.ts';
import type { MemoryWatch } from './memoryWatch.ts';
import { commitId, EMPTY_COMMIT, type Work, type Workplace } from './work.ts';

export interface OrchestrationWorkOptions {
  readonly compiled: CompiledOrchestration;
  readonly services: EngineServices;
  readonly workplace: Workplace;
  readonly bodies: BodyClient;
  readonly memory: MemoryWatch;
}

export class OrchestrationWork implements Work {
  readonly instance: string;
  version: number;
  lock: string;
  pending: CommitFrame | undefined;
  readonly #options: OrchestrationWorkOptions;
  readonly #execution: Execution;
  /** Timers the MessageBox keeps; it fires them. */
  readonly #durable: Set<string>;
  /** Fired timers to consume with the next commit. */
  #fired: string[] = [];
  /** Entries handed over and not yet consumed by an acknowledged commit: after a reconnection they come again. */
  readonly #seen = new Set<string>();
  /** Arrived while a commit was under way. */
  #arrived: DeliveredEntry[] = [];
  #blocked: { readonly waits: readonly Wait[]; readonly since: number } | undefined;
  #wakeup: NodeJS.Timeout | undefined;
  #leave: NodeJS.Timeout | undefined;
  #operated = false;
  #gone = false;

  private constructor(options: OrchestrationWorkOptions, grant: GrantedInstance, execution: Execution) {
    this.#options = options;
    this.#execution = execution;
    this.instance = grant.instance;
    this.version = grant.version;
    this.lock = grant.lock;
    this.#durable = new Set(grant.timers.map((timer) => timer.id));
    this.#accept(grant.queue);
  }

  static async create(options: OrchestrationWorkOptions, grant: GrantedInstance): Promise<OrchestrationWork> {
    const { compiled, services, bodies } = options;
    const settings = { compiled, instanceId: grant.instance, services };
    const held: Message[] = [];
    for (const message of grant.held) held.push(await bodies.complete(message));
    const execution = grant.state === null ? createExecution(settings) : restoreExecution({ ...settings, state: grant.state, held });
    return new OrchestrationWork(options, grant, execution);
  }

  start(): void {
    this.#next();
  }

  deliver(entries: readonly DeliveredEntry[]): void {
    this.#accept(entries);
    if (!this.pending && this.#arrived.length > 0) this.#next();
  }

  acknowledged(): void {
    for (const id of this.pending?.consumed ?? []) this.#seen.delete(id);
    this.pending = undefined;
    this.#next();
  }

  reconnected(): void {
    if (this.pending) this.#send(this.pending);
    else if (this.#arrived.length > 0) this.#next();
  }

  dropped(): void {
    this.#gone = true;
    this.#clearTimers();
  }

  rejected(code: string, reason: string): void {
    this.#commit({ ...EMPTY_COMMIT, points: ['suspension'], outcome: 'suspended', error: { code, message: reason } });
  }

  operate(): void {
    this.#operated = true;
    if (!this.#blocked || this.pending) return;
    this.#run(() => this.#execution.run({ kind: 'suspend' }, this.#now));
  }

  drain(): void {
    if (this.#blocked && !this.pending) this.#dehydrate('shutdown');
  }

  get #now(): number {
    return this.#options.workplace.now();
  }

  #accept(entries: readonly DeliveredEntry[]): void {
    for (const entry of entries) {
      if (this.#seen.has(entry.id)) continue;
      this.#seen.add(entry.id);
      this.#arrived.push(entry);
    }
  }

  /** Goes on with whatever arrived meanwhile. */
  #next(): void {
    const entries = this.#arrived;
    this.#arrived = [];
    if (entries.some((entry) => entry.message && entry.message.body === undefined)) {
      void this.#fetch(entries);
      return;
    }
    this.#take(
      entries,
      entries.flatMap(({ id, subscription, message }): QueueEntry[] =>
        message ? [{ id, subscription, message: message as Message }] : [],
      ),
    );
  }

  async #fetch(entries: readonly DeliveredEntry[]): Promise<void> {
    const complete: QueueEntry[] = [];
    try {
      for (const { id, subscription, message } of entries)
        if (message) complete.push({ id, subscription, message: await this.#options.bodies.complete(message) });
    } catch (error) {
      this.#options.workplace.log(`instance ${this.instance}: ${messageOf(error)}`);
      // Without a connection they wait until there is one again: `reconnected`.
      if (isCode(error, 'group.connectionLost')) this.#arrived.unshift(...entries);
      else if (!this.#gone && !this.pending) this.rejected('unexpected', messageOf(error));
      return;
    }
    // It dehydrated or was operated on meanwhile: at most one commit is under way.
    if (this.pending) this.#arrived.unshift(...entries);
    else if (!this.#gone) this.#take(entries, complete);
  }

  #take(entries: readonly DeliveredEntry[], messages: readonly QueueEntry[]): void {
    const now = this.#now;
    if (this.#blocked) this.#noteWaits(messages, now);
    this.#unblock();
    this.#run(() => {
      for (const { id, timer } of entries) {
        if (timer === undefined) continue;
        this.#fired.push(id);
        this.#durable.delete(timer);
        const result = this.#execution.run({ kind: 'timer', timer }, now);
        if (result.kind === 'persist') {
          this.#arrived.unshift(...entries.slice(entries.findIndex((entry) => entry.id === id) + 1));
          return result;
        }
      }
      return this.#execution.run(messages.length > 0 ? { kind: 'deliver', entries: messages } : { kind: 'continue' }, now);
    });
  }

  #run(step: () => EngineResult): void {
    let result: EngineResult;
    try {
      result = step();
    } catch (error) {
      this.rejected('unexpected', messageOf(error));
      return;
    }
    if (result.kind === 'persist') this.#commit(this.#execution.takeCommit());
    else this.#block(result);
  }

  #block({ waits, mustPersist }: Extract<EngineResult, { kind: 'blocked' }>): void {
    const now = this.#now;
    this.#blocked = { waits, since: now };
    this.#options.workplace.occupies(this, false);
    if (this.#operated) {
      this.operate();
      return;
    }
    const stay = mustPersist || this.#options.workplace.draining ? 0 : this.#staysInMemoryFor(waits, now);
    if (stay === 0) {
      this.#dehydrate(this.#options.workplace.draining ? 'shutdown' : 'dehydration');
      return;
    }
    const trace = this.#execution.atRisk();
    if (trace.length > 0) this.#options.workplace.send({ kind: 'progress', instance: this.instance, trace });
    if (stay !== undefined) this.#leave = setTimeout(() => this.#dehydrate('dehydration'), stay);
    this.#wakeAt(waits, now);
  }

  /** Waits on time that the MessageBox does not keep are kept here: a short Delay stays in memory and is not saved. */
  #wakeAt(waits: readonly Wait[], now: number): void {
    const next = waits.reduce<Extract<Wait, { kind: 'timer' }> | undefined>(
      (first, wait) => (wait.kind === 'timer' && !this.#durable.has(wait.timer) && (!first || wait.due < first.due) ? wait : first),
      undefined,
    );
    if (!next) return;
    this.#wakeup = setTimeout(
      () => {
        if (this.pending) return;
        this.#unblock();
        this.#run(() => this.#execution.run({ kind: 'timer', timer: next.timer }, Math.max(this.#now, next.due)));
      },
      Math.min(Math.max(0, next.due - now), 2 ** 31 - 1),
    );
  }

  #staysInMemoryFor(waits: readonly Wait[], now: number): number | undefined {
    const estimates = waits.map((wait) =>
      wait.kind === 'timer' ? wait.due - now : this.#options.memory.history.estimate(this.#historyKey(wait.subscription)),
    );
    const known = estimates.filter((estimate) => estimate !== undefined);
    return this.#options.memory.staysFor(known.length > 0 ? Math.min(...known) : undefined);
  }

  #noteWaits(messages: readonly QueueEntry[], now: number): void {
    const since = this.#blocked?.since ?? now;
    for (const { subscription } of messages) this.#options.memory.history.note(this.#historyKey(subscription), now - since);
  }

  #historyKey(subscription: string): string {
    return `${this.#options.compiled.hash}.${subscription}`;
  }

  #dehydrate(why: 'dehydration' | 'shutdown'): void {
    const waits = this.#blocked?.waits ?? [];
    if (this.pending || this.#gone) return;
    this.#commit(
      this.#execution.takeCommit(why),
      waits.map((wait) => (wait.kind === 'timer' ? wait.timer : wait.subscription)),
    );
  }

  #unblock(): void {
    this.#clearTimers();
    if (this.#blocked) this.#options.workplace.occupies(this, true);
    this.#blocked = undefined;
  }

  #clearTimers(): void {
    clearTimeout(this.#wakeup);
    clearTimeout(this.#leave);
  }

  #commit(commit: EngineCommit, waits?: readonly string[]): void {
    this.#clearTimers();
    const id = commitId(this);
    const frame: CommitFrame = {
      ...commit,
      kind: 'commit',
      id,
      instance: this.instance,
      lock: this.lock,
      base: this.version,
      consumed: commit.outcome === 'suspended' && commit.state === undefined ? commit.consumed : [...commit.consumed, ...this.#fired],
      ...(waits ? { waits } : {}),
    };
    this.#fired = [];
    for (const timer of commit.timers) this.#durable.add(timer.id);
    this.pending = frame;
    faultPoint('hostInstance.beforeCommit');
    this.#send(frame);
  }

  #send(frame: CommitFrame): void {
    if (frame.published.every((message) => BodyClient.isInline(message))) this.#options.workplace.send(frame);
    else void this.#sendWithBodies(frame);
  }

  async #sendWithBodies(frame: CommitFrame): Promise<void> {
    try {
      const published: CommitFrame['published'][number][] = [];
      for (const message of frame.published) published.push(await this.#options.bodies.outOfLine(message));
      const complete = { ...frame, published };
      if (this.pending !== frame || this.#gone) return;
      this.pending = complete;
      this.#options.workplace.send(complete);
    } catch (error) {
      // Without a connection the commit waits until there is one again: `reconnected`.
      if (isCode(error, 'group.connectionLost') || this.#gone || this.pending !== frame) return;
      this.rejected('messageBox.messageTooLarge', messageOf(error));
    }
  }
}
