/** Moves the logical threads of an instance until all of them wait or a persistence point is reached (docs/behaviour.md, sections 7.1 and 10). */
import type { Properties } from '../orchestration/message.ts';
import { START_SUBSCRIPTION } from '../orchestration/starting.ts';
import { DELIVERIES } from './deliveries.ts';
import type { Wait } from './door.ts';
import { leaveEnded } from './ends.ts';
import { interrupt, onError } from './exceptions.ts';
import type { Instance } from './instance.ts';
import { END, type Instruction, type Operation } from './instruction.ts';
import { constructed } from './messaging.ts';
import type { Move } from './move.ts';
import { firstsOf, goTo, runInstruction } from './operations.ts';
import { instructionAt, isInside } from './places.ts';
import { overdue, timeoutOf } from './scopes.ts';

/**
 * Runs all threads as far as they come. 'ready': the shape `instance.told` was announced and runs next, or `instance.making` waits for what
 * its body promotes.
 *
 * @param promoted what it promotes: its thread goes on before any other, because it stands in the middle of a shape
 */
export function advance(instance: Instance, promoted?: () => Properties): 'blocked' | 'saving' | 'ready' {
  const { waiting } = instance;
  const { threads } = instance.state;
  lookAgain(instance);
  for (let late; (late = overdue(instance));) {
    instance.disarm(late.place);
    if (interrupt(instance, late, timeoutOf(instance, late)) === 'persist') return 'saving';
  }
  let index = promoted && instance.making ? threads.indexOf(instance.making.instruction.place) : waiting.pass(threads, 0);
  let answer = promoted;
  while (index < threads.length) {
    const move = answer === undefined && stands(instance, threads[index]) ? 'wait' : runThread(instance, index, answer);
    answer = undefined;
    if (move === 'persist') return 'saving';
    if (move === 'about' || move === 'promote') return 'ready';
    if (move === 'wait') noteWaiting(instance, threads[index]);
    index = waiting.pass(threads, move === 'wait' ? index + 1 : 0);
  }
  return 'blocked';
}

/** Whoever waits for a time is looked at when it has come. */
function lookAgain(instance: Instance): void {
  if (instance.nextDue > instance.now) return;
  instance.nextDue = Infinity;
  for (const [place, { at }] of instance.state.dues)
    if (at > instance.now) instance.nextDue = Math.min(instance.nextDue, at);
    else instance.waiting.wake(place);
}

/** What else a thread may wait for comes from other threads, so it is looked at again whenever one has moved. */
function noteWaiting(instance: Instance, place = END): void {
  if (stands(instance, place)) return;
  const operation = instance.program.instructions[place]?.operation;
  if (operation === 'receive' || operation === 'wait' || operation === 'waitAny' || forInstance.has(operation ?? 'end'))
    instance.waiting.add(place);
}

/** While an atomic scope runs, threads outside of it stand still. */
function stands(instance: Instance, place = END): boolean {
  const { savepoint } = instance;
  return savepoint !== undefined && !isInside(instance, place, savepoint.scope);
}

/** What waits for messages that are for no Receive, with its subscription. */
const forInstance: ReadonlyMap<Operation, string> = new Map([
  ['begin', START_SUBSCRIPTION],
  ['awaitDeliveries', DELIVERIES],
]);

/** What the blocked threads wait for that do not stand still, and the scopes and orchestrations that may take so long only. */
export function waitsOf(instance: Instance): Wait[] {
  const { threads, dues } = instance.state;
  const waits: Wait[] = [];
  const add = (instruction: Instruction): void => {
    const { operation, place } = instruction;
    if (operation === 'receive' || forInstance.has(operation) || dues.has(place)) waits.push(waitOf(instance, instruction));
  };
  for (const late of instance.program.timed) if (dues.has(late.place)) add(late);
  for (const place of threads) {
    if (stands(instance, place)) continue;
    const instruction = instructionAt(instance, place);
    if (instruction.operation === 'waitAny') firstsOf(instance, instruction).forEach(add);
    else add(instruction);
  }
  return waits;
}

function waitOf(instance: Instance, { operation, place, around }: Instruction): Wait {
  const due = instance.state.dues.get(place);
  if (due) return { kind: 'timer', shape: place, timer: due.timer, due: due.at };
  const subscription = forInstance.get(operation) ?? instance.subscriptionOf(around.frame, place);
  return { kind: 'receive', shape: place, subscription };
}

function runThread(instance: Instance, index: number, promoted: (() => Properties) | undefined): Move {
  const { threads } = instance.state;
  for (;;) {
    let move: Move;
    try {
      const ended = leaveEnded(instance, index);
      if (ended !== 'on') return ended;
      const instruction = instructionAt(instance, threads[index] ?? END);
      if (promoted && instance.making?.instruction === instruction) {
        move = constructed(instance, instance.making, promoted) ? goTo(instance, index, instruction.next) : 'promote';
      } else move = instance.tellAhead && announces(instance, instruction) ? 'about' : runInstruction(instance, index, instruction);
    } catch (error) {
      move = onError(instance, index, instance.program.instructions[threads[index] ?? END], error);
    }
    if (move !== 'on') return move;
  }
}

/** True when the code of a shape would run now that was not announced yet; then it is announced. */
function announces(instance: Instance, instruction: Instruction): boolean {
  for (const one of withCode(instance, instruction)) {
    if (instance.told !== one.place) {
      instance.told = one.place;
      return true;
    }
    instance.told = undefined;
    // Each Delay of a Listen by itself, or the first would be blamed for the code of the second.
    if (one !== instruction && one.operation === 'wait') instance.arm(one);
  }
  return false;
}

/** The instructions whose code runs next: itself, or the Delays a Listen is about to start. */
function withCode(instance: Instance, instruction: Instruction): readonly Instruction[] {
  switch (instruction.operation) {
    case 'construct':
    case 'evaluate':
    case 'branch':
    case 'end':
    case 'suspend':
      return [instruction];
    case 'send':
      return instruction.shape.address ? [instruction] : [];
    case 'throw':
      return instruction.shape.exception ? [instruction] : [];
    case 'wait':
      return instance.state.dues.has(instruction.place) ? [] : [instruction];
    case 'waitAny':
      return firstsOf(instance, instruction).filter(({ operation, place }) => operation === 'wait' && !instance.state.dues.has(place));
    case 'enterScope':
      return instruction.shape.timeout ? [instruction] : [];
    case 'call':
      return instruction.shape.orchestration.timeout ? [instruction] : [];
    default:
      return [];
  }
}
