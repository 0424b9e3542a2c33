/** Where logical threads go on after an exception (docs/behaviour.md, section 9.2). */
import { isCode, SohError } from '../errors.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { giveBack, MAX_RETRIES, retry, runsAgain } from './atomic.ts';
import { dropCall, dropCalls, forgetRecalled } from './calls.ts';
import { FORCED, isForced, isOfType, Raised } from './code.ts';
import { forgetDeliveries } from './deliveries.ts';
import { giveUp, hasCommitted, leaveCompensation } from './compensation.ts';
import { toInstanceError, type Instance } from './instance.ts';
import { END, ORCHESTRATION, type Around, type Instruction, type Scope } from './instruction.ts';
import type { Move } from './move.ts';
import { forget } from './own.ts';
import { instructionAt, isInside, isOtherInside, removeThread } from './places.ts';

/** An exception on its way outward. */
export interface Thrown {
  readonly exception: ExceptionValue;
  /** Name of the shape it comes from. */
  readonly shape: string;
}

/**
 * Finds the handler of what an instruction threw.
 *
 * @param instruction none at the end of everything, where only what cannot be saved is found
 * @throws what is no exception of the orchestration
 */
export function onError(instance: Instance, index: number, instruction: Instruction | undefined, error: unknown): Move {
  if (isCode(error, 'orchestration.notJson')) return takeBack(instance, error);
  if (!(error instanceof Raised) || instruction === undefined) throw error;
  return raiseAt(instance, index, instruction, error.value);
}

/** The thread at an instruction throws. */
export function raiseAt(instance: Instance, index: number, { around, shape }: Instruction, exception: ExceptionValue): Move {
  return raise(instance, index, around, { exception, shape: exception.from ?? shape?.name ?? '' });
}

/** Something that no thread did happens to the body of a scope, of a Call, or to the whole orchestration. */
export function interrupt(instance: Instance, late: Instruction, exception: ExceptionValue): Move {
  const { around, scope } = late;
  const { savepoint } = instance;
  instance.changed = true;
  if (savepoint && isInside(instance, savepoint.scope.number, late)) giveBack(instance, savepoint);
  const scopes = scope ? [scope, ...around.scopes] : around.scopes;
  const shape = scope?.name ?? instance.program.compiled.definition.name;
  return raise(instance, undefined, { ...around, scopes }, { exception, shape });
}

/**
 * An exception looks for its handler, from inside to outside.
 *
 * @param index of the thread that throws, if one does
 */
export function raise(instance: Instance, index: number | undefined, around: Around, thrown: Thrown): Move {
  let throwing = index;
  for (const scope of around.scopes) {
    if (isBeingStopped(instance, around, scope)) break;
    if (instance.savepoint?.scope === scope) {
      throwing = giveBack(instance, instance.savepoint);
      if (runsAgain(instance, scope, thrown.exception)) return again(instance, scope, thrown);
    }
    if (!isHandledBy(instance, scope, thrown.exception)) continue;
    if (!stopThreads(instance, scope, throwing)) startHandler(instance, scope, fromShape(thrown));
    else waitForStopped(instance, scope, fromShape(thrown));
    return 'gone';
  }
  return raiseAround(instance, throwing, around, thrown);
}

/** No scope here has a handler: an exception of a compensation block goes on where it was called, any other one leaves the orchestration. */
function raiseAround(instance: Instance, throwing: number | undefined, { compensates }: Around, thrown: Thrown): Move {
  const { state, program } = instance;
  if (compensates) {
    stopThreads(instance, compensates, throwing);
    dropCalls(instance, compensates);
    const caller = instructionAt(instance, leaveCompensation(instance, compensates));
    giveUp(instance, caller);
    state.exceptions.delete(caller.place);
    state.threads.push(caller.place);
    return raise(instance, state.threads.length - 1, caller.around, thrown);
  }
  if (!hasCommitted(instance, ORCHESTRATION)) return uncaught(instance, thrown);
  stopThreads(instance, { number: ORCHESTRATION, last: Infinity }, throwing);
  state.exceptions.set(program.defaultHandler, fromShape(thrown));
  state.threads.push(program.defaultHandler);
  return 'gone';
}

function fromShape({ exception, shape }: Thrown): ExceptionValue {
  return exception.from === undefined ? Object.freeze({ ...exception, from: shape }) : exception;
}

/** True when a thread is in a handler of ForcedTerminationException: its exceptions do not get beyond what is being stopped. */
function isBeingStopped(instance: Instance, { handler }: Around, scope: Scope): boolean {
  return handler !== undefined && isForced(instance.state.exceptions.get(handler)) && isInside(instance, handler, scope);
}

