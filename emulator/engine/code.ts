/** Runs the code of shapes: what it throws becomes an exception of the orchestration, what it leaves in variables must survive JSON. */
import { SohError } from '../errors.ts';
import { findNotJson, type Json } from '../orchestration/json.ts';
import type { Code, CodeScope, ExceptionValue } from '../orchestration/shapes.ts';

/** An exception on its way to a handler of the orchestration. */
export class Raised extends Error {
  readonly value: ExceptionValue;

  constructor(value: ExceptionValue, cause?: unknown) {
    super(value.message, cause === undefined ? undefined : { cause });
    this.name = 'Raised';
    this.value = value;
  }
}

/**
 * Runs code and checks the variables afterwards.
 *
 * @throws Raised when the code throws or is asynchronous; SohError `orchestration.notJson` when a variable would be lost.
 */
export function runCode<T>(code: Code<T>, scope: CodeScope, shape: string): T {
  const result = attempt(() => code(scope));
  if (isThenable(result))
    throw new Raised({ type: 'AsyncCode', message: `The code of shape "${shape}" is asynchronous; it has to return its value at once.` });
  checkVariables(scope.variables, shape);
  return result;
}

/** Runs something that code depends on; what it throws becomes an exception of the orchestration. */
export function attempt<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new Raised(toException(error), error);
  }
}

/** The exception that handlers see: `type` of what was thrown, or the name of its class. */
export function toException(error: unknown): ExceptionValue {
  if (typeof error !== 'object' || error === null) return { type: 'Error', message: String(error) };
  const { type, code, name, message } = error as { type?: unknown; code?: unknown; name?: unknown; message?: unknown };
  const text = typeof message === 'string' ? message : '';
  if (typeof type === 'string') return { type, message: text };
  if (error instanceof SohError && typeof code === 'string') return { type: code, message: text };
  // A class that extends Error without setting a name still has its own name.
  if (name === 'Error' && error instanceof Error) return { type: error.constructor.name, message: text };
  return { type: typeof name === 'string' ? name : 'Error', message: text };
}

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function';
}

function checkVariables(variables: Readonly<Record<string, Json>>, shape: string): void {
  for (const variable in variables) {
    const value = variables[variable];
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) continue;
    const found = find(value);
    if (found) throw new SohError('orchestration.notJson', { variable, found: found.found, path: pathIn(variable, found.path), shape });
  }
}

/** A value that contains itself has no end, so the search runs out of stack. */
function find(value: unknown): { path: string; found: string } | undefined {
  try {
    return findNotJson(value);
  } catch (error) {
    if (error instanceof RangeError) return { path: '', found: 'value that contains itself' };
    throw error;
  }
}

function pathIn(variable: string, path: string): string {
  if (path === '') return variable;
  return path.startsWith('[') ? `${variable}${path}` : `${variable}.${path}`;
}
