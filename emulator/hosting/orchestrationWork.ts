/** One orchestration instance in the memory of this host instance: runs the engine, commits, waits, dehydrates. */
import type { EngineCommit, EngineInput, EngineResult, EngineServices, Execution, Wait } from '../engine/door.ts';
import { createExecution, restoreExecution } from '../engine/execution.ts';
import { messageOf, SohError } from '../errors.ts';
import type { DeliveredEntry, GrantedInstance } from '../messagebox/protocol/frames.ts';
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import type { MessageType, Properties } from '../orchestration/message.ts';
import type { ReadLarge } from './bodies.ts';
import { CommitSlot, type SlotOwner } from './commitSlot.ts';
import { EntryQueue, type Input } from './entryQueue.ts';
import type { MemoryWatch } from './memoryWatch.ts';
import { InstanceWaits } from './waitHistory.ts';
import type { Work, Workplace } from './work.ts';

export interface OrchestrationWorkOptions {
  readonly compiled: CompiledOrchestration;
  readonly services: EngineServices;
  readonly workplace: Workplace;
  readonly memory: MemoryWatch;
  /** Reads the declared fields of a large body; without it they are read when code asks for them. */
  readonly readLarge?: ReadLarge;
  /** Finds out what a large body promotes, where its services say that it is found out elsewhere. Never rejects. */
  readonly promoteLarge?: (type: MessageType, body: string) => Promise<() => Properties>;
}

type Blocked = Extract<EngineResult, { kind: 'blocked' }>;
type TimerWait = Extract<Wait, { kind: 'timer' }>;

const nothing = (): void => undefined;

/**
 * A suspect that waits is saved after so long (ms): then it has come through, and others may run again. Sooner would be wrong: what it left
 * behind, a timer that throws, may still end the process, and then it is to blame (docs/failure-model.md, 4.6).
 */
const SUSPECT_STAYS_MS = 2000;

export class OrchestrationWork implements Work, SlotOwner {
  readonly slot: CommitSlot;
  readonly #options: OrchestrationWorkOptions;
  readonly #grant: GrantedInstance;
  readonly #queue: EntryQueue;
  /** Absent until the messages its state refers to are here. */
  #execution: Execution | undefined;
  /** Timers the MessageBox keeps; it fires them. */
  readonly #durable: Set<string>;
  /** Fired timers to consume with the next commit. */
  #fired: string[] = [];
  /** The commit under way, and the fired timers it consumes besides. */
  #committing: { readonly timers: EngineCommit['timers']; readonly fired: readonly string[] } = { timers: [], fired: [] };
  readonly #waits: InstanceWaits;
  #blocked: { readonly waits: readonly Wait[]; readonly atomic: boolean } | undefined;
  /** The shape the MessageBox is being told of: its code runs when the word has left this process. */
  #told: { readonly shape: number } | undefined;
  /** What a body promotes is being found out in another thread. */
  #promoting: object | undefined;
  #wakeup = nothing;
  #leave = nothing;
  #operated = false;

  constructor(options: OrchestrationWorkOptions, grant: GrantedInstance) {
    this.#options = options;
    this.#grant = grant;
    this.slot = new CommitSlot(grant, options.workplace, this);
    this.#durable = new Set(grant.timers.map((timer) => timer.id));
    this.#waits = new InstanceWaits(options.memory.history, options.compiled.hash, grant);
    const goOn = (): void => {
      this.#goOn();
    };
    this.#queue = new EntryQueue(grant.instance, grant.held, options.workplace.bodies, goOn, options.readLarge);
    this.#queue.add(grant.queue);
  }

  start(): void {
    this.#goOn();
  }

  deliver(entries: readonly DeliveredEntry[]): void {
    this.#queue.add(entries);
    this.#goOn();
  }

