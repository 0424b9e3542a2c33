/** The engine's door as objects: an instance that starts, or one that goes on from a saved state. */
import { isCode, SohError } from '../errors.ts';
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import type { Json } from '../orchestration/json.ts';
import type { Message } from '../orchestration/message.ts';
import type { EngineCommit, EngineInput, EngineResult, EngineServices, Execution, TraceEntry } from './door.ts';
import { giveBack } from './atomic.ts';
import { Instance, toInstanceError } from './instance.ts';
import { END, ORCHESTRATION, type Frame } from './instruction.ts';
import { BoundMessage } from './messages.ts';
import { PendingCommit } from './pendingCommit.ts';
import { programOf, type Program } from './program.ts';
import { refuse } from './refusal.ts';
import { decodeState, encodeState } from './savedState.ts';
import { holdsOf, newState } from './state.ts';
import { advance, waitsOf } from './threads.ts';
import { unpackVariables } from './variables.ts';

/** Largest state that is saved, in characters: the MessageBox takes no larger one (messagebox/protocol/limits.ts). */
export const STATE_LIMIT_CHARACTERS = 16 * 1024 * 1024;
/** Longest text of JavaScript. */
const MAX_TEXT_CHARACTERS = 2 ** 29 - 24;

/** What an execution runs and what it runs with. */
export interface ExecutionSettings {
  readonly compiled: CompiledOrchestration;
  readonly instanceId: string;
  readonly services: EngineServices;
  /** Up to the first commit each shape is announced ('about') before its code runs: a host instance died on it. */
  readonly tellAhead?: boolean;
}

/** What the MessageBox hands out with an instance that was saved before. */
export interface SavedInstance extends ExecutionSettings {
  /** The saved state of the last commit. */
  readonly state: string;
  /** Messages the state refers to (`EngineCommit.holds`). */
  readonly held: readonly Message[];
}

/** A new instance. Its activating message is the first thing to deliver. */
export function createExecution({ compiled, instanceId, services, tellAhead }: ExecutionSettings): Execution {
  const program = programOf(compiled);
  const state = newState(program.start, unpackVariables(JSON.parse(ownFrame(program).initial) as Record<string, Json>));
  const instance = new Instance(instanceId, program, services, state);
  instance.tellAhead = tellAhead === true;
  return new EngineExecution(instance, []);
}

/**
 * An instance from its last persistence point, as if nothing later had happened (docs/behaviour.md, section 7.3).
 *
 * @throws SohError 'format.newer'; Error when the state is none of this definition, or a message it refers to is not among the held ones.
 */
export function restoreExecution({ compiled, instanceId, services, tellAhead, state: text, held }: SavedInstance): Execution {
  const program = programOf(compiled);
  const state = decodeState(text, `the state of ${instanceId}`, (frame, name, from) => {
    const type = (program.frames.get(frame) ?? program.scopes.get(frame)?.frame)?.definition.messages[name];
    if (type === undefined)
      throw new Error(`the state of ${instanceId} refers to message "${name}", which its definition does not declare`);
    if (!('id' in from)) return new BoundMessage({ id: '', type: type.name, ...from }, false, type, services);
    const message = held.find(({ id }) => id === from.id);
    if (message === undefined) throw new Error(`the state of ${instanceId} refers to message ${from.id}, which was not handed out with it`);
    return new BoundMessage(message, true, type, services);
  });
  const nowhere = state.threads.find((place) => place !== END && program.instructions[place] === undefined);
  if (nowhere !== undefined)
    throw new Error(`the state of ${instanceId} stands at place ${String(nowhere)}, which its definition does not have`);
  const instance = new Instance(instanceId, program, services, state);
  instance.changed = false;
  instance.tellAhead = tellAhead === true;
  return new EngineExecution(instance, holdsOf(state));
}

function ownFrame({ frames }: Program): Frame {
  const own = frames.get(ORCHESTRATION);
  if (own === undefined) throw new Error('an orchestration has a frame of its own');
  return own;
}

/** `saving`: the host has to take the commit before anything goes on. */
type Status = 'ready' | 'blocked' | 'saving' | 'ended';

class EngineExecution implements Execution {
  readonly #instance: Instance;
  #status: Status = 'ready';
  /** The commit that may still be refused, and what the saved state before it refers to. */
  #taken: { readonly pending: PendingCommit; readonly holds: readonly string[] } | undefined;
  /** What the saved state refers to. */
  #holds: readonly string[];

  constructor(instance: Instance, holds: readonly string[]) {
    this.#instance = instance;
    this.#holds = holds;
  }

