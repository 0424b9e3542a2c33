/**
 * Moves the logical threads of an instance until all of them wait or a persistence point is reached (docs/behaviour.md, sections 7.1,
 * 9.2 and 10). No recursion: a thread is a number, see program.ts.
 */
import { isCode, SohError } from '../errors.ts';
import type { DecideShape, ExceptionValue, ListenShape, ThrowShape } from '../orchestration/shapes.ts';
import { attempt, exceptionOf, Raised, textOf } from './code.ts';
import type { Wait } from './door.ts';
import { toInstanceError, type Instance } from './instance.ts';
import type { Properties } from '../orchestration/message.ts';
import { construct, constructed, receive, send } from './messaging.ts';
import { END, type ScopeStep, type ShapeStep } from './program.ts';

/**
 * What became of a thread: it went on; it waits; it is gone, joined or stopped, so that the others have to be looked at again; the
 * instance has to be saved; a shape has to be announced; a body has to be read elsewhere.
 */
type Move = 'on' | 'wait' | 'gone' | 'persist' | 'about' | 'promote';

/**
 * Runs all threads as far as they come. 'ready': the shape `instance.told` was announced and runs next, or `instance.making` waits for what
 * its body promotes.
 *
 * @param promoted what it promotes: its thread goes on before any other, because it stands in the middle of a shape
 */
export function advance(instance: Instance, promoted?: () => Properties): 'blocked' | 'saving' | 'ready' {
  const { threads } = instance.state;
  let index = promoted && instance.making ? threads.indexOf(instance.making.step.number) : 0;
  let answer = promoted;
  while (index < threads.length) {
    const move = runThread(instance, index, answer);
    answer = undefined;
    if (move === 'persist') return 'saving';
    if (move === 'about' || move === 'promote') return 'ready';
    index = move === 'wait' ? index + 1 : 0;
  }
  return 'blocked';
}

/** What the blocked threads wait for. */
export function waitsOf(instance: Instance): Wait[] {
  return instance.state.threads.flatMap((place): Wait[] => {
    const step = shapeAt(instance, place);
    return step.shape.kind === 'listen' ? step.first.map((first) => waitOf(instance, shapeAt(instance, first))) : [waitOf(instance, step)];
  });
}

function waitOf(instance: Instance, { number, shape }: ShapeStep): Wait {
  const due = instance.state.dues.get(number);
  if (shape.kind === 'delay' && due) return { kind: 'timer', shape: number, timer: due.timer, due: due.at };
  return { kind: 'receive', shape: number, subscription: String(number) };
}

function shapeAt(instance: Instance, place: number): ShapeStep {
  const step = instance.program.steps[place];
  if (step?.kind !== 'shape') throw new Error(`no shape has the number ${String(place)}`);
  return step;
}

function runThread(instance: Instance, index: number, promoted: (() => Properties) | undefined): Move {
  for (;;) {
    const closed = closeEnded(instance, index);
    if (closed !== 'on') return closed;
    const step = shapeAt(instance, placeOf(instance, index));
    let move: Move;
    try {
      if (promoted && instance.making?.step === step) {
        constructed(instance, instance.making, promoted);
        move = goTo(instance, index, step.next);
      } else move = instance.tellAhead && announces(instance, step) ? 'about' : runShape(instance, index, step);
    } catch (error) {
      move = onError(instance, index, step, error);
    }
    if (move !== 'on') return move;
  }
}

/** True when the code of a shape would run now that was not announced yet; then it is announced. */
function announces(instance: Instance, step: ShapeStep): boolean {
  for (const place of placesOfCode(instance, step)) {
    if (instance.told !== place.number) {
      instance.told = place.number;
      return true;
    }
    instance.told = undefined;
    // Each Delay of a Listen by itself, or the first would be blamed for the code of the second.
    if (place !== step) instance.arm(place);
  }
  return false;
}

