/**
 * Message bodies with line breaks and indentation, for reading. Nothing but white space between tokens is added or left out: no number is
 * rounded, no entity replaced. What is not well formed, or cut, is laid out as far as it goes. One pass, whatever the text is.
 */

/** Deeper ones stand no further in: nobody could read them, and the text would grow with the square of its depth. */
const DEEPEST = 40;

function newLine(depth: number): string {
  return `\n${'  '.repeat(Math.min(depth, DEEPEST))}`;
}

/** JSON, XML, or as it came. */
export function pretty(body: string): string {
  const text = body.trim();
  if (text.startsWith('<')) return prettyXml(text);
  return /^[[{]/.test(text) ? prettyJson(text) : body;
}

function prettyJson(text: string): string {
  let depth = 0;
  let out = '';
  let before = ':';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\[^])*"?|[[\]{}:,]|[^[\]{}:,"\s]+/g)) {
    const closes = token === '}' || token === ']';
    if (closes) depth = Math.max(0, depth - 1);
    const opened = before === '{' || before === '[';
    // An empty object or array stays in one line.
    if (closes ? !opened : opened || before === ',') out += newLine(depth);
    out += token === ':' ? ': ' : token;
    if (token === '{' || token === '[') depth += 1;
    before = token;
  }
  return out;
}

function prettyXml(text: string): string {
  let depth = 0;
  let out = '';
  let before: 'open' | 'close' | 'text' | 'other' | 'start' = 'start';
  for (const token of xmlTokens(text)) {
    const kind = kindOf(token);
    if (kind === 'text') {
      if (token.trim() === '') continue;
      out += token;
    } else {
      if (kind === 'close') depth = Math.max(0, depth - 1);
      // Beside text every white space counts; an element without content stays in one line.
      const inline = before === 'text' || before === 'start' || (kind === 'close' && before === 'open');
      out += inline ? token : newLine(depth) + token;
      if (kind === 'open') depth += 1;
    }
    before = kind;
  }
  return out;
}

function kindOf(token: string): 'open' | 'close' | 'text' | 'other' {
  if (!token.startsWith('<') || token.startsWith('<![CDATA[')) return 'text';
  if (token.startsWith('</')) return 'close';
  return token.startsWith('<?') || token.startsWith('<!') || token.endsWith('/>') ? 'other' : 'open';
}

const SPECIAL = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** Tags, comments and the text between them; a tag that never ends is the rest of the text. */
function* xmlTokens(text: string): Generator<string> {
  let at = 0;
  while (at < text.length) {
    const end = text[at] === '<' ? endOfTag(text, at) : text.indexOf('<', at);
    const next = end < 0 ? text.length : end;
    yield text.slice(at, next);
    at = next;
  }
}

function endOfTag(text: string, at: number): number {
  const special = SPECIAL.find(([begin]) => text.startsWith(begin, at));
  if (special) {
    const found = text.indexOf(special[1], at + special[0].length);
    return found < 0 ? -1 : found + special[1].length;
  }
  let quote = '';
  for (let index = at; index < text.length; index += 1) {
    const letter = text[index] ?? '';
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return index + 1;
  }
  return -1;
}
