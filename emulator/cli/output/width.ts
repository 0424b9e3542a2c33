import { stripVTControlCharacters } from 'node:util';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** Characters a terminal draws two columns wide: East Asian scripts, full-width forms, emoji. */
const WIDE =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303E\uFF01-\uFF60\uFFE0-\uFFE6])/u;

/** Columns a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0;
  for (const { segment } of graphemes.segment(stripVTControlCharacters(text))) width += widthOfGrapheme(segment);
  return width;
}

/** The text in at most `width` columns; what is too long ends in `…`. The text carries no colour. */
export function truncate(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    used += widthOfGrapheme(segment);
    if (used > width - 1) break;
    result += segment;
  }
  return `${result}…`;
}

/** Fills up with spaces to `width` columns. */
export function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? space + text : text + space;
}

/**
 * Text of others (names, messages, bodies) on one line and without control characters: an error text from a message must not be able to
 * move the cursor or to change the title of the terminal.
 */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]+/g, ' ');
}

function widthOfGrapheme(segment: string): number {
  return WIDE.test(segment) ? 2 : 1;
}