  run(input: EngineInput, now: number): EngineResult {
    if (this.#status === 'ended' && input.kind !== 'refused') return { kind: 'blocked', waits: [], mustPersist: false, atomic: false };
    const instance = this.#instance;
    instance.now = now;
    instance.pending.startRun(now);
    // What goes on has its commit acknowledged.
    if (input.kind !== 'refused') this.#taken = undefined;
    this.#accept(input);
    if (this.#status !== 'saving') this.#status = advance(instance, input.kind === 'promoted' ? input.properties : undefined);
    if (this.#status === 'saving') return { kind: 'persist' };
    if (instance.making) {
      const [{ type, body }] = instance.making.made;
      return { kind: 'promote', type, body };
    }
    if (instance.told !== undefined) return { kind: 'about', shape: instance.told };
    const waits = waitsOf(instance);
    const atomic = instance.savepoint !== undefined;
    const mustPersist = !atomic && waits.some((wait) => wait.kind === 'receive' && instance.uncommitted.has(wait.subscription));
    return { kind: 'blocked', waits, mustPersist, atomic };
  }

  takeCommit(why?: 'dehydration' | 'shutdown'): EngineCommit {
    const { pending, uncommitted } = this.#instance;
    if (why !== undefined) this.#leaveMemory(why);
    const ends = pending.outcome === 'completed' || pending.outcome === 'terminated';
    this.#taken = { pending, holds: this.#holds };
    const state = this.#takeState(ends);
    const commit = pending.toCommit(state, this.#holds);
    // After a taken-back run the memory is no longer what is saved; the host lets it go.
    this.#status = ends || pending.takenBack ? 'ended' : 'ready';
    this.#instance.pending = new PendingCommit();
    this.#instance.tellAhead = false;
    this.#instance.told = undefined;
    uncommitted.clear();
    return commit;
  }

  atRisk(): readonly TraceEntry[] {
    return this.#instance.pending.trace;
  }

  #accept(input: EngineInput): void {
    const instance = this.#instance;
    switch (input.kind) {
      case 'continue':
      case 'promoted':
        return;
      case 'deliver':
        instance.inbox.add(input.entries);
        for (const { subscription } of input.entries) instance.waiting.came(subscription);
        return;
      case 'refused':
        this.#refused(input);
        return;
      case 'timer':
        // Unknown ones belong to a wait that is over.
        for (const due of instance.state.dues.values()) if (due.timer === input.timer) instance.isDue(due);
        return;
      case 'suspend':
        if (instance.pending.outcome !== 'running' || instance.savepoint) return;
        instance.pending.outcome = 'suspended';
        instance.pending.points.push('suspension');
        this.#status = 'saving';
    }
  }

  #refused({ publish, message }: Extract<EngineInput, { kind: 'refused' }>): void {
    if (this.#taken === undefined) throw new Error('no commit was taken');
    const { pending, holds } = this.#taken;
    this.#holds = holds;
    this.#status = refuse(this.#instance, pending, publish, message) === 'persist' ? 'saving' : 'ready';
  }

  /** The host gives the instance up where it stands, and the MessageBox takes over its waits on time. What ends or is suspended leaves anyway. */
  #leaveMemory(why: 'dehydration' | 'shutdown'): void {
    const instance = this.#instance;
    if (instance.pending.outcome !== 'running') return;
    if (instance.savepoint) giveBack(instance, instance.savepoint);
    instance.pending.points.push(why);
    instance.pending.outcome = 'idle';
    for (const due of instance.state.dues.values()) {
      if (due.durable) continue;
      due.durable = true;
      instance.changed = true;
      instance.pending.timers.push({ id: due.timer, due: due.at });
    }
  }

  #takeState(ends: boolean): string | undefined {
    const instance = this.#instance;
    if (ends) this.#holds = [];
    if (ends || instance.pending.takenBack || !instance.changed) return undefined;
    const state = this.#savable() ? this.#encoded() : undefined;
    if (state === undefined) return undefined;
    this.#holds = holdsOf(instance.state);
    instance.changed = false;
    return state;
  }

  /** False: a variable holds what would be lost, so the run is taken back. */
  #savable(): boolean {
    const instance = this.#instance;
    try {
      instance.checkVariables();
      return true;
    } catch (error) {
      if (!isCode(error, 'orchestration.notJson')) throw error;
      instance.pending.takeBack(toInstanceError(error));
      return false;
    }
  }

  /** The state as text. One that is too large would be too large for every host instance: the run is taken back. */
  #encoded(): string | undefined {
    const instance = this.#instance;
    let size = MAX_TEXT_CHARACTERS;
    try {
      const text = encodeState(instance.state);
      if (text.length <= STATE_LIMIT_CHARACTERS) return text;
      size = text.length;
    } catch (error) {
      // No text of JavaScript is that long.
      if (!(error instanceof RangeError)) throw error;
    }
    const values = { id: instance.id, size, limit: STATE_LIMIT_CHARACTERS };
    instance.pending.takeBack(toInstanceError(new SohError('messageBox.stateTooLarge', values)));
    return undefined;
  }
}
