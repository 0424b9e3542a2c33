/**
 * Numbers as text: of any length, and exact. A double keeps 15 digits and changes the others; two order numbers of 17 digits that became one
 * would bring one customer's message to another. Every value has one canonical text, so that equal numbers are found by one look-up.
 */

const plainInteger = /^(?:0|-?[1-9]\d{0,14})$/;
const number = /^([+-]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([+-]?\d{1,9}))?$/;
/** As JSON writes numbers: no leading zeros, no plus sign, no blanks. */
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,9})?$/;
/** Zeros that a canonical text has at most at its end or behind its point; a number with more of them is written with an exponent. */
const MAX_ZEROS = 400;

/** The value is `digits * 10^exponent`; no zeros at either end, '' = 0. */
interface Parts {
  readonly negative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

/** The one text of the value a number's text has: `1.50`, `015e-1` and `1.5` are all `1.5`; `undefined` when it is no number. */
export function canonicalNumber(text: string): string | undefined {
  if (plainInteger.test(text)) return text;
  const parts = partsOf(text);
  return parts && print(parts);
}

/** True for a text that is written as JSON writes numbers. `007` and `+7` are not: they are texts that have digits in them. */
export function isJsonNumber(text: string): boolean {
  const first = text.charCodeAt(0);
  return (first === 0x2d || (first >= 0x30 && first <= 0x39)) && jsonNumber.test(text);
}

/** Compares two numbers by value: below 0, 0 or above 0. Both have to be numbers. */
export function compareNumbers(one: string, other: string): number {
  const a = partsOf(one);
  const b = partsOf(other);
  if (!a || !b) throw new TypeError(`"${a ? other : one}" is not a number`);
  const signs = signOf(a) - signOf(b);
  if (signs !== 0 || a.digits === '') return signs;
  return a.negative ? compareSizes(b, a) : compareSizes(a, b);
}

/** True when a double holds exactly this number, as JavaScript and JSON read and write it. */
export function fitsDouble(text: string): boolean {
  const double = Number(text);
  return Number.isFinite(double) && (text.length < 16 ? isShort(text, double) : sameNumber(text, String(double)));
}

/** Fifteen digits always fit, unless an exponent makes them too small. */
function isShort(text: string, double: number): boolean {
  return !/[eE]/.test(text) || sameNumber(text, String(double));
}

function sameNumber(one: string, other: string): boolean {
  return canonicalNumber(one) === canonicalNumber(other);
}

function partsOf(text: string): Parts | undefined {
  const [, sign, whole, behind = '', onlyBehind, exponent = '0'] = number.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const fraction = onlyBehind ?? behind;
  const all = (whole ?? '') + fraction;
  let first = 0;
  while (all.charCodeAt(first) === 0x30) first++;
  let last = all.length;
  while (last > first && all.charCodeAt(last - 1) === 0x30) last--;
  const digits = all.slice(first, last);
  return { negative: sign === '-' && digits !== '', digits, exponent: Number(exponent) - fraction.length + all.length - last };
}

function print({ negative, digits, exponent }: Parts): string {
  if (digits === '') return '0';
  return (negative ? '-' : '') + printSize(digits, exponent);
}

function printSize(digits: string, exponent: number): string {
  if (exponent > MAX_ZEROS) return `${digits}e${String(exponent)}`;
  if (exponent >= 0) return digits + '0'.repeat(exponent);
  const point = digits.length + exponent;
  if (point > 0) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  return -point > MAX_ZEROS ? `${digits}e${String(exponent)}` : `0.${'0'.repeat(-point)}${digits}`;
}

function signOf({ negative, digits }: Parts): number {
  return digits === '' ? 0 : negative ? -1 : 1;
}

function compareSizes(a: Parts, b: Parts): number {
  const magnitudes = a.digits.length + a.exponent - (b.digits.length + b.exponent);
  if (magnitudes !== 0) return magnitudes;
  // Digits begin at the same place and have no zeros at their end, so they compare like words.
  return a.digits === b.digits ? 0 : a.digits < b.digits ? -1 : 1;
}
