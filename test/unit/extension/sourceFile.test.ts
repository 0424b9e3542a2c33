/**
 * Opening a shape's source never leaves the folder of the group file, whatever a group says, and each refusal is an error with a next step.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import type { ErrorCode } from '../../../emulator/errorCatalogue.ts';
import { sourceFile } from '../../../extension/dashboard/sourceFile.ts';

const root = await mkdtemp(join(tmpdir(), 'source-'));
after(() => rm(root, { recursive: true, force: true }));
const base = join(root, 'group');
await mkdir(join(base, 'order-process'), { recursive: true });
for (const path of [join(root, 'secret.ts'), join(base, 'orders.ts'), join(base, 'order-process', 'orders.ts')]) await writeFile(path, '');
await symlink(root, join(base, 'link'), 'junction');

const own = { clusterFile: join(base, 'cluster.json'), dataFolder: join(root, 'data') };
const outline = (file?: string) => ({
  outline: [{ kind: 'send', name: 'Send', parent: -1, ...(file === undefined ? {} : { source: { file, line: 7 } }) }],
});

test('a file of the group, and one of the sample, which lies in the data folder', async () => {
  assert.deepEqual(await sourceFile(own, outline('orders.ts'), 0), { path: join(base, 'orders.ts'), line: 7 });
  const sample = { clusterFile: null, dataFolder: base };
  assert.deepEqual(await sourceFile(sample, outline('orders.ts'), 0), { path: join(base, 'order-process', 'orders.ts'), line: 7 });
});

const refused: readonly [what: string, file: string | undefined, shape: number, code: ErrorCode][] = [
  ['no place is known', undefined, 0, 'source.unknown'],
  ['there is no such shape', 'orders.ts', 3, 'source.unknown'],
  ['above the folder', '../secret.ts', 0, 'source.outside'],
  ['an absolute path', join(root, 'secret.ts'), 0, 'source.outside'],
  ['the folder itself', '.', 0, 'source.outside'],
  ['through a link', 'link/secret.ts', 0, 'source.outside'],
  ['it is gone', 'gone.ts', 0, 'source.missing'],
];
for (const [what, file, shape, code] of refused) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(sourceFile(own, outline(file), shape), (error) => isCode(error, code) && error.next.length > 20);
  });
}
