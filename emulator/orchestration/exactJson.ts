/**
 * JSON text without the double in between: JavaScript's own reader turns 9007199254740993 into …992 and 1e400 into nothing. Here whoever
 * reads says what becomes of a number's text, and decimals are written with the digits they have.
 */
import { Decimal, isDecimal } from './decimal.ts';
import { fitsDouble } from './numberText.ts';

/** Numbers that may need more than a double: sixteen digits or more, or an exponent. A text may look like one; that only costs time. */
const longNumber = /(?:^|[[:,\s])-?(?:\d[\d.]{15}|\d[\d.]*[eE])/;

/**
 * The content of a JSON body for code: a number where that is exact, else a decimal.
 *
 * @throws SyntaxError, and RangeError for a number that is neither
 */
export function readContent(text: string): unknown {
  const content: unknown = JSON.parse(text);
  return longNumber.test(text) ? readJson(text, (number) => (fitsDouble(number) ? Number(number) : new Decimal(number))) : content;
}

/** Reads a text that is known to be JSON; `number` makes the value for each number from its text. */
export function readJson(text: string, number: (text: string) => unknown): unknown {
  return new Reader(text, number).value();
}

const numberText = /[-\d.eE+]+/y;

class Reader {
  readonly #text: string;
  readonly #number: (text: string) => unknown;
  #at = 0;

  constructor(text: string, number: (text: string) => unknown) {
    this.#text = text;
    this.#number = number;
  }

  value(): unknown {
    switch (this.#next()) {
      case '{':
        return this.#object();
      case '[':
        return this.#array();
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        numberText.lastIndex = this.#at;
        return this.#word(numberText.exec(this.#text)?.[0] ?? ' ', undefined);
    }
  }

  #word(word: string, value: unknown): unknown {
    this.#at += word.length;
    return value === undefined ? this.#number(word) : value;
  }

  #object(): unknown {
    const object: Record<string, unknown> = {};
    this.#at++;
    while (this.#next() !== '}') {
      if (this.#text[this.#at] === ',') this.#at++;
      this.#next();
      const name = this.#string();
      this.#next();
      this.#at++;
      const value = this.value();
      // Assigned, this name would be the object's prototype.
      if (name === '__proto__') Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
      else object[name] = value;
    }
    this.#at++;
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at++;
    while (this.#next() !== ']') {
      if (this.#text[this.#at] === ',') this.#at++;
      array.push(this.value());
    }
    this.#at++;
    return array;
  }

  #string(): string {
    const start = this.#at;
    let end = this.#text.indexOf('"', start + 1);
    while (this.#isEscaped(end)) end = this.#text.indexOf('"', end + 1);
    this.#at = end + 1;
    const inside = this.#text.slice(start + 1, end);
    return inside.includes('\\') ? (JSON.parse(`"${inside}"`) as string) : inside;
  }

  #isEscaped(quote: number): boolean {
    let before = quote - 1;
    while (this.#text[before] === '\\') before--;
    return (quote - before) % 2 === 0;
  }

  /** Skips blanks; gives the character after them. */
  #next(): string {
    while (this.#at < this.#text.length && this.#text.charCodeAt(this.#at) <= 0x20) this.#at++;
    return this.#text.charAt(this.#at);
  }
}

/**
 * The text of a value as a JSON body. Members that are `undefined` are left out; whatever else JSON would drop or change is an error, and a
 * decimal becomes a number with all its digits.
 *
 * @throws TypeError with the place of the value
 */
export function writeJson(value: unknown): string {
  try {
    return !isPlainJson(value) && hasDecimal(value, []) ? write(value) : JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new TypeError('A body cannot contain itself.', { cause: error });
    throw error;
  }
}

/** Looks at every part; true when one is a decimal. `place`: the way to the value. @throws TypeError for what JSON cannot carry */
/** True for what JSON carries as it is: nearly all bodies, and to see that much takes a fraction of the time. False says nothing. */
function isPlainJson(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true;
    case 'number':
      return Number.isFinite(value);
    case 'object':
      break;
    default:
      return false;
  }
  if (value === null) return true;
  if (Array.isArray(value)) {
    // By index: a hole is no value.
    for (let index = 0; index < value.length; index++) if (!isPlainJson(value[index])) return false;
    return !hasText(value);
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || hasText(value)) return false;
  for (const name in value) if (!isPlainJson((value as Record<string, unknown>)[name])) return false;
  return true;
}

function hasDecimal(value: unknown, place: (string | number)[]): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return false;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw notJson(String(value), place);
    return false;
  }
  if (typeof value !== 'object') throw notJson(typeof value, place);
  if (isDecimal(value)) return true;
  if (hasText(value)) return hasDecimal(value.toJSON(), place);
  let found = false;
  const look = (member: unknown, name: string | number): void => {
    place.push(name);
    found = hasDecimal(member, place) || found;
    place.pop();
  };
  if (Array.isArray(value)) for (let index = 0; index < value.length; index++) look(value[index], index);
  else {
    checkPlain(value, place);
    for (const name in value) {
      const member = (value as Record<string, unknown>)[name];
      if (member !== undefined && Object.hasOwn(value, name)) look(member, name);
    }
  }
  return found;
}

function checkPlain(value: object, place: readonly (string | number)[]): void {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of other realms have another Object.prototype, which has no prototype of its own either.
  if (prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null) return;
  throw notJson((value.constructor as { name?: string } | undefined)?.name ?? 'object', place);
}

function write(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isDecimal(value)) return value.toString();
  if (Array.isArray(value)) return `[${value.map(write).join()}]`;
  if (hasText(value)) return write(value.toJSON());
  const members = Object.entries(value).flatMap(([name, member]) =>
    member === undefined ? [] : [`${JSON.stringify(name)}:${write(member)}`],
  );
  return `{${members.join()}}`;
}

/** A Date, for one, says itself what its text is. */
function hasText(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}

function notJson(found: string, place: readonly (string | number)[]): TypeError {
  const path = place.reduce<string>((before, step) => (typeof step === 'number' ? `${before}[${step}]` : `${before}.${step}`), '');
  return new TypeError(`The body holds a ${found}${path === '' ? '' : ` at ${path.replace(/^\./, '')}`}, which JSON cannot carry.`);
}
