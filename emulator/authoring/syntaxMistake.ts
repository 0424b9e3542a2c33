/** Where a module has a mistake in its syntax. */
import * as nodeModule from 'node:module';
import { parse } from 'sucrase/dist/parser/index.js';

/** From 1. */
export interface SyntaxMistake {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
}

export function mistakeIn(source: string, typeScript: boolean): SyntaxMistake | undefined {
  const { stripTypeScriptTypes } = nodeModule as Partial<typeof nodeModule>;
  if (!stripTypeScriptTypes) return parserMistake(source, typeScript);
  try {
    stripTypeScriptTypes(source, { mode: 'transform' });
    return undefined;
  } catch (error) {
    return nodeMistake(error) ?? parserMistake(source, typeScript);
  }
}

/** The stack begins with `:line`, some lines around it, and one with a caret below the place. */
function nodeMistake(error: unknown): SyntaxMistake | undefined {
  const { stack = '', message } = error as Error;
  const line = /^\S*:(\d+)\n/.exec(stack)?.[1];
  const caret = /^( *)\^/m.exec(stack)?.[1];
  return line === undefined ? undefined : { line: Number(line), column: (caret?.length ?? 0) + 1, reason: message };
}

/** Inside of arrow functions this parser names the arrow, so it is asked only where Node has none. */
function parserMistake(source: string, typeScript: boolean): SyntaxMistake | undefined {
  try {
    parse(source, false, typeScript, false);
    return undefined;
  } catch (error) {
    const { loc, message } = error as Error & { readonly loc?: { readonly line?: unknown; readonly column?: unknown } };
    if (typeof loc?.line !== 'number' || typeof loc.column !== 'number') return undefined;
    return { line: loc.line, column: loc.column, reason: message.replace(/ \(\d+:\d+\)$/, '') };
  }
}
