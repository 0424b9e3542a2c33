/** Everything a person reads on the page can be translated, and is: no literal outside of the list, no text without Chinese, none unused. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';
import { pageStrings } from '../../../emulator/group/pageStrings.ts';
import { duration, errorText, strings, t, useStrings } from '../../../webview/strings.ts';

const placeholders = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort();

test('every text has a translation with the same placeholders', () => {
  const { bundle } = pageStrings('zh_CN.UTF-8');
  assert.deepEqual(
    strings.filter((text) => bundle[text] === undefined),
    [],
  );
  for (const text of strings) assert.deepEqual(placeholders(bundle[text] ?? ''), placeholders(text), text);
});

test('the translation has no text of which the page knows nothing', () => {
  const known: ReadonlySet<string> = new Set(strings);
  const translated = Object.keys(JSON.parse(readFileSync('webview/zh-cn.json', 'utf8')) as object);
  assert.deepEqual(
    translated.filter((text) => !known.has(text)),
    [],
  );
  assert.equal(known.size, strings.length);
});

test('every text is used', () => {
  const sources = globSync('webview/**/*.ts').filter((file) => !file.endsWith('strings.ts'));
  const code = [...sources, ...globSync('emulator/control/*.ts'), 'emulator/engine/door.ts']
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const helpers = readFileSync('webview/strings.ts', 'utf8').split('] as const;')[1] ?? '';
  const composed = /^(Operator: (suspend|resume|terminate)|(suspend|terminate) pending)$/;
  const unused = strings.filter(
    (text) => !composed.test(text) && !`${code}${helpers}`.includes(`'${text}'`) && !code.includes(` ${text}:`),
  );
  assert.deepEqual(unused, []);
});

/** Texts a person would read in the html templates of a source: content, and attributes that are spoken or shown. */
function rawLiterals(file: string, source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ['html', 'svg'].includes(node.tag.getText())) {
      const { template } = node;
      const parts = ts.isNoSubstitutionTemplateLiteral(template)
        ? [template.text]
        : [template.head.text, ...template.templateSpans.map((span) => span.literal.text)];
      const markup = parts.join('\u0000');
      const spoken = [...markup.matchAll(/\s(?:aria-label|title|placeholder|alt|label)="([^"]*)"/g)].map((match) => match[1] ?? '');
      const content = markup.replace(/<[^>]*>/g, '\u0000').split('\u0000');
      found.push(...[...spoken, ...content].filter((text) => /\p{L}/u.test(text)).map((text) => `${file}: ${text.trim()}`));
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true));
  return found;
}

test('no template holds a raw text, and the check would notice one', () => {
  const files = globSync('webview/**/*.ts');
  assert.ok(files.length > 20);
  assert.deepEqual(
    files.flatMap((file) => rawLiterals(file, readFileSync(file, 'utf8'))),
    [],
  );
  const planted = 'html`<p title="Raw title">${x}<b @click=${() => go()}>Raw text</b></p>`';
  assert.deepEqual(rawLiterals('planted', planted), ['planted: Raw title', 'planted: Raw text']);
});

test('texts, errors, numbers and times follow the language that the host gave', () => {
  const { locale, bundle } = pageStrings('zh-cn');
  useStrings(locale, bundle);
  assert.equal(t('Kill {name}', { name: 'P@A' }), '终止 P@A 的进程');
  const unknown = { code: 'group.unknownComputer', message: 'x', next: 'y', retry: false, parameters: { name: 'C', known: 'A, B' } };
  assert.match(errorText(unknown).message, /计算机/);
  assert.equal(errorText({ ...unknown, code: 'of.another.version' }).message, 'x');
  useStrings('en', {});
  assert.deepEqual([12, 994, 1234, 600_000, 9_000_000, 345_600_000].map(duration), [
    '12 ms',
    '994 ms',
    '1.2 s',
    '10 min',
    '2.5 h',
    '4 days',
  ]);
});
