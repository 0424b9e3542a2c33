/** What each instruction does (docs/behaviour.md, sections 7.1 and 10). */
import type { ExceptionValue } from '../orchestration/shapes.ts';
import { attempt, exceptionOf, textOf, toException } from './code.ts';
import { giveBack } from './atomic.ts';
import { compensateNext } from './compensation.ts';
import { dropCalls, enterCall } from './calls.ts';
import { areDelivered, noteDeliveries } from './deliveries.ts';
import { leaveEnded, type Passed } from './ends.ts';
import { raiseAt, stopScope, throwAgain } from './exceptions.ts';
import type { Instance } from './instance.ts';
import { END, ORCHESTRATION, type Instruction, type InstructionOf, type Operation } from './instruction.ts';
import { construct, receive, send } from './messaging.ts';
import type { Move } from './move.ts';
import { instructionAt, removeThread, replaceThread } from './places.ts';
import { beforePublish } from './refusal.ts';
import { enterScope } from './scopes.ts';
import { begin, start } from './starting.ts';

/** Runs one instruction for the logical thread at `index`. @throws Raised */
type Run<K extends Operation> = (instance: Instance, index: number, instruction: InstructionOf<K>) => Move;

const operations: { readonly [K in Exclude<Operation, Passed>]: Run<K> } = {
  receive: (instance, index, instruction) => (receive(instance, instruction) ? goTo(instance, index, instruction.next) : 'wait'),
  send(instance, index, instruction) {
    // Before what a refused commit would undo.
    if (instance.state.deliveries) noteDeliveries(instance);
    return publishing(instance, index, instruction, 'send', () => {
      send(instance, instruction);
    });
  },
  construct: (instance, index, instruction) => (construct(instance, instruction) ? goTo(instance, index, instruction.next) : 'promote'),
  evaluate(instance, index, instruction) {
    instance.ran(instruction);
    instance.evaluate(instruction, instruction.shape.run);
    return goTo(instance, index, instruction.next);
  },
  branch(instance, index, instruction) {
    const { conditions, first, next } = instruction;
    instance.ran(instruction);
    const holds = conditions.findIndex((condition) => instance.evaluate(instruction, condition));
    return goTo(instance, index, first[holds >= 0 ? holds : conditions.length] ?? next);
  },
  wait(instance, index, instruction) {
    if (instance.arm(instruction).at > instance.now) return 'wait';
    instance.ran(instruction);
    instance.disarm(instruction.place);
    return goTo(instance, index, instruction.next);
  },
  waitAny,
  fork(instance, index, instruction) {
    instance.ran(instruction);
    replaceThread(instance.state.threads, index, instruction.first);
    return 'on';
  },
  enterScope: (instance, index, instruction) =>
    enterScope(instance, index, instruction) ? goTo(instance, index, instruction.first[0] ?? instruction.next) : 'wait',
  awaitDeliveries: (instance, index, instruction) =>
    areDelivered(instance, instruction) ? goTo(instance, index, instruction.next) : 'wait',
  stopScope,
  defaultHandler: (instance, index, instruction) => {
    if (isStillStopping(instance, instruction)) return 'wait';
    if (instruction.number === ORCHESTRATION && !instance.state.compensations.has(instruction.place)) dropCalls(instance, instruction);
    const place = compensateNext(instance, instruction);
    return place === undefined ? throwAgain(instance, index, instruction) : goTo(instance, index, place);
  },
  compensate(instance, index, instruction) {
    if (!instance.state.compensations.has(instruction.place)) instance.ran(instruction);
    return goTo(instance, index, compensateNext(instance, instruction) ?? instruction.next);
  },
  call(instance, index, instruction) {
    instance.ran(instruction);
    enterCall(instance, instruction);
    return goTo(instance, index, instruction.first[0] ?? instruction.next);
  },
  start: (instance, index, instruction) =>
    publishing(instance, index, instruction, 'start-orchestration', () => {
      start(instance, instruction);
    }),
  begin: (instance, index, instruction) => (begin(instance, instruction) ? goTo(instance, index, instruction.next) : 'wait'),
  group(instance, index, instruction) {
    instance.ran(instruction);
    return goTo(instance, index, instruction.first[0] ?? instruction.next);
  },
  throw(instance, index, instruction) {
    instance.ran(instruction);
    return raiseAt(instance, index, instruction, thrownBy(instance, instruction));
  },
  end(instance, _index, instruction) {
    const { pending, state } = instance;
    instance.ran(instruction);
    const message = textOf(instance.evaluate<unknown>(instruction, instruction.shape.reason));
    if (instance.savepoint) giveBack(instance, instance.savepoint);
    state.threads.length = 0;
    pending.points.push('end');
    pending.outcome = 'terminated';
    pending.error = { code: 'terminated', message, shape: instruction.shape.name };
    return 'persist';
  },
  suspend(instance, index, instruction) {
    const { pending } = instance;
    instance.ran(instruction);
    const message = textOf(instance.evaluate<unknown>(instruction, instruction.shape.reason));
    goTo(instance, index, instruction.next);
    pending.points.push('suspension');
    pending.outcome = 'suspended';
    pending.error = { code: 'suspended', message, shape: instruction.shape.name };
    return 'persist';
  },
};

