/**
 * Guarantee: whatever a module's code is made of makes its version: itself, the files it imports however far away, packages by their
 * version. Comments, layout, types and the place on the disk do not.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeOf } from '../../../emulator/authoring/moduleCode.ts';
import { findOrchestration, installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import { scanCode } from '../../../emulator/authoring/scanCode.ts';
import { type ModuleCache, scannedModule } from '../../../emulator/authoring/strippedModules.ts';
import { stripTypes } from '../../../emulator/authoring/stripTypes.ts';
import { compile, versionOf } from '../../../emulator/orchestration/compile.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const root = mkdtempSync(join(tmpdir(), 'module-code-'));
after(() => {
  rmSync(root, { recursive: true, force: true });
});

type Files = Readonly<Record<string, string>>;
let folders = 0;

function write(folder: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

function made(files: Files): string {
  const folder = join(root, String(++folders));
  write(folder, files);
  return folder;
}

const tools = (): Promise<{ stripTypes: typeof stripTypes; scanCode: typeof scanCode }> => Promise.resolve({ stripTypes, scanCode });

function code(folder: string, cache?: ModuleCache): Promise<string> {
  return codeOf(join(folder, 'main.ts'), (url, source) => scannedModule(source, url, cache, tools));
}

/** What was there, and what one change of it makes of the code. */
const changes: Readonly<Record<string, { readonly files: Files; readonly change: Files; readonly same?: true }>> = {
  'a helper': {
    files: { 'main.ts': `import { price } from './price.ts';\nexport const p = price;`, 'price.ts': 'export const price = 1;' },
    change: { 'price.ts': 'export const price = 2;' },
  },
  'a helper of a helper of a helper': {
    files: {
      'main.ts': `export * from './a.ts';`,
      'a.ts': `export { b } from './lib/b.ts';`,
      'lib/b.ts': `import '../c.ts';\nexport const b = 1;`,
      'c.ts': 'globalThis.c = 1;',
    },
    change: { 'c.ts': 'globalThis.c = 2;' },
  },
  'a helper that is imported as the JavaScript it will be': {
    files: { 'main.ts': `import { a } from './a.js';\nexport const b = a;`, 'a.ts': 'export const a = 1;' },
    change: { 'a.ts': 'export const a = 2;' },
  },
  'a helper in JavaScript': {
    files: { 'main.ts': `import { a } from './a.mjs';\nexport const b = a;`, 'a.mjs': 'export const a = () => 1;' },
    change: { 'a.mjs': 'export const a = () => 2;' },
  },
  'a helper that is imported late': {
    files: { 'main.ts': 'export const a = await import(`./a.ts`);', 'a.ts': 'export const a = 1;' },
    change: { 'a.ts': 'export const a = 2;' },
  },
  'a helper that is required': {
    files: {
      'main.ts': `import a from './a.cjs';\nexport default a;`,
      'a.cjs': `module.exports = require('./b');`,
      'b.js': 'module.exports = 1;',
    },
    change: { 'b.js': 'module.exports = 2;' },
  },
  'two helpers that import each other': {
    files: { 'main.ts': `import './a.ts';`, 'a.ts': `import './b.ts';`, 'b.ts': `import './a.ts';\nglobalThis.x = 1;` },
    change: { 'b.ts': `import './a.ts';\nglobalThis.x = 2;` },
  },
  'a list of prices as JSON': {
    files: { 'main.ts': `import prices from './prices.json' with { type: 'json' };\nexport const p = prices;`, 'prices.json': '{"a":1}' },
    change: { 'prices.json': '{"a":2}' },
  },
  'a file that is read beside the module': {
    files: { 'main.ts': `export const text = new URL('./rules.txt', import.meta.url);`, 'rules.txt': 'one' },
    change: { 'rules.txt': 'two' },
  },
  'a file that was not there': {
    files: { 'main.ts': `export const text = new URL('./rules.txt', import.meta.url);` },
    change: { 'rules.txt': 'one' },
  },
  'a function of the module itself': {
    files: { 'main.ts': 'const rate = () => 1;\nexport const price = () => rate();' },
    change: { 'main.ts': 'const rate = () => 2;\nexport const price = () => rate();' },
  },
  'two helpers that change places': {
    files: { 'main.ts': `import './a.ts';\nimport './b.ts';`, 'a.ts': 'globalThis.x = 1;', 'b.ts': 'globalThis.x = 2;' },
    change: { 'a.ts': 'globalThis.x = 2;', 'b.ts': 'globalThis.x = 1;' },
  },
  'a package of another version': {
    files: {
      'main.ts': `import { tax } from 'taxes';\nexport const t = tax;`,
      'node_modules/taxes/package.json': '{"name":"taxes","version":"1.0.0","type":"module","exports":"./index.js"}',
      'node_modules/taxes/index.js': 'export const tax = 1;',
    },
    change: { 'node_modules/taxes/package.json': '{"name":"taxes","version":"1.0.1","type":"module","exports":"./index.js"}' },
  },
  'a part of a package in a scope that only ES modules may import, with another version': {
    files: {
      'main.ts': `import { tax } from '@state/taxes/vat';\nexport const t = tax;`,
      'node_modules/@state/taxes/package.json': '{"name":"@state/taxes","version":"1.0.0","exports":{"./vat":{"import":"./lib/vat.js"}}}',
      'node_modules/@state/taxes/lib/vat.js': 'export const tax = 1;',
    },
    change: {
      'node_modules/@state/taxes/package.json': '{"name":"@state/taxes","version":"2.0.0","exports":{"./vat":{"import":"./lib/vat.js"}}}',
    },
  },
  'an end of a line that ends a statement': {
    files: { 'main.ts': 'export const f = () => {\n  return 1;\n};' },
    change: { 'main.ts': 'export const f = () => {\n  return\n  1;\n};' },
  },
  'a regular expression': {
    files: { 'main.ts': 'export const r = /a b/;' },
    change: { 'main.ts': 'export const r = /a  b/;' },
  },
  'a text that looks like a comment': {
    files: { 'main.ts': `export const url = 'http://a';` },
    change: { 'main.ts': `export const url = 'http://b';` },
  },
  'a blank in a template': {
    files: { 'main.ts': 'export const t = `a ${1} b`;' },
    change: { 'main.ts': 'export const t = `a  ${1} b`;' },
  },
  'syntax that is newer than the scanner': {
    files: { 'main.ts': `import './a.mjs';`, 'a.mjs': 'export const a = ((( 1 ;' },
    change: { 'a.mjs': 'export const a = ((( 2 ;' },
  },
  'comments and layout': {
    files: { 'main.ts': `import { a } from './a.ts';\nexport const b = (x: number) => { return a + x; };`, 'a.ts': 'export const a = 1;' },
    change: {
      'main.ts': `// new\nimport { a } from './a.ts';\n\nexport const b = (x: number) => {\n  /* more */\n  return a + x;\n};\n`,
      'a.ts': '/** What it is. */\nexport const a = 1; // one\n',
    },
    same: true,
  },
  'types, and what only types are imported from': {
    files: {
      'main.ts': `import type { A } from './types.ts';\nexport const b = (x: A) => x;`,
      'types.ts': 'export interface A { a: string }',
    },
    change: {
      'main.ts': `import type { A } from './types.ts';\nexport const b = (x: A | undefined) => x;`,
      'types.ts': 'export interface A { a: number }',
    },
    same: true,
  },
  'a file that nobody imports': {
    files: { 'main.ts': 'export const a = 1;', 'b.ts': 'export const b = 1;' },
    change: { 'b.ts': 'export const b = 2;' },
    same: true,
  },
  'the inside of a package of the same version': {
    files: {
      'main.ts': `import { tax } from 'taxes';\nexport const t = tax;`,
      'node_modules/taxes/package.json': '{"name":"taxes","version":"1.0.0","main":"./index.js"}',
      'node_modules/taxes/index.js': 'exports.tax = 1;',
    },
    change: { 'node_modules/taxes/index.js': 'exports.tax = 1 ;' },
    same: true,
  },
};

