/**
 * Atomic scopes: nothing is saved while one runs, and no other logical thread of the instance runs; what fails gives back everything as at
 * entry (docs/behaviour.md, section 9.1). A savepoint is in memory only: whoever goes on from a saved state enters the scope again.
 */
import type { Json } from '../orchestration/json.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { isOfType } from './code.ts';
import { instructionAt, isInside } from './places.ts';
import type { Instance } from './instance.ts';
import type { Scope } from './instruction.ts';
import type { Savepoint } from './savepoint.ts';
import type { FrameState } from './state.ts';
import { packVariables, unpackVariables } from './variables.ts';

/** The product runs an atomic scope again so often, so many ms apart (docs/behaviour.md, section 9.1). */
export const MAX_RETRIES = 21;
const RETRY_DELAY_MS = 2000;

type Kept = NonNullable<ReturnType<Savepoint['frames']['get']>>;

/** An atomic scope is entered. */
export function begin(instance: Instance, scope: Scope): void {
  const { state, pending, uncommitted } = instance;
  instance.checkVariables();
  instance.savepoint = {
    scope,
    frames: new Map([...state.frames].map(([number, frame]) => [number, kept(frame)])),
    uncommitted: new Set(uncommitted),
    deliveries: state.deliveries,
    mark: pending.mark(),
  };
  instance.inbox.keep();
}

function kept({ activation, variables, messages, correlation, tokens }: FrameState): Kept {
  const text = JSON.stringify(packVariables(variables));
  return { activation, variables: text, messages: new Map(messages), correlation: { ...correlation }, tokens: { ...tokens } };
}

/** Into the object that is there: what code sees is of that. */
function restore(frame: FrameState, { variables, messages, correlation, tokens }: Kept): void {
  for (const name of Object.keys(frame.variables)) Reflect.deleteProperty(frame.variables, name);
  Object.assign(frame.variables, unpackVariables(JSON.parse(variables) as Record<string, Json>));
  frame.messages.clear();
  for (const [name, message] of messages) frame.messages.set(name, message);
  frame.correlation = { ...correlation };
  frame.tokens = { ...tokens };
}

/** The atomic scope that runs has come to its end; its effects are part of the commit that follows. */
export function settle(instance: Instance): void {
  instance.inbox.settle('taken');
  if (instance.savepoint) instance.state.retries.delete(instance.savepoint.scope.number);
  instance.savepoint = undefined;
}

/** Everything as at entry, with one thread that stands before the scope. @returns its index */
export function giveBack(instance: Instance, { scope, ...saved }: Savepoint): number {
  const { state, pending, uncommitted } = instance;
  instance.waiting.forgetAll();
  const kept = state.threads.filter((place) => !isInside(instance, place, scope));
  state.threads.splice(0, state.threads.length, ...kept, scope.number);
  for (const place of state.dues.keys()) if (isInside(instance, place, scope)) instance.disarm(place);
  for (const place of state.exceptions.keys()) if (isInside(instance, place, scope)) state.exceptions.delete(place);
  for (const [number, frame] of state.frames) {
    const then = saved.frames.get(number);
    if (then) restore(frame, then);
    else state.frames.delete(number);
  }
  state.deliveries = saved.deliveries;
  uncommitted.clear();
  for (const subscription of saved.uncommitted) uncommitted.add(subscription);
  pending.backTo(saved.mark);
  instance.inbox.settle('givenBack');
  instance.savepoint = undefined;
  return state.threads.length - 1;
}

/** True when an atomic scope that failed by this exception runs again. */
export function runsAgain(instance: Instance, scope: Scope, exception: ExceptionValue): boolean {
  const { shape } = instructionAt(instance, scope.number);
  if (shape?.kind === 'scope' && shape.retry === false) return false;
  return isOfType(exception, 'RetryTransactionException') || isOfType(exception, 'PersistenceException');
}

/** Lets the scope run again after a pause. @returns false when it has run in vain too often; then it starts afresh when somebody resumes it */
export function retry(instance: Instance, scope: Scope, { delay = RETRY_DELAY_MS }: ExceptionValue): boolean {
  const { retries } = instance.state;
  const times = (retries.get(scope.number) ?? 0) + 1;
  if (times > MAX_RETRIES) {
    retries.delete(scope.number);
    return false;
  }
  retries.set(scope.number, times);
  instance.startTimer(scope.number, instance.now + delay);
  return true;
}
