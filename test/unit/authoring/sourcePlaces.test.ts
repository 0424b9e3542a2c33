/**
 * Every shape, rule, branch and handler knows the line it is written in, also behind TypeScript that is stripped; moving lines leaves the
 * hash as it is; and what leaves the host instance names files relative to the group's folder, or no file at all.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { callerOf } from '../../../emulator/authoring/caller.ts';
import { findOrchestration, installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import { loadClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { loadArtifacts } from '../../../emulator/hosting/artifacts.ts';
import { withLocalSources } from '../../../emulator/hosting/sourcePlaces.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const SAMPLE = fileURLToPath(new URL('../../../samples/order-process/', import.meta.url));

const folder = await mkdtemp(join(tmpdir(), 'sources-'));
after(() => rm(folder, { recursive: true, force: true }));

const text = `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
interface Unused {
  readonly gone: string;
}
export enum Size {
  Small,
}
const note = messageType({ name: 'Note', format: 'json' });
const waiting = <T extends number>(o: { delay(name: string, ms: number): unknown }, ms: T): never => o.delay('in a helper', ms) as never;
export const all = orchestration('All', { messages: { In: note }, ports: { In: receivePort() } }, (o) => [
  o.receive('receive', { port: 'In', message: 'In', activate: true }),
  o.decide('decide', [
    o.rule('rule', (): boolean => true, [
      o.expression('deep', () => undefined),
    ]),
  ]),
  o.parallel('parallel', [o.branch('left', [o.delay('l', 1)]),
    o.branch('right', [waiting(o, 1)])]),
  o.scope('scope', [
    o.loop('loop', () => false, [o.suspend('suspend', 'why')]),
  ], [
    o.handler('handler', '*', [
      o
        .rethrow('again'),
    ]),
  ]),
]);
`;

async function compiled(name: string, source: string): Promise<CompiledOrchestration> {
  const path = join(folder, name);
  await writeFile(path, source);
  return compile(findOrchestration(await loadModule(path), 'All'));
}

test('each part of a definition knows its line', async () => {
  const { outline } = await compiled('all.ts', text);
  const lines = text.split('\n');
  assert.equal(outline.length, 15);
  for (const { kind, name, source } of withLocalSources(outline, folder)) {
    const written = kind === 'else' ? 'decide' : name;
    const line = lines.findIndex((candidate) => candidate.includes(`'${written}'`)) + 1;
    assert.deepEqual(source, { file: 'all.ts', line }, `${kind} ${name}`);
  }
});

test('moved lines keep the hash, changed code does not', async () => {
  const before = await compiled('before.ts', text);
  const after = await compiled('after.ts', `// moved\n\n\n${text}`);
  assert.equal(after.hash, before.hash);
  assert.deepEqual(
    after.outline.map(({ source }) => (source?.line ?? 0) - 3),
    before.outline.map(({ source }) => source?.line),
  );
  assert.notEqual((await compiled('changed.ts', text.replace('=> false', '=> true'))).hash, before.hash);
});

test('a stack of an unknown form gives no place', () => {
  const prepare = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  const inside = (): unknown => callerOf(inside);
  try {
    for (const stack of [undefined, 7, '', 'Error\n    at <anonymous>', 'Error\n    at eval (eval at x (y), <anonymous>:1:2)']) {
      Error.prepareStackTrace = () => stack;
      assert.equal(inside(), undefined, String(stack));
    }
  } finally {
    if (prepare) Object.defineProperty(Error, 'prepareStackTrace', prepare);
    else Reflect.deleteProperty(Error, 'prepareStackTrace');
  }
});

test('nothing outside of the group folder is named, and a folder reached by a link is the same folder', async () => {
  const inner = join(folder, 'inner');
  await mkdir(inner);
  const { outline } = await compiled('outer.ts', text);
  assert.ok(withLocalSources(outline, inner).every((entry) => !('source' in entry)));
  await symlink(folder, join(inner, 'link'), 'junction');
  assert.equal(withLocalSources(outline, join(inner, 'link'))[0]?.source?.file, 'outer.ts');
});

test('the services of the sample name their file, and no folder of this computer', async () => {
  const cluster = await loadClusterFile(join(SAMPLE, 'cluster.json'));
  const { services } = await loadArtifacts(cluster, 'ProcessingHost', SAMPLE);
  const lines = (await readFile(join(SAMPLE, 'orders.ts'), 'utf8')).split('\n');
  const outline = services.flatMap((service) => (service.kind === 'orchestration' ? service.outline : []));
  assert.ok(outline.length > 12);
  for (const { kind, name, source } of outline) {
    assert.equal(source?.file, 'orders.ts');
    if (kind !== 'else') assert.match(lines[(source?.line ?? 0) - 1] ?? '', new RegExp(`o\\.\\w+\\('${name.replace('?', '\\?')}'`));
  }
  assert.doesNotMatch(JSON.stringify(services), /order-process|file:/);
});