/** Runs an instruction. @throws Raised; SohError as `Instance.evaluate` does */
export function runInstruction(instance: Instance, index: number, instruction: Instruction): Move {
  const run = operations[instruction.operation as keyof typeof operations] as Run<Operation>;
  return run(instance, index, instruction);
}

/** The orchestration itself has no place where its exception waits for branches that are being stopped: it waits here, before it begins. */
function isStillStopping({ state }: Instance, { number, place }: Instruction): boolean {
  return number === ORCHESTRATION && state.threads.length > 1 && !state.compensations.has(place);
}

export function goTo(instance: Instance, index: number, place: number): Move {
  instance.state.threads[index] = place;
  return 'on';
}

/**
 * A Send or Start is a persistence point, but in an atomic scope, which is given back as a whole; when nothing but the end follows, both are one
 * (docs/behaviour.md, section 7.1).
 */
function publishing(
  instance: Instance,
  index: number,
  { next, around }: Instruction,
  point: 'send' | 'start-orchestration',
  publish: () => void,
): Move {
  const { threads } = instance.state;
  const before = around.atomic ? undefined : beforePublish(instance, index);
  publish();
  goTo(instance, index, next);
  if (before === undefined) return 'on';
  instance.pending.before = before;
  instance.pending.points.push(point);
  if (leaveEnded(instance, index) === 'on') {
    // The thread goes to the back, so that one that sends all the time does not keep the others from running.
    const place = threads[index] ?? END;
    removeThread(threads, index);
    threads.push(place);
  }
  return 'persist';
}

/** The first branch that can go on wins; delays of the others are given up. */
function waitAny(instance: Instance, index: number, instruction: InstructionOf<'waitAny'>): Move {
  const firsts = firstsOf(instance, instruction);
  // All delays start together, even when an earlier branch wins at once.
  for (const first of firsts) if (first.operation === 'wait') instance.arm(first);
  const winner = firsts.find(
    ({ place, around }) =>
      instance.inbox.has(instance.queueOf(around.frame, place)) || (instance.state.dues.get(place)?.at ?? Infinity) <= instance.now,
  );
  if (winner === undefined) return 'wait';
  instance.ran(instruction);
  for (const first of firsts) if (first !== winner) instance.disarm(first.place);
  return goTo(instance, index, winner.place);
}

/** The first instructions of the branches of a Listen. */
export function firstsOf(instance: Instance, { first }: InstructionOf<'waitAny'>): Instruction[] {
  return first.map((place) => instructionAt(instance, place));
}

function thrownBy(instance: Instance, instruction: InstructionOf<'throw'>): ExceptionValue {
  const { exception } = instruction.shape;
  // Thrown again it is still the one that came from elsewhere.
  if (!exception) return instance.handled(instruction) ?? exceptionOf({ type: 'Error', message: '' });
  const value = instance.evaluate(instruction, exception);
  // Copied, because code may give an error object, which the state could not carry.
  return attempt(() => (value === undefined ? exceptionOf({ type: 'Error', message: '' }) : toException(value)));
}
