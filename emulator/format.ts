/**
 * One codec for everything durable or shared: each thing says the version it was written in, an older one is lifted step by step, a newer
 * one is refused by name before anything is changed. Within a version nothing is skipped: `check` refuses what it does not know.
 */
import { SohError } from './errors.ts';

export interface Format<T> {
  /** As errors call it. */
  readonly name: string;
  /** What this program writes. Raise it when a program of the last version would misread or skip something. */
  readonly version: number;
  /** `lifts[n - 1]` makes version n + 1 of version n; one for each version that was ever written. */
  readonly lifts: readonly ((older: unknown) => unknown)[];
  /** The value as this version has it. Throws when it is something else, in words that follow "cannot be read:". */
  check(value: unknown): T;
}

/**
 * The version a thing says it has. Errors: 'format.newer' for a later one than this program knows; an ordinary Error for what is no version.
 *
 * @param file as errors name it
 */
export function knownVersion(format: Pick<Format<unknown>, 'name' | 'version'>, version: unknown, file: string): number {
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1)
    throw new Error(`its ${format.name} format is no version: ${JSON.stringify(version) ?? 'nothing'}`);
  if (version > format.version) throw new SohError('format.newer', { file, format: format.name, found: version, known: format.version });
  return version;
}

/** A value that was written in some version, as this version has it. Errors: as `knownVersion`, and what `check` throws. */
export function lifted<T>(format: Format<T>, version: unknown, value: unknown, file: string): T {
  let lifting = value;
  for (let step = knownVersion(format, version, file); step < format.version; step++) {
    const lift = format.lifts[step - 1];
    if (lift === undefined) throw new Error(`there is no way from ${format.name} format ${String(step)} to the next one`);
    lifting = lift(lifting);
  }
  return format.check(lifting);
}

type Plain<T> = T extends object ? { -readonly [K in keyof T]: Plain<T[K]> } : T;

/**
 * `true` only where two types have the same members, read-only or not. `true satisfies Same<InferOutput<typeof schema>, T>` keeps a type
 * and its check from drifting: a member of one of them only does not compile.
 */
export type Same<A, B> = (<X>() => X extends Plain<A> ? 1 : 2) extends <X>() => X extends Plain<B> ? 1 : 2 ? true : false;
