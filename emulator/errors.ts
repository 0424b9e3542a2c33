/** The one shape of errors: a code, a sentence a user understands, what to do next, whether trying again can help, and the cause. */
import { catalogue, type ErrorCode } from './errorCatalogue.ts';

export type ErrorParameters = Readonly<Record<string, string | number>>;

export class SohError extends Error {
  readonly code: ErrorCode;
  /** Values of the placeholders; the text is made from them again in the user's language. */
  readonly parameters: ErrorParameters;
  /** What the user can do now. */
  readonly next: string;
  /** Trying the same again can help. */
  readonly retry: boolean;

  constructor(code: ErrorCode, parameters: ErrorParameters = {}, cause?: unknown) {
    const entry = catalogue[code];
    super(fillIn(entry.message, parameters), cause === undefined ? undefined : { cause });
    this.name = 'SohError';
    this.code = code;
    this.parameters = parameters;
    this.next = fillIn(entry.next, parameters);
    this.retry = entry.retry;
  }
}

/** True when `error` is ours and has that code. Survives a module that is loaded twice. */
export function isCode(error: unknown, code: ErrorCode): error is SohError {
  return error instanceof Error && (error as Partial<SohError>).code === code;
}

/** True when `error` is a system error with that code, e.g. ENOENT. */
export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code;
}

/** True when trying the same again can help. What is not an error of ours says nothing about it, so it can. */
export function canRetry(error: unknown): boolean {
  const said = error instanceof Error ? (error as Partial<SohError>).retry : undefined;
  return said ?? catalogue.unexpected.retry;
}

/** True when a write failed because the disk, or what the user may use of it, is full; also of an error of ours that says so of a file. */
export function isOutOfRoom(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT') || (error instanceof SohError && isOutOfRoom(error.cause));
}

/** Replaces `{name}` by the parameter of that name. */
export function fillIn(template: string, parameters: ErrorParameters): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(parameters[name] ?? whole));
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How an error crosses a socket or is printed with `--json`. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  /** Trying the same again can help. */
  readonly retry: boolean;
  readonly parameters: ErrorParameters;
}

export function toWire(error: unknown): WireError {
  if (error instanceof SohError) {
    const { code, message, next, retry, parameters } = error;
    return { code, message, next, retry, parameters };
  }
  const { next, retry } = catalogue.unexpected;
  return { code: 'unexpected', message: messageOf(error), next, retry, parameters: { message: messageOf(error) } };
}

/** The error of that code; a code of another version becomes `unexpected` with the sentence the other side wrote. */
export function fromWire(error: WireError): SohError {
  if (!Object.hasOwn(catalogue, error.code)) return new SohError('unexpected', { message: error.message });
  return new SohError(error.code as ErrorCode, error.parameters);
}
