/**
 * Guarantee (docs/files.md): a submitted file is complete when it is in the receive folder, and nothing of it lies there before; what a submit left
 * that died is removed.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import type { ClusterFile } from '../../../emulator/cluster/clusterFile.ts';
import { isCode } from '../../../emulator/errors.ts';
import type { Files } from '../../../emulator/files/files.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import { MESSAGE_BOX_FOLDER } from '../../../emulator/messagebox/storage/folders.ts';
import { submitToLocation } from '../../../emulator/group/submit.ts';
import { temporaryFolder } from '../adapters/fakeMessageBox.ts';

const FILE = { adapter: 'FILE', folder: 'in', mask: '*' };

function sourcesOf(baseFolder: string, transport: object, address = ''): Parameters<typeof submitToLocation>[0] {
  const cluster = { receiveLocations: [{ name: 'Location', host: 'H', transport }] } as unknown as ClusterFile;
  const receivers = [{ name: 'H@A', host: 'H', told: 'running', addresses: { Location: address } }];
  const group = { token: '', dataFolder: join(baseFolder, 'data'), clock: nodeClock, durable: () => 0, receivers: () => receivers };
  return { cluster, baseFolder, ...group };
}

const order = { location: 'Location', files: [{ name: 'order.xml', content: '<a/>' }] };

async function submit(baseFolder: string, files: Files = nodeFiles, count = 3): Promise<string[]> {
  await submitToLocation(sourcesOf(baseFolder, FILE), { ...order, count }, files);
  return readdir(join(baseFolder, 'in'));
}

/** Where files were written, seen from the folder above the receive folder. */
function spied(given: Partial<Files> = {}): { files: Files; written: Set<string> } {
  const written = new Set<string>();
  const files: Files = {
    ...nodeFiles,
    ...given,
    write: async (path, bytes, synced) => {
      written.add(`${basename(dirname(dirname(path)))}/${basename(dirname(path))}`);
      await nodeFiles.write(path, bytes, synced);
    },
  };
  return { files, written };
}

const withCode = (code: string): Error => Object.assign(new Error(code), { code });

test('it is written beside the folder, and moved; nothing is left', async (context) => {
  const base = await temporaryFolder(context);
  const { files, written } = spied();
  const names = await submit(base, files);
  assert.equal(names.length, 3);
  for (const name of names) {
    assert.match(name, /^order-[0-9a-f]{12}\.xml$/);
    assert.equal(await readFile(join(base, 'in', name), 'utf8'), '<a/>');
  }
  assert.deepEqual([...written], [`${basename(base)}/.soh-in`]);
  assert.deepEqual(await readdir(base), ['in']);
});

test('where the folder is a mount point, or only moving tells it, hidden inside of it', async (context) => {
  const beside = (path: string): boolean => path.includes('.soh-in');
  const ways: Readonly<Record<string, Partial<Files>>> = {
    'a mount point': {
      look: async (path) => {
        const found = await nodeFiles.look(path);
        return found && { ...found, device: beside(path) ? 'other' : 'one' };
      },
    },
    'only moving tells it': {
      rename: async (from, to) => {
        if (beside(from)) throw withCode('EXDEV');
        await nodeFiles.rename(from, to);
      },
    },
  };
  for (const [what, given] of Object.entries(ways)) {
    const base = await temporaryFolder(context);
    const { files, written } = spied(given);
    assert.equal((await submit(base, files)).length, 3, what);
    assert.ok(written.has('in/.soh-temporary'), what);
    assert.deepEqual(await readdir(base), ['in'], what);
  }
});

test('several at once, one of which removes the folder of both', async (context) => {
  const base = await temporaryFolder(context);
  await Promise.all([1, 2, 3, 4].map(() => submit(base, nodeFiles, 25)));
  assert.equal((await readdir(join(base, 'in'))).length, 100);
  assert.deepEqual(await readdir(base), ['in']);
});

test('what one left that died is removed by the next; what may be written at this moment is not', async (context) => {
  const base = await temporaryFolder(context);
  await mkdir(join(base, '.soh-in'));
  const [dead, live] = ['00000000-1-00000000-0000000000000001.tmp', '00000000-1-00000000-0000000000000002.tmp'];
  for (const name of [dead, live]) await writeFile(join(base, '.soh-in', name), '<a');
  await utimes(join(base, '.soh-in', dead), new Date(0), new Date(0));
  await submit(base);
  assert.deepEqual(await readdir(join(base, '.soh-in')), [live]);
});

test('an error other than these is told, and the written file removed', async (context) => {
  const base = await temporaryFolder(context);
  const rename = (): Promise<void> => Promise.reject(withCode('EACCES'));
  await assert.rejects(submit(base, { ...nodeFiles, rename, isHeld: () => false }), { code: 'EACCES' });
  assert.deepEqual([await readdir(base), await readdir(join(base, 'in'))], [['in'], []]);
});

test('an error after some were handed in is told beside how many were: nobody is to hand them in again', async (context) => {
  const base = await temporaryFolder(context);
  let renames = 0;
  const rename: Files['rename'] = (from, to) => (++renames > 2 ? Promise.reject(withCode('EACCES')) : nodeFiles.rename(from, to));
  const answer = await submitToLocation(sourcesOf(base, FILE), { ...order, count: 5 }, { ...nodeFiles, rename, isHeld: () => false });
  assert.deepEqual([answer.submitted, answer.failed?.code], [2, 'unexpected']);
  assert.equal((await readdir(join(base, 'in'))).length, 2);
});

test('the same by HTTP: who took the first ones is told', async (context) => {
  let posts = 0;
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(++posts > 3 ? 503 : 202).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  const address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const sources = sourcesOf('', { adapter: 'HTTP', path: '/' }, address);
  const { failed, ...answer } = await submitToLocation(sources, { ...order, count: 9, follow: true });
  assert.deepEqual(answer, { submitted: 3, taken: [{ hostInstance: 'H@A', messages: 3 }], suspended: [] });
  assert.equal(failed?.code, 'group.submitFailed');
  await assert.rejects(submitToLocation(sources, order), (error) => isCode(error, 'group.submitFailed'));
});

test('what became of them cannot be read: they are handed in all the same, and that is said', async (context) => {
  const base = await temporaryFolder(context);
  const sources = sourcesOf(base, FILE);
  await mkdir(sources.dataFolder);
  await writeFile(join(sources.dataFolder, MESSAGE_BOX_FOLDER), 'not a folder');
  const { submitted, failed } = await submitToLocation(sources, { ...order, count: 2, follow: true });
  assert.equal(submitted, 2);
  assert.match(failed?.message ?? '', /ENOTDIR/);
  assert.equal((await readdir(join(base, 'in'))).length, 2);
});
