/** The one shape of errors: a code, a sentence a user understands, what to do next, and the cause. */
import { catalogue, type ErrorCode } from './errorCatalogue.ts';

export type ErrorParameters = Readonly<Record<string, string | number>>;

export class SohError extends Error {
  readonly code: ErrorCode;
  /** Values of the placeholders; the text is made from them again in the user's language. */
  readonly parameters: ErrorParameters;
  /** What the user can do now. */
  readonly next: string;

  constructor(code: ErrorCode, parameters: ErrorParameters = {}, cause?: unknown) {
    const entry = catalogue[code];
    super(fillIn(entry.message, parameters), cause === undefined ? undefined : { cause });
    this.name = 'SohError';
    this.code = code;
    this.parameters = parameters;
    this.next = fillIn(entry.next, parameters);
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
  readonly parameters: ErrorParameters;
}

export function toWire(error: unknown): WireError {
  if (error instanceof SohError) return { code: error.code, message: error.message, next: error.next, parameters: error.parameters };
  const next = catalogue.unexpected.next;
  return { code: 'unexpected', message: messageOf(error), next, parameters: { message: messageOf(error) } };
}

/** The error of that code; a code of another version becomes `unexpected` with the sentence the other side wrote. */
export function fromWire(error: WireError): SohError {
  if (!Object.hasOwn(catalogue, error.code)) return new SohError('unexpected', { message: error.message });
  return new SohError(error.code as ErrorCode, error.parameters);
}