  committed(consumed: readonly string[]): void {
    this.#queue.forget(consumed);
    // It stands at a persistence point that is saved: what would follow may take longer than the stop may.
    if (this.#options.workplace.draining) this.#commit('shutdown');
    else this.#goOn();
  }

  refused(publish: number, message: string): void {
    const { timers, fired } = this.#committing;
    this.#fired = [...fired];
    for (const { id } of timers) this.#durable.delete(id);
    this.#run(undefined, { kind: 'refused', publish, message });
  }

  reconnected(): void {
    this.#queue.reconnected();
    if (this.#told) this.#tell(this.#told.shape);
    this.#goOn();
  }

  dropped(): void {
    this.#told = this.#promoting = undefined;
    this.#clearTimers();
    this.#queue.close();
  }

  operate(): void {
    this.#operated = true;
    if (this.#blocked && !this.#blocked.atomic && !this.slot.busy) this.#suspendAsAsked();
  }

  drain(): void {
    if (this.#blocked) this.#dehydrate('shutdown');
  }

  get #now(): number {
    return this.#options.workplace.now();
  }

  /**
   * Hands over what came, in order, and runs until everything waits or there is something to commit.
   *
   * @param told the code of a shape is to run that the MessageBox has been told of
   */
  #goOn(told = false): void {
    if (this.slot.busy || this.#told || this.#promoting) return;
    if (this.#queue.fault) {
      this.#cannotGoOn(this.#queue.fault);
      return;
    }
    const input = this.#queue.next();
    // Nothing new for what is blocked; and what comes first comes before anything that runs without it.
    if (!input && !told && (this.#blocked || this.#queue.waiting)) return;
    this.#run(input);
  }

  #run(input: Input | undefined, first = this.#engineInput(input)): void {
    const now = this.#now;
    this.#unblock();
    let result: EngineResult;
    const { workplace } = this.#options;
    workplace.running = this.slot.instance;
    try {
      const execution = (this.#execution ??= this.#restore());
      result = execution.run(first, timeOf(input, now));
      for (let next: Input | undefined; result.kind === 'blocked' && (next = this.#queue.next());)
        result = execution.run(this.#engineInput(next), timeOf(next, now));
    } catch (error) {
      this.#cannotGoOn(error);
      return;
    } finally {
      workplace.running = undefined;
    }
    if (result.kind === 'persist') this.#commit(workplace.draining ? 'shutdown' : undefined);
    else if (result.kind === 'about') this.#tell(result.shape);
    else if (result.kind === 'promote') this.#promote(result);
    else this.#block(result);
  }

  #restore(): Execution {
    const { compiled, services } = this.#options;
    const { instance: instanceId, state } = this.#grant;
    const settings = { compiled, instanceId, services, tellAhead: this.#grant.tellAhead };
    return state === null ? createExecution(settings) : restoreExecution({ ...settings, state, held: this.#queue.held ?? [] });
  }

  #engineInput(input: Input | undefined): EngineInput {
    if (input === undefined) return { kind: 'continue' };
    if (input.kind === 'deliver') {
      for (const { subscription } of input.entries) this.#waits.came(subscription, this.#now);
      return input;
    }
    if (input.entry !== undefined) {
      this.#fired.push(input.entry);
      this.#durable.delete(input.timer);
    }
    return { kind: 'timer', timer: input.timer };
  }

  #tell(shape: number): void {
    const told = { shape };
    this.#told = told;
    const trace = this.#execution?.atRisk() ?? [];
    this.#options.workplace.announce({ kind: 'progress', instance: this.slot.instance, trace, next: shape }, () => {
      if (this.#told !== told) return;
      this.#told = undefined;
      this.#goOn(true);
    });
  }

  #promote({ type, body }: Extract<EngineResult, { kind: 'promote' }>): void {
    const promoting = {};
    this.#promoting = promoting;
    void this.#options.promoteLarge?.(type, body).then((properties) => {
      if (this.#promoting !== promoting) return;
      this.#promoting = undefined;
      this.#run(undefined, { kind: 'promoted', properties });
    });
  }

  #block({ waits, mustPersist, atomic }: Blocked): void {
    const { workplace } = this.#options;
    const now = this.#now;
    this.#blocked = { waits, atomic };
    this.#waits.blocked(waits, now);
    workplace.occupies(this, false);
    if (this.#queue.fault) {
      this.#cannotGoOn(this.#queue.fault);
      return;
    }
    if (this.#operated && !atomic) {
      this.#suspendAsAsked();
      return;
    }
    if (workplace.draining) {
      this.#dehydrate('shutdown');
      return;
    }
    // What it may be waiting for is on its way.
    if (this.#queue.waiting) return;
    const leave = mustPersist ? undefined : atomic ? nothing : this.#mayStay(waits);
    if (!leave) {
      this.#dehydrate('dehydration');
      return;
    }
    this.#leave = leave;
    const trace = this.#execution?.atRisk() ?? [];
    const timers = waits.flatMap((wait) => (this.#isKeptHere(wait) ? [{ id: wait.timer, due: wait.due }] : []));
    if (trace.length > 0) workplace.send({ kind: 'progress', instance: this.slot.instance, trace, ...(timers.length > 0 && { timers }) });
    this.#wakeAt(waits, now);
  }

  /** What ends the watch over its stay in memory; `undefined` when it has to leave at once. */
  #mayStay(waits: readonly Wait[]): (() => void) | undefined {
    const { memory, workplace } = this.#options;
    const leave = (): void => {
      this.#dehydrate('dehydration');
    };
    const stay = memory.blocked({ estimate: () => this.#waits.estimate(waits, this.#now), leave });
    if (!stay || !this.#grant.alone) return stay;
    const saved = workplace.after(SUSPECT_STAYS_MS, leave);
    return () => {
      stay();
      saved();
    };
  }

  /** Waits on time that the MessageBox does not keep are kept here: a short Delay stays in memory and is not saved. */
  #isKeptHere(wait: Wait): wait is TimerWait {
    return wait.kind === 'timer' && !this.#durable.has(wait.timer);
  }

  #wakeAt(waits: readonly Wait[], now: number): void {
    const next = waits.reduce<TimerWait | undefined>(
      (first, wait) => (this.#isKeptHere(wait) && (!first || wait.due < first.due) ? wait : first),
      undefined,
    );
    if (!next) return;
    this.#wakeup = this.#options.workplace.after(next.due - now, () => {
      this.#queue.addTimer(next.timer, next.due);
      this.#goOn();
    });
  }

  #suspendAsAsked(): void {
    this.#execution?.run({ kind: 'suspend' }, this.#now);
    this.#unblock();
    this.#commit();
  }

  #dehydrate(why: 'dehydration' | 'shutdown'): void {
    if (this.slot.busy || !this.#blocked) return;
    const { waits: all, atomic } = this.#blocked;
    // An atomic scope is given back, and has to begin again.
    const waits = atomic ? [] : all.map((wait) => (wait.kind === 'timer' ? wait.timer : wait.subscription));
    this.#clearTimers();
    this.#commit(why, waits);
  }

  #cannotGoOn(error: unknown): void {
    this.#unblock();
    const code = error instanceof SohError ? error.code : 'unexpected';
    this.slot.suspend({ code, message: messageOf(error) });
  }

  #unblock(): void {
    this.#clearTimers();
    if (this.#blocked) this.#options.workplace.occupies(this, true);
    this.#blocked = undefined;
  }

  #clearTimers(): void {
    this.#wakeup();
    this.#leave();
    this.#wakeup = this.#leave = nothing;
  }

  /** @param waits what wakes it when it leaves memory with it; without any it goes on at once, wherever there is room */
  #commit(why?: 'dehydration' | 'shutdown', waits: readonly string[] = []): void {
    const commit = this.#execution?.takeCommit(why);
    if (!commit) return;
    const consumed = this.#fired.length > 0 && consumes(commit) ? [...commit.consumed, ...this.#fired] : commit.consumed;
    this.#committing = { timers: commit.timers, fired: this.#fired };
    this.#fired = [];
    for (const timer of commit.timers) this.#durable.add(timer.id);
    if (commit.outcome === 'idle') this.#waits.left(this.slot.instance, this.slot.version + 1);
    else if (commit.outcome !== 'running') this.#waits.over(this.#now);
    this.slot.commit(commit, consumed, commit.outcome === 'idle' ? waits : undefined);
  }
}

/** A timer that ran here is not early, however the clock of the MessageBox looks from here by now. */
function timeOf(input: Input | undefined, now: number): number {
  return input?.kind === 'timer' && input.due !== undefined ? Math.max(now, input.due) : now;
}

/** A run that was taken back consumes nothing. */
function consumes({ outcome, state }: EngineCommit): boolean {
  return outcome !== 'suspended' || state !== undefined;
}
