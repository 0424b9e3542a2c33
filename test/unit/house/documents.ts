/** What the tests of citations read: the comments of a source, and what a document has that can be cited or linked to. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';

export interface Comment {
  readonly line: number;
  /** On one line, without the marks of the comment. */
  readonly text: string;
}

/** All comments of a TypeScript or JavaScript source. Line comments below one another are one. */
export function commentsOf(source: string): readonly Comment[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, ts.CommentRange>();
  const visit = (node: ts.Node): void => {
    const children = node.getChildren(file);
    for (const child of children) visit(child);
    if (children.length > 0) return;
    const ranges = [...(ts.getLeadingCommentRanges(source, node.pos) ?? []), ...(ts.getTrailingCommentRanges(source, node.end) ?? [])];
    // What looks like a comment inside of a text is none: a text is a token, and tokens begin behind their comments.
    for (const range of ranges) if (range.end <= node.getStart(file) || range.pos >= node.end) found.set(range.pos, range);
  };
  visit(file);
  const comments: { line: number; end: number; text: string }[] = [];
  for (const { pos, end } of [...found.values()].sort((a, b) => a.pos - b.pos)) {
    const line = file.getLineAndCharacterOfPosition(pos).line + 1;
    const text = source
      .slice(pos, end)
      .replace(/^\/[/*]+|\*\/$/g, '')
      .replace(/\s*\n\s*\*?\s*/g, ' ')
      .trim();
    const before = comments.at(-1);
    if (before && source.startsWith('//', pos) && before.end === line - 1)
      Object.assign(before, { end: line, text: `${before.text} ${text}` });
    else comments.push({ line, end: file.getLineAndCharacterOfPosition(end).line + 1, text });
  }
  return comments;
}

/** A document without its blocks of code. */
function prose(text: string): string {
  return text.replace(/^```.*?^```$/gms, '');
}

/** What a section number or a `P17` may name in a document: the numbers of its headings, and of the rows of its tables. */
export function placesOf(text: string): ReadonlySet<string> {
  const headings = [...prose(text).matchAll(/^#{2,4} (\d+(?:\.\d+)?)\.? /gm)].map(([, number = '']) => number);
  const rows = [...prose(text).matchAll(/^\| ([A-Z]\d+) +\|/gm)].map(([, number = '']) => number);
  return new Set([...headings, ...rows]);
}

export function headingsOf(text: string): readonly string[] {
  return [...prose(text).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading.trim());
}

/** The anchors of a document's headings, as GitHub makes them. */
export function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = headingsOf(text).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  return new Set(anchors);
}

/** Places a text names, with ranges written out: `sections 4.3 and 11`, `P23-P26`, `P23 to P26`, `4.3-4.6`, `C2`. */
export function placesNamed(text: string): readonly string[] {
  return [...text.matchAll(/\b([A-Z]?)(\d+)(?:\.(\d+))?(?:(?:-| to )([A-Z]?)(\d+)(?:\.(\d+))?)?(?![\w.]*\w)/g)].flatMap(
    ([, letter = '', first = '', part, , last, lastPart]) => {
      const name = (chapter: string, number?: string): string => `${letter}${chapter}${number === undefined ? '' : `.${number}`}`;
      if (last === undefined) return [name(first, part)];
      const range = (from: string, to: string): string[] =>
        Array.from({ length: Math.max(1, Number(to) - Number(from) + 1) }, (_, index) => String(Number(from) + index));
      return part !== undefined && lastPart !== undefined
        ? range(part, lastPart).map((number) => name(first, number))
        : range(first, last).map((chapter) => name(chapter));
    },
  );
}

/** One citation: the document, and the words behind its name up to the end of the citation. */
export interface Citation {
  readonly document: string;
  readonly place: string;
}

/** `docs/behaviour.md, section 4.3` and the like in a text. The place ends with the bracket, a semicolon, the next document or words. */
export function citationsIn(text: string): readonly Citation[] {
  return [
    ...text.matchAll(
      /(?<![\w/])docs\/([\w./-]*\w)((?:, (?:(?:sections? )?[A-Z]?\d[\d.]*(?:(?:-| to | and )[A-Z]?\d[\d.]*)*|"[^"]+"))*(?: and [A-Z]?\d[\d.]*(?:, C\d+)?)*)/g,
    ),
  ].map(([, document = '', place = '']) => ({ document: `docs/${document}`, place: place.replace(/\.$/, '') }));
}

/** Why a citation leads nowhere; `undefined` when it leads somewhere. */
export function lost({ document, place }: Citation): string | undefined {
  const [file] = existsSync(document) ? [document] : globSync(`${document}*.md`);
  if (file === undefined) return `${document} is not there`;
  if (!file.endsWith('.md')) return undefined;
  const text = readFileSync(file, 'utf8');
  const places = placesOf(text);
  const missing = placesNamed(place.replace(/"[^"]*"/g, '')).find((name) => !places.has(name));
  if (missing !== undefined) return `${file} has no ${missing}`;
  const heading = /"([^"]+)"/.exec(place)?.[1];
  return heading === undefined || headingsOf(text).includes(heading) ? undefined : `${file} has no heading "${heading}"`;
}

/** Links of a document to files of the project that are not there, or have no such heading. */
export function deadLinks(document: string): readonly string[] {
  const text = prose(readFileSync(document, 'utf8'));
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? document : posix.join(posix.dirname(document), decodeURI(path));
    if (!existsSync(file)) return [`${document}: ${target}`];
    return anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? [] : [`${document}: ${target}`];
  });
}
