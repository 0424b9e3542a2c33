/** Guarantee: what comments and documents cite is in the project, down to the section, the row, the heading and the file. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { anchorsOf, citationsIn, commentsOf, deadLinks, lost, placesNamed, placesOf } from './documents.ts';

const slashes = (file: string): string => file.replaceAll('\\', '/');
const sources = globSync(['{emulator,extension,webview,scripts,test,samples}/**/*.{ts,mjs}', 'eslint.config.js']).map(slashes);
const documents = globSync(['*.md', 'docs/**/*.md']).map(slashes);
const comments = sources.flatMap((file) => commentsOf(readFileSync(file, 'utf8')).map((comment) => ({ file, ...comment })));
const failureModel = placesOf(readFileSync('docs/failure-model.md', 'utf8'));

/** Words by which documents were called that the project does not have. */
const ELSEWHERE =
  /biztalk-semantics|vscode-conventions|user-needs|code-style-anchors|conventions?, (?:rule|section)|lease-model|design document/i;

test('every document a comment cites has the place it names', () => {
  const found = comments.flatMap(({ file, line, text }) =>
    citationsIn(text).flatMap((citation) => {
      const reason = lost(citation);
      return reason === undefined ? [] : [`${file}:${String(line)}: ${reason}`];
    }),
  );
  assert.deepEqual(found, []);
  const cited = comments.flatMap(({ text }) => citationsIn(text)).filter(({ place }) => place !== '');
  assert.ok(cited.length > 80, `only ${String(cited.length)} citations were found`);
});

test('a section without a document is one of a document the same file cites', () => {
  const found = comments.flatMap(({ file, line, text }) => {
    const named = [...text.matchAll(/(?<!\.md, |\.md[^;)]{0,40}|RFC \d+, )\bsections? (\d+(?:\.\d+)?)/g)].map(
      ([, section = '']) => section,
    );
    const cited = new Set(
      comments.filter((other) => other.file === file).flatMap((other) => citationsIn(other.text).map(({ document }) => document)),
    );
    const known = [...cited]
      .filter((document) => existsSync(document))
      .flatMap((document) => [...placesOf(readFileSync(document, 'utf8'))]);
    return named.filter((section) => !known.includes(section)).map((section) => `${file}:${String(line)}: section ${section}`);
  });
  assert.deepEqual(found, []);
});

test('a pitfall, a guarantee or a test by number is in the failure model', () => {
  const found = comments.flatMap(({ file, line, text }) =>
    [...text.matchAll(/(?<![\w@/-])([PG]\d{1,2}|T\d\d)(?![\w@])/g)]
      .filter(([, name = '']) => !failureModel.has(name))
      .map(([, name = '']) => `${file}:${String(line)}: ${name}`),
  );
  assert.deepEqual(found, []);
});

test('no comment names a document that the project does not have', () => {
  const found = comments.flatMap(({ file, line, text }) => {
    const names = [...text.matchAll(/(?<![\w./*-])((?:[\w-]+\/)*[\w-]+\.md)\b/g)].map(([, name = '']) => name);
    const missing = names.filter((name) => !existsSync(name) && !documents.some((document) => document.endsWith(`/${name}`)));
    return ELSEWHERE.test(text) || missing.length > 0 ? [`${file}:${String(line)}: ${text}`] : [];
  });
  assert.deepEqual(
    found.filter((place) => !place.startsWith('test/unit/house/')),
    [],
  );
});

test('links between documents lead to a file and a heading', () => {
  assert.deepEqual(documents.flatMap(deadLinks), []);
});

test('what documents cite of each other, and the files they name, are there', () => {
  const found = documents.flatMap((document) => {
    const text = readFileSync(document, 'utf8');
    const cited = citationsIn(text).flatMap((citation) => lost(citation) ?? []);
    const code = [...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, words = '']) => words.split(/\s+/));
    const named = code.filter((word) => /^(?:emulator|extension|webview|scripts|test|samples|schemas|docs|media)\/[\w./*-]+$/.test(word));
    return [...cited, ...named.filter((path) => globSync(path).length === 0)].map((reason) => `${document}: ${reason}`);
  });
  assert.deepEqual(found, []);
});

test('every decision is in the list of decisions', () => {
  const list = readFileSync('docs/decisions/README.md', 'utf8');
  const decisions = globSync('docs/decisions/0*.md').map((file) => slashes(file).replace(/^.*\//, ''));
  assert.deepEqual(
    decisions.filter((name) => !list.includes(`(${name})`)),
    [],
  );
});

test('the tests the failure model names are there, and every fault test with a number is named', () => {
  const text = readFileSync('docs/failure-model.md', 'utf8');
  const named = new Set([...text.matchAll(/`(t\d\d\w+)`/g)].map(([, name = '']) => name));
  const there = globSync('test/{faults,conformance}/t[0-9]*.test.ts').map((file) => slashes(file).replace(/^.*\/(.*)\.test\.ts$/, '$1'));
  assert.deepEqual([...named].sort(), there.sort());
});

test('planted mistakes are found', () => {
  const read = (source: string): readonly string[] => commentsOf(source).map(({ text }) => text);
  assert.deepEqual(
    read("const a = '// no comment'; // one\n/** Two,\n * still (docs/x.md,\n * P1). */\nconst b = `/* none */`;\n// three\n// four\n"),
    ['one', 'Two, still (docs/x.md, P1).', 'three four'],
  );
  const reasons = (text: string): readonly (string | undefined)[] => citationsIn(text).map(lost);
  assert.deepEqual(reasons('(docs/behaviour.md, section 99.1)'), ['docs/behaviour.md has no 99.1']);
  assert.deepEqual(reasons('(docs/behaviour.md, sections 4.3 and 99)'), ['docs/behaviour.md has no 99']);
  assert.deepEqual(reasons('(docs/behaviour.md, sections 9.2 and 22, C99)'), ['docs/behaviour.md has no C99']);
  assert.deepEqual(reasons('docs/failure-model.md, P33-P35; more'), ['docs/failure-model.md has no P35']);
  assert.deepEqual(reasons('docs/failure-model.md, 4.9 and P99'), ['docs/failure-model.md has no P99']);
  assert.deepEqual(reasons('docs/failure-model.md, 4.9-4.14'), ['docs/failure-model.md has no 4.13']);
  assert.deepEqual(reasons('docs/nowhere.md, section 1'), ['docs/nowhere.md is not there']);
  assert.deepEqual(reasons('docs/architecture.md, "No such heading"'), ['docs/architecture.md has no heading "No such heading"']);
  assert.deepEqual(reasons('see docs/decisions/010, and docs/decisions/999'), [undefined, 'docs/decisions/999 is not there']);
  assert.deepEqual(placesNamed('sections 7.1, 9.2 and 10, P23 to P25, 4.3-4.5'), [
    '7.1',
    '9.2',
    '10',
    'P23',
    'P24',
    'P25',
    '4.3',
    '4.4',
    '4.5',
  ]);
  assert.ok(anchorsOf('## Who owns an instance?\n```\n# not this\n```').has('who-owns-an-instance'));
  assert.ok(!anchorsOf('## A\n```\n# not this\n```').has('not-this'));
});
