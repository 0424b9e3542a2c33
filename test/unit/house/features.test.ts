/** Guarantee: docs/features.md has each feature with a test that is there, or with the reason why it is left out; and cases name documents that can be found. */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';

interface Row {
  readonly what: string;
  readonly here: string;
  /** Name of a test and its file. */
  readonly tests: readonly (readonly [name: string, file: string])[];
}

const features = readFileSync('docs/features.md', 'utf8');

function rowsOf(text: string): Row[] {
  const cells = [...text.matchAll(/^\| (.+?) \| (\*\*.+?) \| (.+?) \|$/gm)];
  return cells.map(([, what = '', here = '', shown = '']) => ({
    ...{ what, here },
    tests: [...shown.matchAll(/\[(.+?)\]\((\.\.[^)]+)\)/g)].map(([, name = '', path = '']) => [name, posix.join('docs', path)] as const),
  }));
}

/** Why a row proves nothing; `undefined` when it does. */
function wrong({ here, tests }: Row): string | undefined {
  const [, kind, reason = ''] = /^\*\*(works|otherwise|no)\*\*(?:: (.+))?$/.exec(here) ?? [];
  if (kind === undefined) return 'is neither there nor left out';
  if ((kind === 'works') !== (reason === '')) return 'says too much, or nothing';
  if (kind === 'no') return tests.length === 0 ? undefined : 'is left out, and has a test';
  if (tests.length === 0) return 'has no test';
  const missing = tests.find(([name, file]) => !namesIn(sourceOf(file)).has(name));
  return missing && `${missing[1]} has no test "${missing[0]}"`;
}

/** The text of a test; with its cases, where those stand beside it. */
function sourceOf(file: string): string {
  const cases = file.replace(/\.test\.ts$/, '.cases.ts');
  return [file, ...(existsSync(cases) ? [cases] : [])].map((path) => readFileSync(path, 'utf8')).join('\n');
}

/** Names of tests that are written as such: `test('...'`, `refuses('...'`, `name: '...'`. */
function namesIn(source: string): ReadonlySet<string> {
  const names = source.matchAll(/(?:\b(?:test|refuses)\(\s*|\bname: )(?:'((?:[^'\\\n])+)'|"((?:[^"\\\n])+)")/g);
  return new Set([...names].map(([, single, double]) => single ?? double ?? ''));
}

test('each feature of sections 7 to 12 has a test that is there, or the reason why it is left out', () => {
  const rows = rowsOf(features);
  assert.equal(rows.length, features.split('\n').filter((line) => /^\| (?!What \| Here|---)/.test(line)).length, 'every row is read');
  assert.ok(rows.length > 100);
  assert.deepEqual(
    rows.flatMap((row) => wrong(row) ?? []),
    [],
  );
  const sections = [...features.matchAll(/^## (\d+)/gm)].map(([, number]) => Number(number));
  assert.deepEqual([...new Set(sections)], [7, 8, 9, 10, 11, 12]);
});

test('each case of conformance names documents that behaviour.md or features.md cite', () => {
  const cited = `${readFileSync('docs/behaviour.md', 'utf8')}${features}`;
  const documents = new Set([...cited.matchAll(/\[([^\]]+)\]/g)].flatMap(([, names = '']) => names.split(/,\s*(?![^,]*and convoy)/)));
  const found = globSync('test/conformance/semantics/*.{cases,test}.ts').flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    const cases = [...text.matchAll(/^ +name: '/gm)].length;
    const sources = [...text.matchAll(/sources: \[([^\]]+)\]/g)];
    assert.equal(sources.length, cases, `${file}: every case has its sources`);
    const named = [
      ...sources.flatMap(([, list = '']) => [...list.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)),
      ...[...text.matchAll(/\/\/ Sources?: (.+)\.$/gm)].flatMap(([, list = '']) => list.split(/, (?!suspend)/)),
    ];
    return named.filter((name) => !documents.has(name)).map((name) => `${file}: ${name}`);
  });
  assert.deepEqual(found, []);
});

test('planted mistakes are found', () => {
  const reasons = (...rows: readonly string[]): unknown[] => rowsOf(rows.join('\n')).map(wrong);
  const link = '[works as written](../test/unit/house/features.test.ts)';
  assert.deepEqual(
    reasons(
      `| a | **works** | ${link} |`,
      '| a | **works** | – |',
      '| a | **no** | – |',
      '| a | **no**: because | – |',
      '| a | **perhaps** | – |',
      '| a | **otherwise**: so | [planted mistakes are found](../test/unit/house/features.test.ts) |',
    ),
    [
      'test/unit/house/features.test.ts has no test "works as written"',
      'has no test',
      'says too much, or nothing',
      undefined,
      'is neither there nor left out',
      undefined,
    ],
  );
});
