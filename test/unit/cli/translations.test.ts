/**
 * Guarantee: every text the command line, the group file's checks and the catalogue of errors show is there in Simplified Chinese with the
 * same placeholders, and nothing in the table is unused.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { toWire, SohError } from '../../../emulator/errors.ts';
import { chooseLanguage, languageOf } from '../../../emulator/text/language.ts';
import { errorText, translator } from '../../../emulator/text/translate.ts';
import chinese from '../../../emulator/text/zh-cn.json' with { type: 'json' };
import { textsElsewhere } from '../../../scripts/withoutCommandLineTexts.ts';
import { textsIn, usedTexts } from './usedTexts.ts';

const emulator = fileURLToPath(new URL('../../../emulator', import.meta.url));
const used = usedTexts(emulator);
const table: Readonly<Record<string, string>> = chinese;

function placeholders(text: string): string[] {
  return [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
}

test('every text is translated, and every translation is used', () => {
  assert.deepEqual(
    [...used.texts].filter((text) => !Object.hasOwn(table, text)),
    [],
    'missing in emulator/text/zh-cn.json',
  );
  assert.deepEqual(
    Object.keys(table).filter((text) => !used.texts.has(text)),
    [],
    'unused in emulator/text/zh-cn.json',
  );
});

test('a translation has the placeholders of its text', () => {
  for (const [english, translation] of Object.entries(table)) assert.deepEqual(placeholders(translation), placeholders(english), english);
});

test('a bundle without a command line lacks what only the command line says, and nothing else', () => {
  const kept = textsElsewhere(table);
  const rooms = readdirSync(emulator, { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== 'cli');
  const others = rooms.flatMap(({ name }) => [...usedTexts(join(emulator, name)).texts]);
  assert.ok(others.length > 200);
  assert.deepEqual(
    others.filter((text) => kept[text] !== table[text]),
    [],
  );
  assert.ok(!Object.hasOwn(kept, 'Commands:'));
});

test('no text is put together from parts', () => {
  assert.deepEqual(used.composed, []);
});

test('the search finds texts and notices composed ones', () => {
  const source = "call.t('A {x}', { x: 1 }); term(\"B's\"); t(`C`); t(`D ${x}`); t('E' + f);";
  assert.deepEqual(textsIn(source, 'x.ts'), { texts: new Set(['A {x}', "B's", 'C']), composed: ['x.ts:1', 'x.ts:1'] });
});

test('a locale name gives its language', () => {
  const cases = { 'zh_CN.UTF-8': 'zh-cn', 'zh-Hans-SG': 'zh-cn', zh: 'zh-cn', 'en-GB': 'en', C: 'en', POSIX: 'en' };
  for (const [locale, language] of Object.entries(cases)) assert.equal(languageOf(locale), language, locale);
  for (const locale of ['zh_TW.UTF-8', 'zh-Hant', 'de', '']) assert.equal(languageOf(locale), undefined, locale);
});

test('the own setting wins over the locale, the locale over the system', () => {
  assert.equal(chooseLanguage({ SOH_LANG: 'zh-cn', LC_ALL: 'en_US.UTF-8' }, 'en'), 'zh-cn');
  assert.equal(chooseLanguage({ LC_ALL: '', LC_MESSAGES: 'zh_CN.UTF-8', LANG: 'en_US.UTF-8' }, 'en'), 'zh-cn');
  assert.equal(chooseLanguage({ LANG: 'C.UTF-8' }, 'zh-CN'), 'en');
  assert.equal(chooseLanguage({}, 'zh-CN'), 'zh-cn');
  assert.equal(chooseLanguage({ LANG: 'fr_FR.UTF-8' }, 'zh-CN'), 'en');
});

test('an error speaks the language, but names of the user stay as they are', () => {
  const error = new SohError('clusterFile.unknownName', { file: 'f', path: 'p', kind: 'host', name: 'host', known: 'none' });
  const { message, next } = errorText(toWire(error), translator('zh-cn'));
  assert.equal(message, 'f：p：没有主机“host”。');
  assert.equal(next, '可用的有：无。');
});

test('an error of another version keeps its own words', () => {
  const wire = { code: 'later.version', message: 'New words.', next: 'Do this.', parameters: {} };
  assert.deepEqual(errorText(wire, translator('zh-cn')), { message: 'New words.', next: 'Do this.' });
});
