/** Logical threads at the end of a branch, scope, handler, compensation block or the orchestration: none of these is a shape that runs. */
import { settle } from './atomic.ts';
import { leaveCall } from './calls.ts';
import { isForced } from './code.ts';
import { leaveCompensation, remember } from './compensation.ts';
import { awaitsDeliveries } from './deliveries.ts';
import type { Instance } from './instance.ts';
import { END, type Operation, type Scope } from './instruction.ts';
import type { Move } from './move.ts';
import { forget } from './own.ts';
import { instructionAt, isOtherInside, removeThread } from './places.ts';
import { beforeEnds } from './refusal.ts';

/** What a thread passes without a shape that runs. */
type End = 'join' | 'return' | 'leaveScope' | 'leaveHandler' | 'leaveCompensation' | 'awaitDeliveries';
/** Of these none is ever run. */
export type Passed = Exclude<End, 'awaitDeliveries'>;

/** Leaves what the thread is at the end of, until it stands at a shape. Persistence points on the way are one (docs/behaviour.md, section 7.1). */
export function leaveEnded(instance: Instance, index: number): Extract<Move, 'on' | 'gone' | 'persist'> {
  const { threads, exceptions } = instance.state;
  let saving = false;
  for (;;) {
    const place = threads[index] ?? END;
    if (place === END) {
      threads.length = 0;
      instance.pending.points.push('end');
      instance.pending.outcome = 'completed';
      return 'persist';
    }
    const instruction = instructionAt(instance, place);
    const { operation, next, scope, around } = instruction;
    if (!isEnd(operation) || (operation === 'awaitDeliveries' && awaitsDeliveries(instance, scope))) return saving ? 'persist' : 'on';
    if (changesMore(operation) && (!instance.savepoint || instance.savepoint.scope === scope)) beforeEnds(instance, index);
    threads[index] = next;
    let gone = false;
    if (operation === 'join') gone = isOtherInside(instance, index, instruction);
    else if (operation === 'leaveHandler') {
      gone = isForced(exceptions.get(place));
      exceptions.delete(place);
      if (scope) closeFailed(instance, scope);
    } else if (operation === 'leaveCompensation' && around.compensates) threads[index] = leaveCompensation(instance, around.compensates);
    else if (scope && operation !== 'awaitDeliveries') saving = leaveScope(instance, scope) || saving;
    if (!gone) continue;
    removeThread(threads, index);
    return saving ? 'persist' : 'gone';
  }
}

const ends: ReadonlySet<Operation> = new Set<End>(['join', 'return', 'leaveScope', 'leaveHandler', 'leaveCompensation', 'awaitDeliveries']);

function isEnd(operation: Operation): operation is End {
  return ends.has(operation);
}

/** More than where the thread is. */
function changesMore(operation: End): boolean {
  return operation !== 'join' && operation !== 'awaitDeliveries';
}

/** The body of a scope has ended. @returns true when that is a persistence point */
function leaveScope(instance: Instance, scope: Scope): boolean {
  const transactional = scope.transaction !== 'none';
  instance.changed = true;
  instance.disarm(scope.number);
  if (scope.transaction === 'atomic') settle(instance);
  if (transactional) {
    remember(instance, scope);
    instance.pending.points.push('scope-end');
  }
  if (scope.called) leaveCall(instance, scope.called);
  forget(instance, scope);
  return transactional;
}

/** A transaction that failed has been handled: what is nested in it cannot be compensated any more. */
function closeFailed(instance: Instance, scope: Scope): void {
  instance.state.transactions.delete(scope.number);
  forget(instance, scope);
}
