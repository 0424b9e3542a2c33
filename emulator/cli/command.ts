/** What a command declares about itself; parsing, usage errors and help are made from it. */
import type { WireError } from '../errors.ts';
import type { Language } from '../text/language.ts';
import type { Translate } from '../text/translate.ts';
import type { Values } from './values.ts';
import type { Printer } from './output/printer.ts';
import type { World } from './world.ts';

/** Exit codes; public. */
export const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

/** An argument without a dash. */
export interface Operand {
  /** As help shows it. */
  readonly name: string;
  /** many: one or more; any: also none. */
  readonly need: 'one' | 'optional' | 'many' | 'any';
}

/** An argument `--name` or `--name VALUE`. */
export interface Option {
  readonly name: string;
  /** How help calls the value; missing = the option takes none. */
  readonly value?: string;
  readonly summary: string;
  /** A whole number of at least this. */
  readonly atLeast?: number;
}

export interface Command {
  readonly name: string;
  /** One line; a term. */
  readonly summary: string;
  readonly operands: readonly Operand[];
  readonly options: readonly Option[];
  /** More lines for `help <command>`; terms. */
  readonly details?: readonly string[];
  /** Does the work and gives the exit code. Errors are thrown. */
  run(call: Call): Promise<number>;
}

/** One use of a command. */
export interface Call {
  readonly operands: readonly string[];
  readonly values: Values;
  /** Print for programs. */
  readonly json: boolean;
  readonly language: Language;
  readonly t: Translate;
  readonly print: Printer;
  readonly world: World;
}

/** What `--json` prints for an error. */
export interface JsonError {
  readonly error: WireError;
}
