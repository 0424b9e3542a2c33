import { findNodeAtLocation, getNodeValue, parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser';
import { term } from '../text/term.ts';

/** A place in a text: line and column from 1, as editors show them. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** From the first character of a value to behind its last one. */
export interface Range extends Position {
  readonly endLine: number;
  readonly endColumn: number;
}

/** Members and elements on the way to a value, from the root. */
export type JsonPath = readonly (string | number)[];

/** A JSON text that remembers where its values are. */
export interface JsonText {
  /** `undefined` when there are syntax errors. */
  readonly value: unknown;
  readonly syntaxErrors: readonly { readonly reason: string; readonly range: Range }[];
  /** Members that are in their object a second time. */
  readonly repeated: readonly { readonly path: JsonPath; readonly range: Range }[];
  /** Numbers that JavaScript reads as others: they are too long for it, or too large. */
  readonly changed: readonly { readonly path: JsonPath; readonly range: Range; readonly text: string }[];
  /** Where the value is; the nearest enclosing one when it is not there. */
  rangeOf(path: JsonPath): Range;
  /** Where the name of the member is. */
  rangeOfName(path: JsonPath): Range;
}

/** Reads JSON strictly: no comments, no trailing commas. A byte order mark at the start is allowed. */
export function readJsonText(source: string): JsonText {
  const text = source.startsWith('\uFEFF') ? ` ${source.slice(1)}` : source;
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { disallowComments: true, allowTrailingComma: false });
  const lines = lineStarts(text);
  const rangeAt = (offset: number, length: number): Range => {
    const from = positionAt(lines, offset);
    const to = positionAt(lines, offset + length);
    return { ...from, endLine: to.line, endColumn: to.column };
  };
  const rangeOfNode = (node: Node | undefined): Range => rangeAt(node?.offset ?? 0, node?.length ?? 0);
  const find = (path: JsonPath): Node | undefined => (root === undefined ? undefined : findNodeAtLocation(root, [...path]));
  return {
    value: errors.length > 0 || root === undefined ? undefined : (getNodeValue(root) as unknown),
    syntaxErrors: errors.map((error) => ({ reason: reasonFor(error), range: rangeAt(error.offset, error.length) })),
    changed:
      root === undefined
        ? []
        : changedNumbers(root, [], text).map(({ path, node, written }) => ({ path, range: rangeOfNode(node), text: written })),
    repeated: root === undefined ? [] : repeatedMembers(root, []).map(({ path, node }) => ({ path, range: rangeOfNode(node) })),
    rangeOf(path) {
      for (let length = path.length; length > 0; length--) {
        const node = find(path.slice(0, length));
        if (node !== undefined) return rangeOfNode(node);
      }
      return rangeOfNode(root);
    },
    rangeOfName(path) {
      const name = find(path)?.parent?.children?.[0];
      return name === undefined ? this.rangeOf(path) : rangeOfNode(name);
    },
  };
}

/** A path as people write it: `hosts[1].instances[0]`, `messageTypes["urn:a#Order"].promoted`. */
export function printPath(path: JsonPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else if (/^[$\p{L}_][\p{L}\p{N}_$]*$/u.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** What the parser of `jsonc-parser` calls its errors, in words. */
const reasons: Readonly<Record<string, string>> = {
  InvalidSymbol: term('this is not a JSON value'),
  InvalidNumberFormat: term('this is not a number'),
  PropertyNameExpected: term('the name of a member is missing here'),
  ValueExpected: term('a value is missing here'),
  ColonExpected: term('a colon is missing here'),
  CommaExpected: term('a comma is missing here'),
  CloseBraceExpected: term('a closing brace is missing here'),
  CloseBracketExpected: term('a closing bracket is missing here'),
  EndOfFileExpected: term('the file should end here'),
  InvalidCommentToken: term('comments are not allowed'),
  UnexpectedEndOfComment: term('comments are not allowed'),
  UnexpectedEndOfString: term('the closing quotation mark is missing'),
  UnexpectedEndOfNumber: term('this is not a number'),
  InvalidUnicode: term('this escape sequence is not complete'),
  InvalidEscapeCharacter: term('this escape sequence is not known'),
  InvalidCharacter: term('control characters in a text have to be escaped'),
};

function reasonFor(error: ParseError): string {
  const code = printParseErrorCode(error.error);
  return reasons[code] ?? code;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  return starts;
}

function positionAt(starts: readonly number[], offset: number): Position {
  const next = starts.findIndex((start) => start > offset);
  const line = next === -1 ? starts.length : next;
  return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
}

/** Digits of which none is lost. */
const SURE_DIGITS = 15;

function changedNumbers(node: Node, path: JsonPath, text: string): { path: JsonPath; node: Node; written: string }[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((child, index) => changedNumbers(child, [...path, index], text));
  if (node.type === 'object') {
    return (node.children ?? []).flatMap((member) => {
      const [name, value] = member.children ?? [];
      return value === undefined ? [] : changedNumbers(value, [...path, String(name?.value)], text);
    });
  }
  if (node.type !== 'number') return [];
  const written = text.slice(node.offset, node.offset + node.length);
  const isKept = Number.isFinite(node.value) && (written.replace(/\D/g, '').length <= SURE_DIGITS || String(node.value) === written);
  return isKept ? [] : [{ path, node, written }];
}

function repeatedMembers(node: Node, path: JsonPath): { path: JsonPath; node: Node }[] {
  const found: { path: JsonPath; node: Node }[] = [];
  if (node.type === 'array') node.children?.forEach((child, index) => found.push(...repeatedMembers(child, [...path, index])));
  if (node.type !== 'object') return found;
  const seen = new Set<string>();
  for (const member of node.children ?? []) {
    const [name, value] = member.children ?? [];
    if (name === undefined) continue;
    const key = String(name.value);
    if (seen.has(key)) found.push({ path: [...path, key], node: name });
    seen.add(key);
    if (value !== undefined) found.push(...repeatedMembers(value, [...path, key]));
  }
  return found;
}
