/** Called orchestrations: how they begin and end, and what they are given and give back (docs/behaviour.md, section 10, Call). */
import { argumentsOf, kindOf } from '../orchestration/calls.ts';
import type { Direction } from '../orchestration/shapes.ts';
import type { Json } from '../orchestration/json.ts';
import { Raised } from './code.ts';
import type { Instance } from './instance.ts';
import type { Frame, InstructionOf, Scope } from './instruction.ts';
import { forget } from './own.ts';
import { startTime } from './scopes.ts';
import { newFrameState, type FrameState } from './state.ts';
import { unsubscribePorts, withoutAnswers } from './tokens.ts';
import { copyOf, unpackVariables } from './variables.ts';

/** A called orchestration begins, with what it is given. */
export function enterCall(instance: Instance, instruction: InstructionOf<'call'>): void {
  const { place, shape } = instruction;
  const { state } = instance;
  const frame = frameAt(instance, place);
  const known = newFrameState(++state.calls, unpackVariables(JSON.parse(frame.initial) as Record<string, Json>));
  state.frames.set(place, known);
  give(instance, frame, 'enter');
  if (shape.orchestration.transaction !== undefined) state.transactions.set(place, { children: [], succeeded: new Set() });
  instance.subscribeFollowers(frame, Object.keys(known.correlation));
  startTime(instance, instruction, place, shape.orchestration.timeout, frame);
}

/** A called orchestration has ended. What it knew is gone, unless its compensation needs it. */
export function leaveCall(instance: Instance, frame: Frame): void {
  give(instance, frame, 'return');
  end(instance, frame);
}

/**
 * Exceptions have ended the calls inside a scope: what was given by reference has come to the caller, as it has all the time; to a scope in it
 * only until that ended.
 */
export function dropCalls(instance: Instance, { number, last }: Pick<Scope, 'number' | 'last'>): void {
  const inside = [...instance.program.scopes.values()].filter((scope) => scope.number >= number && scope.number <= last);
  // The inner ones first, so that a reference goes all the way.
  for (const scope of inside.reverse()) if (scope.called && scope.number > number) dropCall(instance, scope.called);
  for (const scope of inside) forget(instance, scope);
}

export function dropCall(instance: Instance, frame: Frame): void {
  if (!instance.state.frames.has(frame.number)) return;
  give(instance, frame, 'exception');
  end(instance, frame);
}

/** A call that has ended knows again what it knew then, because it is compensated. */
export function recall(instance: Instance, frame: Frame, then: FrameState): void {
  const { state } = instance;
  // Subscriptions of its first life have ended; those of its compensation are others.
  state.frames.set(frame.number, { ...withoutAnswers(frame, then), activation: ++state.calls });
  instance.subscribeFollowers(frame, Object.keys(then.correlation), undoes(instance, frame));
}

/** True for what stands in the compensation of a called orchestration. */
function undoes({ program }: Instance, frame: Frame): (place: number) => boolean {
  return (place) => program.instructions[place]?.around.compensates?.called === frame;
}

/** What was recalled is not needed any more. */
export function forgetRecalled(instance: Instance, recalled: readonly number[]): void {
  for (const number of recalled) {
    if (!instance.state.frames.has(number)) continue;
    const frame = frameAt(instance, number);
    instance.unsubscribe(frame, undoes(instance, frame));
    unsubscribePorts(instance, frame);
    instance.state.frames.delete(number);
  }
}

function end(instance: Instance, frame: Frame): void {
  instance.unsubscribe(frame);
  unsubscribePorts(instance, frame);
  instance.state.frames.delete(frame.number);
}

function frameAt({ program }: Instance, number: number): Frame {
  const frame = program.frames.get(number);
  if (frame === undefined) throw new Error(`no orchestration is called at ${String(number)}`);
  return frame;
}

const ways = { enter: ['in', 'ref'], return: ['out', 'ref'], exception: ['ref'] } as const satisfies Record<string, readonly Direction[]>;

/** Copies parameters from the caller, or back to it. */
function give(instance: Instance, frame: Frame, way: keyof typeof ways): void {
  if (frame.call === undefined) return;
  const { shape, caller: around } = frame.call;
  instance.checkVariables();
  const callee = instance.known(frame);
  const caller = instance.known(around);
  const given = argumentsOf(shape.arguments);
  const sets: string[] = [];
  for (const [parameter, direction] of Object.entries(shape.orchestration.parameters ?? {})) {
    const argument = given[parameter];
    if (argument === undefined || !(ways[way] as readonly Direction[]).includes(direction)) continue;
    const [from, name, to, as] = way === 'enter' ? [caller, argument, callee, parameter] : [callee, parameter, caller, argument];
    switch (kindOf(shape.orchestration, parameter)) {
      case 'variables':
        to.variables[as] = copyOf(variableOf(from, name));
        break;
      case 'messages': {
        const message = from.messages.get(name);
        if (message) to.messages.set(as, message);
        break;
      }
      case 'correlationSets': {
        const values = Object.hasOwn(from.correlation, name) ? from.correlation[name] : undefined;
        if (values === undefined || Object.hasOwn(to.correlation, as)) break;
        instance.correlate(way === 'enter' ? frame : around, as, values);
        sets.push(as);
        break;
      }
      default:
    }
  }
  if (way !== 'enter') instance.subscribeFollowers(around, sets);
}

/** The value of a variable that a parameter gets. @throws Raised when it has none */
export function variableOf({ variables }: FrameState, name: string): FrameState['variables'][string] {
  const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (value !== undefined) return value;
  throw new Raised({ type: 'ReferenceError', message: `Variable "${name}" has no value here: it belongs to a scope.` });
}
