/**
 * Whether a text is JSON (RFC 8259), asked of every commit. To look at the characters takes a third of what it takes to build the value and
 * drop it, and leaves nothing behind; what only looks wrong, because of blanks or of great depth, JSON.parse decides.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LIST = 0x5b;
const BACKSLASH = 0x5c;
const END_OF_LIST = 0x5d;
const OBJECT = 0x7b;
const END_OF_OBJECT = 0x7d;

const OTHERS = '/bfnrt';
const LETTER_U = 0x75;
const HEX = /[\da-fA-F]{4}/y;
const EXPONENT = /[eE][+-]?\d+/y;
const WORDS = ['true', 'false', 'null'] as const;
const DEEPEST = 32;
/** No character stands there. A small whole number, as all places are: others would take half as long again. */
const NOWHERE = -1;

export function isJson(text: string): boolean {
  if (behindValue(text, 0, DEEPEST) === text.length) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Each of these returns the place behind what stands at a place, or NOWHERE when it is something else. */
function behindValue(text: string, at: number, depth: number): number {
  switch (text.charCodeAt(at)) {
    case QUOTE:
      return behindString(text, at);
    case OBJECT:
      return behindMembers(text, at, depth, END_OF_OBJECT);
    case LIST:
      return behindMembers(text, at, depth, END_OF_LIST);
    default:
      return behindScalar(text, at);
  }
}

function behindMembers(text: string, at: number, depth: number, close: number): number {
  if (depth === 0) return NOWHERE;
  if (text.charCodeAt(at + 1) === close) return at + 2;
  for (let next = at; ;) {
    const value = close === END_OF_OBJECT ? behindName(text, next + 1) : next + 1;
    if (value < 0) return NOWHERE;
    next = behindValue(text, value, depth - 1);
    const code = text.charCodeAt(next);
    if (code === close) return next + 1;
    if (code !== COMMA) return NOWHERE;
  }
}

function behindName(text: string, at: number): number {
  const end = text.charCodeAt(at) === QUOTE ? behindString(text, at) : NOWHERE;
  return text.charCodeAt(end) === COLON ? end + 1 : NOWHERE;
}

function behindString(text: string, at: number): number {
  for (let next = at + 1; ; next++) {
    const code = text.charCodeAt(next);
    if (code === QUOTE) return next + 1;
    // Also where the text has ended.
    if (!(code >= 0x20)) return NOWHERE;
    if (code === BACKSLASH && (next = lastOfEscape(text, next + 1)) < 0) return NOWHERE;
  }
}

function lastOfEscape(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code === QUOTE || code === BACKSLASH) return at;
  HEX.lastIndex = at + 1;
  if (code === LETTER_U) return HEX.test(text) ? HEX.lastIndex - 1 : NOWHERE;
  return at < text.length && OTHERS.includes(text.charAt(at)) ? at : NOWHERE;
}

function behindScalar(text: string, at: number): number {
  const first = text.charCodeAt(at) === MINUS ? at + 1 : at;
  const whole = text.charCodeAt(first) === ZERO ? first + 1 : behindDigits(text, first);
  if (whole === first) return first === at ? behindWord(text, at) : NOWHERE;
  const point = text.charCodeAt(whole) === POINT ? behindDigits(text, whole + 1) : whole;
  if (point === whole + 1) return NOWHERE;
  EXPONENT.lastIndex = point;
  return /[eE]/.test(text.charAt(point)) ? (EXPONENT.test(text) ? EXPONENT.lastIndex : NOWHERE) : point;
}

function behindDigits(text: string, at: number): number {
  let next = at;
  for (let code = text.charCodeAt(next); code >= ZERO && code <= NINE;) code = text.charCodeAt(++next);
  return next;
}

function behindWord(text: string, at: number): number {
  const word = WORDS.find((one) => text.startsWith(one, at));
  return word === undefined ? NOWHERE : at + word.length;
}
