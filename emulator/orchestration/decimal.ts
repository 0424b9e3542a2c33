/**
 * Decimal numbers as .NET has them (System.Decimal): a whole number of 96 bits and a scale of 0 to 28 places. Sums of money come out right,
 * and zeros at the end stay: 1.10 is not 1.1, though both are equal.
 */
import BigNumber from 'big.js';
import { canonicalNumber } from './numberText.ts';

/** The library's numbers with settings of their own; nobody else's change what a sum is here. */
const Exact = BigNumber();
/** Places of a quotient before it is rounded: no quotient of two decimals is nearer to a tie than this. */
Exact.DP = 90;
const HALF_EVEN = 2;
Exact.RM = HALF_EVEN;

const MAX_SCALE = 28;
const LARGEST = new Exact('79228162514264337593543950335');
const ten = new Exact(10);
const written = /^[+-]?(?:\d+(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,4}))?$/;
/** The same for every copy of this module: user modules have the library's, a host instance its own. */
const BRAND = Symbol.for('scaled-out-hosts.decimal');

/** What can be read as a decimal: a text or whole number is taken as it is, a number as JavaScript writes it. */
export type DecimalSource = Decimal | string | number | bigint;

/**
 * A decimal number. It never changes: each operation gives a new one. The operators of JavaScript would turn it into a double, so they
 * throw; a text template (`${total}`) and `String(total)` write it.
 */
export class Decimal {
  readonly #value: InstanceType<typeof Exact>;
  readonly #scale: number;

  /**
   * @throws RangeError for what is no number, and for one that 28 digits cannot hold: it is never rounded unasked
   */
  constructor(source: DecimalSource) {
    const text = shortened(typeof source === 'string' ? source.trim() : String(source));
    const [whole, behind, onlyBehind, exponent = '0'] = written.exec(text) ?? [];
    if (whole === undefined) throw new RangeError(`"${shorten(text)}" is not a decimal number.`);
    const value = new Exact(text.startsWith('+') ? text.slice(1) : text);
    const scale = Math.max(0, (behind ?? onlyBehind ?? '').length - Number(exponent));
    const fitting = fittingScale(value, scale);
    if (fitting === undefined || !value.round(fitting, HALF_EVEN).eq(value)) throw tooLong(text);
    this.#value = value;
    this.#scale = fitting;
    Object.defineProperty(this, BRAND, { value: true });
    // A function among its own members: a structured clone would otherwise be an empty object, and the number lost without a word.
    Object.defineProperty(this, 'valueOf', { value: refuseOperators, enumerable: true });
    Object.freeze(this);
  }

