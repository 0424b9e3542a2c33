/** Scopes are entered, and run out of time (docs/behaviour.md, section 9.1). How they end is in ends.ts, how they fail in exceptions.ts. */
import type { Json } from '../orchestration/json.ts';
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { begin } from './atomic.ts';
import type { Instance } from './instance.ts';
import type { InstructionOf, Scope } from './instruction.ts';
import { instructionAt } from './places.ts';
import { unpackVariables } from './variables.ts';

/** @returns false when it has to wait: for another synchronized scope, or for the pause after a failure */
export function enterScope(instance: Instance, index: number, instruction: InstructionOf<'enterScope'>): boolean {
  const { state } = instance;
  const { place, scope, shape } = instruction;
  const { transaction, timeout, variables } = shape;
  if (scope?.synchronized === true && isTaken(instance, index)) return false;
  const pause = state.dues.get(place);
  if (pause && pause.at > instance.now) return false;
  instance.disarm(place);
  instance.ran(instruction);
  const until = timeout && instance.evaluate(instruction, timeout);
  // 0 is none, as in the product (docs/behaviour.md, section 9.1).
  if (until !== undefined && until !== 0) instance.startTimer(place, instance.timeOf(instruction.shape, until));
  if (variables)
    Object.assign(instance.known(instruction.around.frame).variables, unpackVariables(structuredClone(variables) as Record<string, Json>));
  if (transaction === 'longRunning') state.transactions.set(place, { children: [], succeeded: new Set() });
  if (transaction === 'atomic' && scope) begin(instance, scope);
  return true;
}

/** True when another thread is in a synchronized scope. */
function isTaken(instance: Instance, index: number): boolean {
  return instance.state.threads.some(
    (place, at) => at !== index && instructionAt(instance, place).around.scopes.some(({ synchronized }) => synchronized),
  );
}

/** A scope whose time is over; its thread does not know yet. */
export function overdue(instance: Instance): Scope | undefined {
  const { dues } = instance.state;
  return instance.program.timed.find(({ number }) => (dues.get(number)?.at ?? Infinity) <= instance.now);
}

export function timeoutOf({ name }: Scope): ExceptionValue {
  return { type: 'TimeoutException', message: `Scope "${name}" has taken longer than it may.`, bases: ['XLANGsException'] };
}