for (const [what, { files, change, same }] of Object.entries(changes)) {
  test(`${same ? 'nothing new' : 'another version'}: ${what}`, async () => {
    const folder = made(files);
    const before = await code(folder);
    assert.equal(await code(folder), before);
    write(folder, change);
    const changed = await code(folder);
    if (same) assert.equal(changed, before);
    else assert.notEqual(changed, before);
    write(folder, files);
    for (const name of Object.keys(change)) if (!(name in files)) rmSync(join(folder, name));
    assert.equal(await code(folder), before, 'undone, it is what it was');
  });
}

test('the same code has the same version wherever it lies, also through a link', async () => {
  const folder = made({ 'main.ts': `import './lib/a.ts';`, 'lib/a.ts': 'globalThis.a = 1;' });
  const elsewhere = join(root, 'elsewhere', 'deep');
  cpSync(folder, elsewhere, { recursive: true });
  symlinkSync(folder, join(root, 'link'), 'junction');
  assert.equal(await code(elsewhere), await code(folder));
  assert.equal(await code(join(root, 'link')), await code(folder));
});

test('a package that is a link to a folder of the user counts with its files', async () => {
  const shared = made({ 'package.json': '{"name":"shared","version":"1.0.0","main":"./index.js"}', 'index.js': 'exports.a = 1;' });
  const folder = made({ 'main.ts': `import { a } from 'shared';\nexport const b = a;` });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(shared, join(folder, 'node_modules', 'shared'), 'junction');
  const before = await code(folder);
  write(shared, { 'index.js': 'exports.a = 2;' });
  assert.notEqual(await code(folder), before);
});

