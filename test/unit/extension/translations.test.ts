/**
 * Guarantee: every text of the extension and its manifest is there in English and Simplified Chinese with the same
 * placeholders, none is unused, and no literal reaches the user untranslated.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import emulatorChinese from '../../../emulator/text/zh-cn.json' with { type: 'json' };
import english from '../../../l10n/bundle.l10n.json' with { type: 'json' };
import chinese from '../../../l10n/bundle.l10n.zh-cn.json' with { type: 'json' };
import manifestEnglish from '../../../package.nls.json' with { type: 'json' };
import manifestChinese from '../../../package.nls.zh-cn.json' with { type: 'json' };
import { textsIn } from '../cli/usedTexts.ts';
import { rawTexts } from './rawTexts.ts';

const sources = globSync('extension/**/*.ts').map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const found = sources.map(({ path, text }) => textsIn(text, path));
const used = new Set(found.flatMap(({ texts }) => [...texts]));

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}

test('every text is translated once: here, or with the emulator', () => {
  const own = [...used].filter((text) => !Object.hasOwn(emulatorChinese, text)).sort();
  assert.deepEqual(Object.keys(english).sort(), own, 'l10n/bundle.l10n.json');
  assert.deepEqual(Object.keys(chinese).sort(), own, 'l10n/bundle.l10n.zh-cn.json');
});

test('the English bundle says what the source says', () => {
  for (const [key, text] of Object.entries(english)) assert.equal(text, key);
});

test('a translation has the placeholders of its text', () => {
  for (const [key, text] of [...Object.entries(chinese), ...Object.entries(emulatorChinese)])
    assert.deepEqual(placeholders(text), placeholders(key), key);
});

test('every %key% of the manifest is in both languages, and no key is unused', () => {
  const keys = [...new Set(Array.from(readFileSync('package.json', 'utf8').matchAll(/"%([^%"]+)%"/g), ([, key]) => key ?? ''))].sort();
  assert.ok(keys.length > 50);
  assert.deepEqual(Object.keys(manifestEnglish).sort(), keys);
  assert.deepEqual(Object.keys(manifestChinese).sort(), keys);
});

test('links of the manifest lead to the same commands in both languages', () => {
  const links = (text: string): string[] => Array.from(text.matchAll(/\]\((command:[^)]+)\)/g), ([, link]) => link ?? '').sort();
  const table: Readonly<Record<string, string>> = manifestChinese;
  for (const [key, text] of Object.entries(manifestEnglish)) assert.deepEqual(links(table[key] ?? ''), links(text), key);
});

test('no text is put together from parts, and none is left raw', () => {
  assert.deepEqual(
    found.flatMap(({ composed }) => composed),
    [],
  );
  assert.deepEqual(
    sources.flatMap(({ path, text }) => rawTexts(text, path)),
    [],
  );
});

test('the search for raw texts notices a planted one', () => {
  const source =
    "item.tooltip = 'Kill it';\nshowErrorMessage(`No ${x}`);\nconst a = { label: on ? t('x') : 'Off now' };\nconst b = { label: '$(play)' };";
  assert.deepEqual(rawTexts(source, 'x.ts'), ['x.ts:1: Kill it', 'x.ts:2: No ', 'x.ts:3: Off now']);
});