/** Where the code is that runs with a shape: in itself, or in the Delays a Listen is about to start. */
function placesOfCode(instance: Instance, step: ShapeStep): readonly ShapeStep[] {
  const { shape } = step;
  switch (shape.kind) {
    case 'construct':
    case 'expression':
    case 'decide':
    case 'loop':
    case 'terminate':
    case 'suspend':
      return [step];
    case 'send':
      return shape.address ? [step] : [];
    case 'throw':
      return shape.exception ? [step] : [];
    case 'delay':
      return instance.state.dues.has(step.number) ? [] : [step];
    case 'listen':
      return branchesOf(instance, step, shape).filter((first) => first.shape.kind === 'delay' && !instance.state.dues.has(first.number));
    case 'receive':
    case 'parallel':
    case 'scope':
      return [];
  }
}

function placeOf(instance: Instance, index: number): number {
  return instance.state.threads[index] ?? END;
}

/** Leaves branches, handlers and the orchestration itself when the thread is at their end; none of these is a shape that runs. */
function closeEnded(instance: Instance, index: number): Move {
  const { threads, exceptions } = instance.state;
  for (;;) {
    const place = placeOf(instance, index);
    if (place === END) {
      threads.length = 0;
      instance.pending.points.push('end');
      instance.pending.outcome = 'completed';
      return 'persist';
    }
    const step = instance.program.steps[place];
    if (step?.kind === 'branchEnd') {
      if (threads.some((other, at) => at !== index && other > step.parallel && other <= step.last)) {
        threads.splice(index, 1);
        return 'gone';
      }
      threads[index] = step.next;
    } else if (step?.kind === 'handlerEnd') {
      exceptions.delete(step.handler);
      threads[index] = step.next;
    } else {
      return 'on';
    }
  }
}

function runShape(instance: Instance, index: number, step: ShapeStep): Move {
  const { threads } = instance.state;
  const { shape } = step;
  switch (shape.kind) {
    case 'receive':
      return receive(instance, step, shape) ? goTo(instance, index, step.next) : 'wait';
    case 'send':
      send(instance, step, shape);
      return afterSend(instance, index, step);
    case 'construct':
      return construct(instance, step, shape) ? goTo(instance, index, step.next) : 'promote';
    case 'expression':
      instance.ran(step);
      instance.evaluate(step, shape.run);
      return goTo(instance, index, step.next);
    case 'decide':
      return goTo(instance, index, decide(instance, step, shape));
    case 'loop':
      instance.ran(step);
      return goTo(instance, index, instance.evaluate(step, shape.while) ? (step.first[0] ?? step.next) : step.next);
    case 'delay':
      if (instance.arm(step).at > instance.now) return 'wait';
      instance.ran(step);
      instance.disarm(step.number);
      return goTo(instance, index, step.next);
    case 'listen':
      return listen(instance, index, step, shape);
    case 'parallel':
      instance.ran(step);
      threads.splice(index, 1, ...step.first);
      return 'on';
    case 'scope':
      instance.ran(step);
      return goTo(instance, index, step.first[0] ?? step.next);
    case 'throw':
      instance.ran(step);
      throw new Raised(thrownBy(instance, step, shape));
    case 'terminate':
      instance.ran(step);
      return end(instance, step, textOf(instance.evaluate<unknown>(step, shape.reason)));
    case 'suspend':
      instance.ran(step);
      return suspend(instance, index, step, textOf(instance.evaluate<unknown>(step, shape.reason)));
  }
}

function goTo(instance: Instance, index: number, place: number): Move {
  instance.state.threads[index] = place;
  return 'on';
}

/** A Send is a persistence point; when nothing but the end follows, both are one (docs/behaviour.md, section 7.1). */
function afterSend(instance: Instance, index: number, step: ShapeStep): Move {
  const { threads } = instance.state;
  instance.pending.points.push('send');
  goTo(instance, index, step.next);
  if (closeEnded(instance, index) === 'on') {
    // The thread goes to the back, so that one that sends all the time does not keep the others from running.
    threads.push(...threads.splice(index, 1));
  }
  return 'persist';
}

