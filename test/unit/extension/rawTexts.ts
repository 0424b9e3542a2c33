import ts from 'typescript';

/** Properties and calls that bring a text before the user's eyes. */
const visibleProperties = new Set([
  'label',
  'description',
  'detail',
  'placeHolder',
  'prompt',
  'tooltip',
  'title',
  'openLabel',
  'accessibility',
]);
const visibleCalls = /^show(?:Information|Warning|Error)Message$|^setStatusBarMessage$/;

/** Literals with words in them that would reach the user without a translation: `file:line: text`. */
export function rawTexts(source: string, path: string): string[] {
  const tree = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const note = (node: ts.Expression): void => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    for (const text of wordsOf(node)) found.push(`${path}:${line}: ${text}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const name = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
      if (visibleCalls.test(name)) node.arguments.forEach(note);
    } else if (ts.isPropertyAssignment(node) && visibleProperties.has(node.name.getText())) {
      note(node.initializer);
    } else if (ts.isBinaryExpression(node) && ts.isPropertyAccessExpression(node.left) && visibleProperties.has(node.left.name.text)) {
      note(node.right);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The literal parts of an expression that have words outside of `$(icon)`. */
function wordsOf(node: ts.Expression): string[] {
  const hasWords = (text: string): boolean => /\p{L}{2}/u.test(text.replaceAll(/\$\([\w~-]*\)?/g, ''));
  if (ts.isStringLiteralLike(node)) return [node.text].filter(hasWords);
  if (ts.isTemplateExpression(node)) return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].filter(hasWords);
  if (ts.isConditionalExpression(node)) return [...wordsOf(node.whenTrue), ...wordsOf(node.whenFalse)];
  if (ts.isParenthesizedExpression(node)) return wordsOf(node.expression);
  return [];
}
