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
import { instructionAt, isInside } from './places.ts';
import { beforeEnds } from './refusal.ts';

/** Leaves what the thread is at the end of, until it stands at a shape. Persistence points on the way are one (docs/behaviour.md, section 7.1). */
export function leaveEnded(instance: Instance, index: number): Extract<Move, 'on' | 'gone' | 'persist'> {
  const { threads, exceptions } = instance.state;
  let saving = false;
  const gone = (): 'gone' | 'persist' => {
    threads.splice(index, 1);
    return saving ? 'persist' : 'gone';
  };
  for (;;) {
    const place = threads[index] ?? END;
    if (place === END) {
      threads.length = 0;
      instance.pending.points.push('end');
      instance.pending.outcome = 'completed';
      return 'persist';
    }
    const { operation, number, last, next, scope, around } = instructionAt(instance, place);
    if (isScopeEnd(operation) && (!instance.savepoint || instance.savepoint.scope === scope)) beforeEnds(instance, index);
    threads[index] = next;
    if (operation === 'join') {
      if (threads.some((other, at) => at !== index && isInside(instance, other, { number, last }))) return gone();
    } else if (operation === 'leaveHandler') {
      const exception = exceptions.get(place);
      exceptions.delete(place);
      if (scope) closeFailed(instance, scope);
      if (isForced(exception)) return gone();
    } else if ((operation === 'leaveScope' || operation === 'return') && scope) saving = leaveScope(instance, scope) || saving;
    else if (operation === 'leaveCompensation' && around.compensates) threads[index] = leaveCompensation(instance, around.compensates);
    else if (operation !== 'awaitDeliveries' || awaitsDeliveries(instance, scope)) {
      threads[index] = place;
      return saving ? 'persist' : 'on';
    }
  }
}

/** Ends that change more than where the thread is. */
function isScopeEnd(operation: Operation): boolean {
  return operation === 'leaveScope' || operation === 'return' || operation === 'leaveHandler' || operation === 'leaveCompensation';
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
