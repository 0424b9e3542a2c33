/** Finds every text that is shown to a user: the first argument of t(...) and term(...), and the catalogue of errors. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { catalogue } from '../../../emulator/errorCatalogue.ts';

export interface UsedTexts {
  readonly texts: ReadonlySet<string>;
  /** Calls whose text is put together, so that nobody can translate it: file:line. */
  readonly composed: readonly string[];
}

/** Texts of all sources below the folder. */
export function usedTexts(folder: string): UsedTexts {
  const texts = new Set<string>(Object.values(catalogue).flatMap(({ message, next }) => [message, next]));
  const composed: string[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const path = join(folder, name);
    const found = textsIn(readFileSync(path, 'utf8'), path);
    for (const text of found.texts) texts.add(text);
    composed.push(...found.composed);
  }
  return { texts, composed };
}

/** Texts of one source. */
export function textsIn(source: string, path: string): UsedTexts {
  const texts = new Set<string>();
  const composed: string[] = [];
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isTranslation(node.expression)) {
      const [text] = node.arguments;
      if (text !== undefined && ts.isStringLiteralLike(text)) texts.add(text.text);
      else if (text !== undefined && (ts.isTemplateExpression(text) || ts.isBinaryExpression(text))) {
        composed.push(`${path}:${file.getLineAndCharacterOfPosition(node.pos).line + 1}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { texts, composed };
}

function isTranslation(expression: ts.Expression): boolean {
  const name = ts.isPropertyAccessExpression(expression) ? expression.name.text : ts.isIdentifier(expression) ? expression.text : '';
  return name === 't' || name === 'term';
}
