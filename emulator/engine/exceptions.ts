/** Where a logical thread goes on after an exception (docs/behaviour.md, section 9.2). */
import { isCode, SohError } from '../errors.ts';
import { Raised } from './code.ts';
import { toInstanceError, type Instance } from './instance.ts';
import type { Instruction, ScopeHandlers } from './instruction.ts';
import type { Move } from './move.ts';

/** Finds the handler of what an instruction threw. @throws what is no exception of the orchestration */
export function onError(instance: Instance, index: number, { scopes, shape }: Instruction, error: unknown): Move {
  if (isCode(error, 'orchestration.notJson')) return takeBack(instance, error);
  if (!(error instanceof Raised)) throw error;
  const exception = error.value;
  for (const scope of scopes) {
    const handler = scope.handlers.find((candidate) => candidate.exception === '*' || candidate.exception === exception.type);
    if (handler === undefined) continue;
    stopInside(instance, scope, index);
    instance.state.exceptions.set(handler.number, exception);
    instance.state.threads.push(handler.first);
    return 'gone';
  }
  const { type, message } = exception;
  return takeBack(instance, new SohError('orchestration.uncaught', { type, message, shape: shape.name }, error.cause ?? error));
}

/** Every logical thread in the scope stops (docs/behaviour.md, section 9.2), the throwing one included. */
function stopInside(instance: Instance, scope: ScopeHandlers, throwing: number): void {
  const { threads, dues, exceptions } = instance.state;
  const inside = (place: number): boolean => place >= scope.number && place <= scope.last;
  const others = threads.filter((place, index) => index !== throwing && !inside(place));
  threads.splice(0, threads.length, ...others);
  for (const place of dues.keys()) if (inside(place)) instance.disarm(place);
  for (const handler of exceptions.keys()) if (inside(handler)) exceptions.delete(handler);
}

function takeBack(instance: Instance, error: SohError): Move {
  instance.state.threads.length = 0;
  instance.pending.takeBack(toInstanceError(error));
  return 'persist';
}
