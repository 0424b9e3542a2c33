/** Scopes are entered, and run out of time, as orchestrations may (docs/behaviour.md, section 9.1). How they end is in ends.ts, how they fail in exceptions.ts. */
import type { Json } from '../orchestration/json.ts';
import type { ExceptionValue, ScopeShape } from '../orchestration/shapes.ts';
import { begin } from './atomic.ts';
import type { Instance } from './instance.ts';
import type { Frame, Instruction, InstructionOf } from './instruction.ts';
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
  startTime(instance, instruction, place, timeout);
  if (variables)
    Object.assign(instance.known(instruction.around.frame).variables, unpackVariables(structuredClone(variables) as Record<string, Json>));
  if (transaction === 'longRunning') state.transactions.set(place, { children: [], succeeded: new Set() });
  if (transaction === 'atomic' && scope) begin(instance, scope);
  return true;
}

/**
 * The time begins of what may take so long only.
 *
 * @param place that its timer is known by
 * @param frame of the orchestration that says how long
 */
export function startTime(
  instance: Instance,
  instruction: Instruction,
  place: number,
  timeout: ScopeShape['timeout'],
  frame?: Frame,
): void {
  const until = timeout && instance.evaluate(instruction, timeout, frame);
  // 0 is none, as in the product (docs/behaviour.md, section 9.1).
  if (until !== undefined && until !== 0)
    instance.startTimer(place, instance.timeOf(`The time-out of ${nameOf(instance, instructionAt(instance, place))}`, until));
}

function nameOf({ program }: Instance, { shape }: Instruction): string {
  if (shape?.kind === 'scope') return `scope "${shape.name}"`;
  return `orchestration "${(shape?.kind === 'call' ? shape.orchestration : program.compiled.definition).name}"`;
}

/** True when another thread is in a synchronized scope. */
function isTaken(instance: Instance, index: number): boolean {
  return instance.state.threads.some(
    (place, at) => at !== index && instructionAt(instance, place).around.scopes.some(({ synchronized }) => synchronized),
  );
}

/** A scope or an orchestration whose time is over; its thread does not know yet. */
export function overdue(instance: Instance): Instruction | undefined {
  const { dues } = instance.state;
  return instance.program.timed.find(({ place }) => (dues.get(place)?.at ?? Infinity) <= instance.now);
}

export function timeoutOf(instance: Instance, late: Instruction): ExceptionValue {
  const name = nameOf(instance, late);
  const message = `${name.charAt(0).toUpperCase()}${name.slice(1)} has taken longer than it may.`;
  return { type: 'TimeoutException', message, bases: ['XLANGsException'] };
}
