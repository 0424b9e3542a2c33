/**
 * The gate before JSON.parse: the same grammar, but it knows where an error is (JSON.parse does not say on every Node version) and
 * bounds nesting and the number of values before anything is built.
 */
import { SohError } from '../../errors.ts';
import { type BodyLimits, DEFAULT_LIMITS } from './bodyLimits.ts';
import { positionOf } from './position.ts';

const word = /true|false|null/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Numbers that JavaScript writes as they stand there, if they are no longer than a double is exact. */
const plainNumber = /-?(?:[1-9]\d*(?:\.\d*[1-9])?|0\.(?!0{6})\d*[1-9])(?![\d.eE])|0(?![\d.eE])/y;
const PLAIN_LENGTH = 15;
const escape = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** What is known of a text after one look at every character. */
export interface JsonFacts {
  /** JavaScript writes all its numbers as they stand there: none is `1.0`, `1e3` or too long for a double. */
  readonly plainNumbers: boolean;
}

/**
 * Checks a text before it is parsed.
 *
 * @throws SohError `message.malformed` or `message.tooLarge` with the position.
 */
export function scanJson(text: string, limits: BodyLimits = DEFAULT_LIMITS): JsonFacts {
  const scan = new JsonScan(text, limits);
  scan.run();
  return scan;
}

function isPlain(written: string): boolean {
  return String(Number(written)) === written;
}

class JsonScan implements JsonFacts {
  readonly #text: string;
  readonly #limits: BodyLimits;
  /** Closing bracket of each open object or array. */
  readonly #open: ('}' | ']')[] = [];
  #at = 0;
  #values = 0;
  plainNumbers = true;

  constructor(text: string, limits: BodyLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  run(): void {
    this.#value();
    // Here a value has just ended.
    for (;;) {
      const next = this.#blank();
      const close = this.#open.at(-1);
      if (close === undefined) {
        if (next === '') return;
        throw this.#unexpected('the end');
      }
      this.#at++;
      if (next === close) {
        this.#open.pop();
      } else if (next === ',') {
        if (close === '}') this.#key();
        this.#value();
      } else {
        this.#at--;
        throw this.#unexpected(`"," or "${close}"`);
      }
    }
  }

  /** Reads one value; of an object or array everything down to its first scalar or empty bracket. */
  #value(): void {
    for (;;) {
      const next = this.#blank();
      if (++this.#values > this.#limits.jsonValues) throw this.#tooLarge('jsonValues');
      if (next === '"') {
        this.#string();
        return;
      }
      if (next !== '{' && next !== '[') {
        this.#scalar(next);
        return;
      }
      const close = next === '{' ? '}' : ']';
      if (this.#open.length >= this.#limits.depth) throw this.#tooLarge('depth');
      this.#at++;
      if (this.#blank() === close) {
        this.#at++;
        return;
      }
      this.#open.push(close);
      if (close === '}') this.#key();
    }
  }

  #scalar(first: string): void {
    const start = this.#at;
    const isWord = first === 't' || first === 'f' || first === 'n';
    if (!isWord && this.#isPlainNumber()) return;
    const scalar = isWord ? word : number;
    scalar.lastIndex = start;
    if (!scalar.test(this.#text)) throw this.#unexpected('a value');
    this.#at = scalar.lastIndex;
    if (!isWord && this.plainNumbers) this.plainNumbers = isPlain(this.#text.slice(start, this.#at));
  }

  #isPlainNumber(): boolean {
    plainNumber.lastIndex = this.#at;
    if (!plainNumber.test(this.#text) || plainNumber.lastIndex - this.#at > PLAIN_LENGTH) return false;
    this.#at = plainNumber.lastIndex;
    return true;
  }

  #key(): void {
    if (this.#blank() !== '"') throw this.#unexpected('a member name in double quotes');
    this.#string();
    if (this.#blank() !== ':') throw this.#unexpected('":"');
    this.#at++;
  }

  #string(): void {
    const start = this.#at++;
    for (; ; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === 0x22) break; // "
      if (Number.isNaN(code)) throw this.#malformed('the string is not closed', start);
      if (code < 0x20) throw this.#malformed(`character code ${String(code)} has to be escaped in a string`);
      if (code !== 0x5c) continue; // backslash
      escape.lastIndex = this.#at;
      if (!escape.test(this.#text)) throw this.#malformed('unknown escape in a string');
      this.#at = escape.lastIndex - 1;
    }
    this.#at++;
  }

  /** Skips blanks; returns the character after them, '' at the end. */
  #blank(): string {
    for (; ; this.#at++) {
      const next = this.#text.charAt(this.#at);
      if (next !== ' ' && next !== '\n' && next !== '\r' && next !== '\t') return next;
    }
  }

  #unexpected(expected: string): SohError {
    const found = this.#text.codePointAt(this.#at);
    return this.#malformed(`expected ${expected}, found ${found === undefined ? 'the end' : JSON.stringify(String.fromCodePoint(found))}`);
  }

  #tooLarge(setting: keyof BodyLimits): SohError {
    return new SohError('message.tooLarge', { format: 'JSON', ...positionOf(this.#text, this.#at), setting, limit: this.#limits[setting] });
  }

  #malformed(reason: string, at = this.#at): SohError {
    return new SohError('message.malformed', { format: 'JSON', ...positionOf(this.#text, at), reason });
  }
}