function isHandledBy(instance: Instance, { handlers, number }: Scope, exception: ExceptionValue): boolean {
  return handlers.some((handler) => isOfType(exception, handler.exception)) || hasCommitted(instance, number);
}

/** A handler of the scope begins; without one the default handler, which compensates what is nested and throws again. */
function startHandler(instance: Instance, scope: Scope, exception: ExceptionValue): void {
  const { exceptions, threads } = instance.state;
  dropCalls(instance, scope);
  const handler = scope.handlers.find((candidate) => isOfType(exception, candidate.exception));
  exceptions.set(handler?.number ?? scope.defaultHandler, exception);
  threads.push(handler?.first ?? scope.defaultHandler);
}

function waitForStopped(instance: Instance, scope: Scope, exception: ExceptionValue): void {
  instance.state.exceptions.set(scope.stop, exception);
  instance.state.threads.push(scope.stop);
}

/** An exception waits at its scope: when nothing runs in it any more, it is handled. */
export function stopScope(instance: Instance, index: number, { place, scope }: Instruction): Move {
  const { threads, exceptions } = instance.state;
  if (scope === undefined || isOtherInside(instance, index, scope)) return 'wait';
  const exception = exceptions.get(place) ?? FORCED;
  instance.changed = true;
  exceptions.delete(place);
  removeThread(threads, index);
  startHandler(instance, scope, exception);
  return 'gone';
}

/** The default handler has compensated: its exception goes on outward, unless its scope was only being stopped. */
export function throwAgain(instance: Instance, index: number, instruction: Instruction): Move {
  const { exceptions, threads, transactions } = instance.state;
  const { place, around, scope } = instruction;
  const exception = exceptions.get(place) ?? FORCED;
  exceptions.delete(place);
  transactions.delete(around.transaction);
  if (scope?.called) dropCall(instance, scope.called);
  if (!isForced(exception)) return raiseAt(instance, index, instruction, exception);
  removeThread(threads, index);
  return 'gone';
}

/**
 * Every logical thread in the scope stops, the throwing one included. What is nested and has a handler of ForcedTerminationException, or has
 * committed something, gets that exception.
 *
 * @returns true when something goes on running in the scope for that
 */
function stopThreads(instance: Instance, scope: Pick<Scope, 'number' | 'last'>, throwing: number | undefined): boolean {
  const { state, program } = instance;
  const { threads, dues, exceptions, compensations, transactions } = state;
  const inside = (place: number): boolean => isInside(instance, place, scope);
  const nested = ({ number }: Scope): boolean => number > scope.number && number <= scope.last;
  const told = new Set<Scope>();
  let left = 0;
  for (let index = 0; index < threads.length; index++) {
    const place = threads[index] ?? END;
    if (index === throwing) continue;
    if (!inside(place)) {
      threads[left++] = place;
      continue;
    }
    instance.waiting.forget(place);
    for (const around of instructionAt(instance, place).around.scopes)
      if (nested(around) && isHandledBy(instance, around, FORCED)) told.add(around);
  }
  threads.length = left;
  for (const place of dues.keys()) if (inside(place)) instance.disarm(place);
  for (const place of exceptions.keys()) if (inside(place)) exceptions.delete(place);
  for (const number of state.retries.keys()) if (inside(number)) state.retries.delete(number);
  for (const one of program.scopes.values()) {
    if (one.number < scope.number || one.number > scope.last) continue;
    if (one.number > scope.number && !told.has(one)) transactions.delete(one.number);
    forget(instance, one);
  }
  // After that, because what is a scope's own may be in a call that knows again what it knew.
  for (const [place, { recalled }] of compensations) {
    if (!inside(place)) continue;
    compensations.delete(place);
    forgetRecalled(instance, recalled);
  }
  forgetDeliveries(instance, (number) => number >= scope.number && number <= scope.last);
  for (const one of told) waitForStopped(instance, one, FORCED);
  return told.size > 0;
}

/** An atomic scope failed in a way that lets it run again. */
function again(instance: Instance, scope: Scope, { exception }: Thrown): Move {
  if (retry(instance, scope, exception)) return 'gone';
  const { pending } = instance;
  instance.changed = true;
  pending.points.push('suspension');
  pending.outcome = 'suspended';
  const values = { scope: scope.name, times: MAX_RETRIES, type: exception.type, message: exception.message, shape: scope.name };
  pending.error = toInstanceError(new SohError('orchestration.retriesExhausted', values));
  return 'persist';
}

function uncaught(instance: Instance, { exception: { type, message }, shape }: Thrown): Move {
  return takeBack(instance, new SohError('orchestration.uncaught', { type, message, shape }));
}

function takeBack(instance: Instance, error: SohError): Move {
  instance.state.threads.length = 0;
  instance.pending.takeBack(toInstanceError(error));
  return 'persist';
}
