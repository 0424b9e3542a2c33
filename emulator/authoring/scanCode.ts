/** What a JavaScript module says and what it imports, whatever its layout and its comments: the part of a version that one file makes. */
import { createHash } from 'node:crypto';
import { parse } from 'sucrase/dist/parser/index.js';

export interface ScannedCode {
  /** Digest of the code without comments and layout. */
  readonly code: string;
  /** What it names behind `from`, `import`, `import(`, `require(` and `new URL(`, as written, in that order. */
  readonly imports: readonly string[];
}

/** Behind these, and around those, the end of a line ends a statement (ECMA-262, "Automatic Semicolon Insertion"). */
const ENDS_AFTER = new Set(['return', 'throw', 'break', 'continue', 'yield', 'async']);
const ENDS_AROUND = new Set(['++', '--']);

const BEFORE = new Set(['from', 'import']);
const CALLED = new Set(['import', 'require', 'URL']);

/** A text that is not JavaScript as far as it is known here counts as it is. */
export function scanCode(source: string): ScannedCode {
  // JavaScript reads CR LF as one end of a line, also inside of a template.
  const tokens = tokensOf(source.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n'));
  const digest = createHash('sha256');
  const imports: string[] = [];
  for (const [index, { text, broken }] of tokens.entries()) {
    const before = tokens[index - 1]?.text ?? '';
    const ends = broken && (ENDS_AFTER.has(before) || ENDS_AROUND.has(before) || ENDS_AROUND.has(text));
    digest.update(ends ? '\n' : ' ').update(text);
    const named = BEFORE.has(before) || (before === '(' && CALLED.has(tokens[index - 2]?.text ?? ''));
    const specifier = named ? literal(text, tokens[index + 1]?.text) : undefined;
    if (specifier !== undefined) imports.push(specifier);
  }
  return { code: digest.digest('hex'), imports };
}

interface TokenText {
  readonly text: string;
  /** A line ends between the token before and this one. */
  readonly broken: boolean;
}

function tokensOf(source: string): TokenText[] {
  let end = 0;
  try {
    return parse(source, false, false, false).tokens.map((token) => {
      const broken = /[\n\u2028\u2029]/.test(source.slice(end, token.start));
      end = token.end;
      return { text: source.slice(token.start, token.end), broken };
    });
  } catch {
    // Newer syntax than the parser's: words and texts are enough to find imports, and every change counts.
    return (source.match(/"[^"\n]*"|'[^'\n]*'|\w+|\s+|[^\w\s]/g) ?? []).map((text) => ({ text, broken: true }));
  }
}

/** The value of a text, or of a template without parts. */
function literal(text: string, next: string | undefined): string | undefined {
  const value = text === '`' ? next : /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : undefined;
  return value === undefined || value === '' || value.includes('\\') ? undefined : value;
}
