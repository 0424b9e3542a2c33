/** The variables of an instance: what code sees of them, what may be left in them, and how they are saved. */
import { SohError } from '../errors.ts';
import { Decimal, isDecimal } from '../orchestration/decimal.ts';
import { findNotJson, type Json, type VariableValue } from '../orchestration/json.ts';
import { DECIMAL, isList, isRenamed, mapMembers, readSaved } from '../orchestration/savedValue.ts';

type Variables = Record<string, VariableValue>;

/** Told of each variable that code assigns, or gets an object of, which it may change. */
type Touch = (name: string) => void;

/** Looked for by whoever prints or awaits an object; not having them says something. */
const looked: ReadonlySet<string | symbol> = new Set(['toJSON', 'then']);

/**
 * The variables, for code. One that is not declared can neither be read nor assigned, so a slip of the pen is not kept for ever; those of a
 * scope have no value outside of its body, until a handler of it gives them one.
 *
 * @param names of all that are declared anywhere in the orchestration
 */
export function variablesView(variables: Variables, names: ReadonlySet<string>, touch: Touch): Variables {
  return new Proxy(variables, {
    get(target, name) {
      if (Object.hasOwn(target, name)) {
        const value = target[name as string];
        if (typeof value === 'object' && value !== null) touch(name as string);
        return value;
      }
      if (typeof name === 'symbol' || looked.has(name)) return undefined;
      return name in Object.prototype ? (Reflect.get(Object.prototype, name) as unknown) : refuse(names, name);
    },
    set(target, name, value: VariableValue) {
      if (!Object.hasOwn(target, name) && !names.has(name as string)) refuse(names, name);
      target[name as string] = value;
      touch(name as string);
      return true;
    },
    defineProperty(target, name, descriptor) {
      if (!Object.hasOwn(target, name)) refuse(names, name);
      touch(name as string);
      return Reflect.defineProperty(target, name, descriptor);
    },
    deleteProperty(_target, name) {
      throw new TypeError(`Variable "${String(name)}" is declared, so it cannot be deleted; give it the value null.`);
    },
    setPrototypeOf() {
      throw new TypeError('The variables are what the orchestration declares; they cannot be given others.');
    },
  });
}

function refuse(names: ReadonlySet<string>, name: string | symbol): never {
  if (names.has(name as string)) throw new ReferenceError(`Variable "${String(name)}" has no value here: it belongs to a scope.`);
  throw new ReferenceError(`Variable "${String(name)}" is not declared (declared: ${[...names].join(', ') || 'none'}).`);
}

/**
 * What code has left in the variables of one orchestration, and who did: what cannot be saved is found when it is to be saved, and only what
 * was touched is looked at.
 */
export class Assigned {
  readonly #variables: Variables;
  /** By the code that runs. */
  readonly #touched = new Set<string>();
  /** By a name, the shape that touched it last since it was saved. */
  readonly #unsaved = new Map<string, string>();

  constructor(variables: Variables) {
    this.#variables = variables;
  }

  readonly touch: Touch = (name) => void this.#touched.add(name);

  /** Code has run. What it took from a message is read-only and becomes a copy, as it would be after a takeover. */
  settle(shape: string): void {
    if (this.#touched.size === 0) return;
    for (const name of this.#touched) {
      if (!Object.hasOwn(this.#variables, name)) continue;
      const value = this.#variables[name] ?? null;
      this.#unsaved.set(name, shape);
      if (typeof value === 'object' && hasFrozen(value)) this.#variables[name] = copyOf(value);
    }
    this.#touched.clear();
  }

  /** They are about to be saved, or copied. @throws SohError `orchestration.notJson` when a value would be lost */
  check(): void {
    for (const [variable, shape] of this.#unsaved) {
      const found = Object.hasOwn(this.#variables, variable) ? find(this.#variables[variable]) : undefined;
      if (found) throw new SohError('orchestration.notJson', { variable, found: found.found, path: pathIn(variable, found.path), shape });
    }
    this.#unsaved.clear();
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

/** Of what can be saved; what cannot is found when it is to be saved. */
function hasFrozen(value: VariableValue): boolean {
  if (typeof value !== 'object' || value === null || isDecimal(value) || find(value)) return false;
  return isFrozenInside(value);
}

function isFrozenInside(value: VariableValue): boolean {
  if (typeof value !== 'object' || value === null || isDecimal(value)) return false;
  return Object.isFrozen(value) || partsOf(value).some(isFrozenInside);
}

/** A value of its own, which a change of the other one does not change. */
export function copyOf(value: VariableValue): VariableValue {
  if (typeof value !== 'object' || value === null || isDecimal(value)) return value;
  return isList(value) ? value.map(copyOf) : mapMembers(value, copyOf);
}

/** The variables as JSON. */
export function packVariables(variables: Variables): Record<string, Json> {
  return pack(variables) as Record<string, Json>;
}

/** The variables back from their JSON. */
export function unpackVariables(saved: Readonly<Record<string, Json>>): Variables {
  return readSaved(saved, (written) => new Decimal(written)) as Variables;
}

/** The value itself, unless there is something to write in another way. */
function pack(value: VariableValue): Json {
  if (isPlain(value)) return value as Json;
  if (typeof value !== 'object' || value === null) return value;
  if (isDecimal(value)) return { [DECIMAL]: value.toString() };
  return isList(value) ? value.map(pack) : mapMembers(value, pack, (name) => (isRenamed(name) ? `$${name}` : name));
}

/** True when JSON writes it as it is. */
function isPlain(value: VariableValue): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (isDecimal(value)) return false;
  if (isList(value)) return value.every(isPlain);
  for (const name in value) if (isRenamed(name) || !isPlain(value[name] ?? null)) return false;
  return true;
}

function partsOf(value: readonly VariableValue[] | { readonly [key: string]: VariableValue }): readonly VariableValue[] {
  return isList(value) ? value : Object.values(value);
}