test('what was scanned before is not scanned again; what is damaged in the cache is', async () => {
  const folder = made({ 'main.ts': `import './a.mjs';\nexport const x: number = 1;`, 'a.mjs': 'globalThis.a = 1;' });
  const cache = { folder: join(root, 'cache'), secret: 'of this test' };
  const first = await code(folder, cache);
  assert.equal(first, await code(folder));
  const never = (): never => assert.fail('asked again');
  const again = (): Promise<string> => codeOf(join(folder, 'main.ts'), (url, source) => scannedModule(source, url, cache, never));
  assert.equal(await again(), first);
  for (const damage of [
    (): string => '',
    (text: string) => text.slice(0, -10),
    (text: string) => text.replace(/[0-9a-f]/, 'x'),
    () => '{}',
  ]) {
    for (const name of readdirSync(cache.folder)) {
      const file = join(cache.folder, name);
      writeFileSync(file, damage(readFileSync(file, 'utf8')));
    }
    await assert.rejects(again(), /asked again/);
    assert.equal(await code(folder, cache), first);
    assert.equal(await again(), first);
  }
});

const orchestrationIn = (delay: string, waits = 'o.delay("Wait", ms)'): string =>
  `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
   ${delay}
   const note = messageType({ name: 'Note', format: 'json' });
   export const one = orchestration('One', { messages: { In: note }, ports: { In: receivePort() } }, (o) => [
     o.receive('Receive', { port: 'In', message: 'In', activate: true }),
     ${waits},
   ]);`;

test('values that a definition is made with count, wherever they come from, and so does the form of the engine', async () => {
  const version = async (files: Files, format = 1): Promise<string> => {
    const module = await loadModule(join(made(files), 'main.ts'));
    return versionOf(findOrchestration(module, 'One'), module.code, format);
  };
  const main = orchestrationIn(`const ms = globalThis.delayOfTheTest;`);
  const given = async (ms: number): Promise<string> => {
    Object.assign(globalThis, { delayOfTheTest: ms });
    return version({ 'main.ts': main });
  };
  const five = await given(5);
  assert.match(five, /^[0-9a-f]{16}$/);
  assert.notEqual(await given(6), five);
  assert.equal(await given(5), five);
  assert.notEqual(await version({ 'main.ts': main }, 2), five);
});

test('the version is another one where the hash of the definition sees nothing', async () => {
  const main = orchestrationIn(`import { step } from './step.ts';`, `o.expression('Step', () => step())`);
  const [before, after_] = await Promise.all(
    ['export const step = () => undefined;', 'export const step = () => { globalThis.stepped = true; };'].map(async (step) => {
      const module = await loadModule(join(made({ 'main.ts': main, 'step.ts': step }), 'main.ts'));
      const definition = findOrchestration(module, 'One');
      return { hash: compile(definition).hash, version: versionOf(definition, module.code, 1) };
    }),
  );
  assert.equal(before?.hash, after_?.hash);
  assert.notEqual(before?.version, after_?.version);
});

test('what instances of before versions covered code are pinned to is what it was', async () => {
  const folder = new URL('../../fixtures/golden/v1/', import.meta.url);
  const { orchestrations } = await loadModule(fileURLToPath(new URL('golden.ts', folder)));
  const text = readFileSync(new URL('data/messagebox/messagebox.json', folder), 'utf8');
  const { data } = JSON.parse(text) as { readonly data: { readonly services: readonly { readonly id: string; readonly kind: string }[] } };
  const pinned = data.services.flatMap(({ id, kind }) => (kind === 'orchestration' ? [id] : []));
  assert.ok(pinned.length > 5);
  for (const id of pinned) {
    const definition = orchestrations.get(id.split('@')[0] ?? '');
    assert.equal(definition && `${definition.name}@${compile(definition).hash}`, id);
  }
});
