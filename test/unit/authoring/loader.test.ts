/** User modules load without a build step and without the package, and what is wrong with them is said with their path. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { writeEditorTypes } from '../../../emulator/authoring/editorTypes.ts';
import { findOrchestration, installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import { strippedModule } from '../../../emulator/authoring/strippedModules.ts';
import { isCode } from '../../../emulator/errors.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});

const folder = await mkdtemp(join(tmpdir(), 'loader-'));
after(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const definition = (name: string): string =>
  `orchestration('${name}', { messages: { In: note }, ports: { In: receivePort() } }, (o) => [o.receive('r', { port: 'In', message: 'In', activate: true })])`;

test('TypeScript with types that are not erasable, the library by its name, and imports between user files', async () => {
  await file(
    'note.ts',
    `import { messageType, type MessageType } from 'scaled-out-hosts';\nexport enum Size { Small, Large }\nexport const note: MessageType = messageType({ name: 'Note', format: 'json' });`,
  );
  const path = await file(
    'main.ts',
    `import { orchestration, receivePort, OrchestrationDefinition } from 'scaled-out-hosts';
     import { note, Size } from './note.ts';
     import { note as again } from './note.js';
     export { note };
     export const size = Size.Large, same = note === again;
     export const one: OrchestrationDefinition = ${definition('One')};
     export default ${definition('Two')};`,
  );
  const module = await loadModule(path);
  assert.deepEqual([[...module.orchestrations.keys()].sort(), [...module.messageTypes.keys()]], [['One', 'Two'], ['Note']]);
  assert.equal(findOrchestration(module, 'Two').name, 'Two');
  assert.throws(
    () => findOrchestration(module, 'Three'),
    (error) => isCode(error, 'definition.notFound') && /Two, One|One, Two/.test(error.next),
  );
});

const failures: Record<string, { readonly text?: string; readonly reason: RegExp }> = {
  'is not there': { reason: /missing|Cannot find/i },
  'has a mistake in its syntax': { text: 'export const = 1;', reason: /mistake|Unexpected|syntax/i },
  throws: { text: 'throw new Error("broken on purpose");', reason: /broken on purpose/ },
  'imports what is not there': { text: `import './nothing.js';`, reason: /nothing\.js/ },
  'exports two of one name': {
    text: `import { messageType } from 'scaled-out-hosts'; export const a = messageType({ name: 'N', format: 'json' }), b = { ...a };`,
    reason: /two values.*"N"/,
  },
};

for (const [what, { text, reason }] of Object.entries(failures)) {
  test(`a module that ${what} is named`, async () => {
    const path = join(folder, `${what.replaceAll(' ', '-')}.ts`);
    if (text !== undefined) await writeFile(path, text);
    await assert.rejects(loadModule(path), (error) => {
      assert.ok(isCode(error, 'definition.moduleFailed'));
      assert.equal(error.parameters['module'], path);
      assert.match(error.message, reason);
      return true;
    });
  });
}

test('line numbers stay the same', async () => {
  const path = await file(
    'lines.ts',
    `interface A {\n  a: string;\n}\ntype B = A;\n\nexport const fail = (b: B): never => { throw new Error(b.a); };\nfail({ a: 'here' });`,
  );
  await assert.rejects(loadModule(path), (error) => error instanceof Error && /lines\.ts:6:/.test((error.cause as Error).stack ?? ''));
});

test('types for the editor: written with settings, but settings of the user stay', async () => {
  const declarations = join(folder, 'authoring.d.ts');
  const user = await mkdtemp(join(folder, 'user-'));
  await writeFile(declarations, 'export {};');
  const first = await writeEditorTypes(user, declarations);
  assert.equal(first.settingsWritten, true);
  const settings = JSON.parse(await readFile(join(user, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  const target = settings.compilerOptions.paths['scaled-out-hosts']?.[0] ?? '';
  assert.equal(await readFile(join(user, target), 'utf8'), 'export {};');
  await writeFile(join(user, 'tsconfig.json'), '{}');
  const second = await writeEditorTypes(user, declarations);
  assert.deepEqual([second.settingsWritten, await readFile(join(user, 'tsconfig.json'), 'utf8')], [false, '{}']);
});

test('a module whose types were stripped before is read from the cache, without the stripper', async () => {
  const cache = { folder: join(folder, 'cache'), secret: 'of this start' };
  const never = (): never => assert.fail('the stripper was asked');
  const source = 'export const one: number = 1;';
  const first = strippedModule(source, 'file:///one.ts', cache, () => () => 'export const one = 1;');
  assert.equal(strippedModule(source, 'file:///elsewhere.ts', cache, never), first);
  assert.throws(() => strippedModule(`${source} `, 'file:///one.ts', cache, never), /the stripper was asked/);
});

test('what somebody else has put into the cache is never run, however it looks', async () => {
  const cache = { folder: join(folder, 'tampered'), secret: 'of this start' };
  const source = 'export const one: number = 1;';
  const strip = (): (() => string) => () => 'export const one = 1;';
  const good = strippedModule(source, 'file:///one.ts', cache, strip);
  const [name = ''] = await readdir(cache.folder);
  const file = join(cache.folder, name);
  const content = await readFile(file, 'utf8');
  const evil = 'throw new Error("run");';
  const elsewhere = { ...cache, folder: join(folder, 'other'), secret: 'of another start' };
  strippedModule(source, 'file:///one.ts', elsewhere, () => () => evil);
  const other = { ...cache, folder: join(folder, 'another module') };
  strippedModule('export const two: number = 2;', 'file:///two.ts', other, () => () => evil);
  const planted: Readonly<Record<string, string>> = {
    'the source itself, as the first release kept it': good,
    'something appended': `${content}\n${evil}`,
    'something else': evil,
    cut: content.slice(0, -3),
    emptied: '',
    'only a head': content.slice(0, content.indexOf('\n') + 1),
    'another digit of the seal': content.replace(/[0-9a-f]\n/, (end) => (end.startsWith('0') ? '1\n' : '0\n')),
    'a later format': content.replace('module 1', 'module 2'),
    'what another start has sealed': await readFile(join(elsewhere.folder, name), 'utf8'),
    'what this start has sealed for another module': await readFile(join(other.folder, (await readdir(other.folder))[0] ?? ''), 'utf8'),
  };
  for (const [what, text] of Object.entries(planted)) {
    await writeFile(file, text);
    assert.equal(strippedModule(source, 'file:///one.ts', cache, strip), good, what);
    assert.equal(await readFile(file, 'utf8'), content, `${what}: it is made anew`);
  }
});
