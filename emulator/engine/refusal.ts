/**
 * A commit that is refused because nobody subscribes to what it publishes: nothing of it has happened, and the Send or Start gets an exception,
 * or the atomic scope it is in (docs/behaviour.md, section 9.2). So what follows a Send in the same commit can be undone until the commit is
 * acknowledged. That is little: blocks and scopes end, but no code runs between a Send and its commit.
 */
import { raise } from './exceptions.ts';
import type { Instance } from './instance.ts';
import type { Move } from './move.ts';
import { instructionAt } from './places.ts';
import type { PendingCommit } from './pendingCommit.ts';
import type { Before } from './savepoint.ts';
import { copyOfState } from './state.ts';

/** A Send or Start is about to publish. */
export function beforePublish(instance: Instance, index: number): Before {
  const { state, pending } = instance;
  const frames: Before['frames'][number][] = [];
  for (const [number, { correlation, tokens }] of state.frames) frames.push({ number, correlation, tokens });
  const { deliveries } = state;
  return { threads: [...state.threads], index, mark: pending.mark(), frames, deliveries, all: undefined, savepoint: undefined };
}

/** What was published is about to be followed by ends of blocks, or an atomic scope with what it published is about to end. */
export function beforeEnds(instance: Instance, index: number): void {
  const { pending, state, savepoint } = instance;
  if (pending.published.length === 0 || pending.before?.all) return;
  const at = savepoint || !pending.before ? { ...beforePublish(instance, index), savepoint } : pending.before;
  pending.before = { ...at, all: copyOfState(state) };
}

/**
 * The commit has been refused: everything is as it was before the Send, which throws.
 *
 * @param publish index of what nobody subscribes to
 */
export function refuse(instance: Instance, taken: PendingCommit, publish: number, message: string): Move {
  const { state, inbox, uncommitted } = instance;
  const { before } = taken;
  const sent = taken.published[publish]?.shape;
  if (before === undefined) throw new Error('a commit was refused that publishes nothing');
  instance.pending = taken;
  instance.changed = true;
  instance.waiting.forgetAll();
  for (const due of state.dues.values()) if (taken.timers.some(({ id }) => id === due.timer)) due.durable = false;
  if (before.all) Object.assign(state, before.all);
  state.threads = [...before.threads];
  state.deliveries = before.deliveries;
  for (const { number, correlation, tokens } of before.frames) Object.assign(state.frames.get(number) ?? {}, { correlation, tokens });
  taken.undo(before.mark);
  for (const { id } of taken.subscribe) uncommitted.add(id);
  const { around } = instructionAt(instance, before.threads[before.index] ?? NaN);
  const exception = { type: 'PersistenceException', message, bases: ['XLANGsException'] };
  const shape = sent === undefined ? undefined : instructionAt(instance, sent).shape;
  const { savepoint } = before;
  if (savepoint) {
    instance.savepoint = savepoint;
    inbox.unsettle();
  }
  const inside = savepoint ? { ...around, scopes: [savepoint.scope, ...around.scopes] } : around;
  return raise(instance, before.index, inside, { exception, shape: shape?.name ?? '' });
}