function decide(instance: Instance, step: ShapeStep, shape: DecideShape): number {
  instance.ran(step);
  const rule = shape.rules.findIndex(({ when }) => instance.evaluate(step, when));
  return step.first[rule >= 0 ? rule : shape.rules.length] ?? step.next;
}

/** The first branch that can go on wins; delays of the others are given up. */
function listen(instance: Instance, index: number, step: ShapeStep, shape: ListenShape): Move {
  const firsts = branchesOf(instance, step, shape);
  // All delays start together, even when an earlier branch wins at once.
  for (const first of firsts) if (first.shape.kind === 'delay') instance.arm(first);
  const winner = firsts.find(
    ({ number }) => instance.inbox.has(number) || (instance.state.dues.get(number)?.at ?? Infinity) <= instance.now,
  );
  if (winner === undefined) return 'wait';
  instance.ran(step);
  for (const first of firsts) if (first !== winner) instance.disarm(first.number);
  return goTo(instance, index, winner.number);
}

/** The first shapes of the branches of a Listen. */
function branchesOf(instance: Instance, step: ShapeStep, shape: ListenShape): ShapeStep[] {
  return step.first.slice(0, shape.branches.length).map((place) => shapeAt(instance, place));
}

function thrownBy(instance: Instance, step: ShapeStep, shape: ThrowShape): ExceptionValue {
  const value = shape.exception ? instance.evaluate(step, shape.exception) : instance.handled(step);
  // Copied, because code may give an error object, which the state could not carry.
  return attempt(() => exceptionOf({ type: value?.type ?? 'Error', message: value?.message }));
}

function end(instance: Instance, step: ShapeStep, reason: string): Move {
  instance.state.threads.length = 0;
  instance.pending.points.push('end');
  instance.pending.outcome = 'terminated';
  instance.pending.error = { code: 'terminated', message: reason, shape: step.shape.name };
  return 'persist';
}

function suspend(instance: Instance, index: number, step: ShapeStep, reason: string): Move {
  goTo(instance, index, step.next);
  instance.pending.points.push('suspension');
  instance.pending.outcome = 'suspended';
  instance.pending.error = { code: 'suspended', message: reason, shape: step.shape.name };
  return 'persist';
}

function onError(instance: Instance, index: number, step: ShapeStep, error: unknown): Move {
  if (isCode(error, 'orchestration.notJson')) return takeBack(instance, error);
  if (!(error instanceof Raised)) throw error;
  const exception = error.value;
  for (const scope of step.scopes) {
    const handler = scope.handlers.find((candidate) => candidate.exception === '*' || candidate.exception === exception.type);
    if (handler === undefined) continue;
    stopInside(instance, scope, index);
    instance.state.exceptions.set(handler.number, exception);
    instance.state.threads.push(handler.first);
    return 'gone';
  }
  const { type, message } = exception;
  return takeBack(instance, new SohError('orchestration.uncaught', { type, message, shape: step.shape.name }, error.cause ?? error));
}

/** Every logical thread in the scope stops (docs/behaviour.md, section 9.2), the throwing one included. */
function stopInside(instance: Instance, scope: ScopeStep, throwing: number): void {
  const { threads, dues, exceptions } = instance.state;
  const inside = (place: number): boolean => place >= scope.number && place <= scope.last;
  const others = threads.filter((place, index) => index !== throwing && !inside(place));
  threads.splice(0, threads.length, ...others);
  for (const shape of dues.keys()) if (inside(shape)) instance.disarm(shape);
  for (const handler of exceptions.keys()) if (inside(handler)) exceptions.delete(handler);
}

function takeBack(instance: Instance, error: SohError): Move {
  instance.state.threads.length = 0;
  instance.pending.takeBack(toInstanceError(error));
  return 'persist';
}