  plus(other: DecimalSource): Decimal {
    const right = from(other);
    return rounded(this.#value.plus(right.#value), Math.max(this.#scale, right.#scale));
  }

  minus(other: DecimalSource): Decimal {
    const right = from(other);
    return rounded(this.#value.minus(right.#value), Math.max(this.#scale, right.#scale));
  }

  times(other: DecimalSource): Decimal {
    const right = from(other);
    return rounded(this.#value.times(right.#value), this.#scale + right.#scale);
  }

  /** With as many places as the quotient needs, at most 28 digits. @throws RangeError for a division by zero */
  dividedBy(other: DecimalSource): Decimal {
    const right = from(other);
    if (right.#value.eq(0)) throw new RangeError('A decimal cannot be divided by zero.');
    const quotient = rounded(this.#value.div(right.#value), MAX_SCALE);
    return quotient.#withoutZeros(Math.max(0, this.#scale - right.#scale));
  }

  /** What is left of a division; it has the sign of this number. @throws RangeError for a division by zero */
  remainder(other: DecimalSource): Decimal {
    const right = from(other);
    if (right.#value.eq(0)) throw new RangeError('A decimal cannot be divided by zero.');
    return rounded(this.#value.mod(right.#value), Math.max(this.#scale, right.#scale));
  }

  negated(): Decimal {
    return rounded(this.#value.neg(), this.#scale);
  }

  absolute(): Decimal {
    return rounded(this.#value.abs(), this.#scale);
  }

  /** To so many places (0 to 28); a half goes to the even neighbour, as .NET rounds, or with 'away' to the one away from zero. */
  round(places = 0, half: 'even' | 'away' = 'even'): Decimal {
    if (!Number.isInteger(places) || places < 0 || places > MAX_SCALE)
      throw new RangeError(`A decimal is rounded to 0 to 28 places, not to ${String(places)}.`);
    if (places >= this.#scale) return this;
    return rounded(this.#value.round(places, half === 'even' ? HALF_EVEN : 1), places);
  }

  /** Below 0, 0 or above 0; by value, so 1.10 and 1.1 are equal. */
  compareTo(other: DecimalSource): number {
    return this.#value.cmp(from(other).#value);
  }

  equals(other: DecimalSource): boolean {
    return this.compareTo(other) === 0;
  }

  lessThan(other: DecimalSource): boolean {
    return this.compareTo(other) < 0;
  }

  lessThanOrEqual(other: DecimalSource): boolean {
    return this.compareTo(other) <= 0;
  }

  greaterThan(other: DecimalSource): boolean {
    return this.compareTo(other) > 0;
  }

  greaterThanOrEqual(other: DecimalSource): boolean {
    return this.compareTo(other) >= 0;
  }

  /** With all its places: `1.10`. */
  toString(): string {
    // Zero has no sign.
    return (this.#value.eq(0) ? this.#value.abs() : this.#value).toFixed(this.#scale);
  }

  /** The nearest double. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** A text, so that `JSON.stringify` keeps every digit; a Construct that is given the value itself writes a number. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.toPrimitive](hint: string): string {
    return hint === 'string' ? this.toString() : refuseOperators();
  }

  /** How Node prints it. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Decimal ${this.toString()}`;
  }

  #withoutZeros(atLeast: number): Decimal {
    let scale = this.#scale;
    while (scale > atLeast && this.#value.round(scale - 1, 0).eq(this.#value)) scale--;
    return new Decimal(this.#value.toFixed(scale));
  }
}

/** True for decimals of every copy of this module. */
export function isDecimal(value: unknown): value is Decimal {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Longest text that is looked at digit by digit; one that is longer for its zeros only is another text of the same number. */
const MAX_TEXT = 256;

/** @throws RangeError */
function shortened(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const canonical = canonicalNumber(text) ?? '';
  if (canonical === '' || canonical.length > MAX_TEXT) throw tooLong(text);
  return canonical;
}

function tooLong(text: string): RangeError {
  return new RangeError(`${shorten(text)} has more digits than a decimal can hold.`);
}

function refuseOperators(): never {
  throw new TypeError('A decimal has methods instead of operators: plus, minus, times, dividedBy, compareTo, equals, greaterThan, …');
}

function from(source: DecimalSource): Decimal {
  return source instanceof Decimal ? source : new Decimal(source);
}

/** The result of an operation, with the places it has room for. @throws RangeError when it is too large */
function rounded(value: InstanceType<typeof Exact>, scale: number): Decimal {
  const fitting = fittingScale(value, scale);
  if (fitting === undefined) throw new RangeError('The result is too large for a decimal.');
  return new Decimal(value.toFixed(fitting, HALF_EVEN));
}

/** The largest scale up to `scale` at which the number has at most 96 bits; `undefined` when there is none. */
function fittingScale(value: InstanceType<typeof Exact>, scale: number): number | undefined {
  // More places than this would be too many digits; one fewer may still be.
  for (let places = Math.min(scale, MAX_SCALE, MAX_SCALE - value.e); places >= 0; places--) {
    if (value.round(places, HALF_EVEN).abs().times(ten.pow(places)).lte(LARGEST)) return places;
  }
  return undefined;
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
