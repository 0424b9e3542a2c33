/**
 * Guarantee (docs/files.md, "What is not taken"): everything that stands in a receive folder and is not taken is named once, with the
 * reason, as long as it stands; the lists are bounded.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { FileNotices, shownName } from '../../../emulator/hosting/adapters/fileNotices.ts';
import { FileReceive } from '../../../emulator/hosting/adapters/fileReceive.ts';
import type { Files } from '../../../emulator/files/files.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import type { LocationNotices } from '../../../emulator/hosting/settings.ts';
import { FakeMessageBox, PATIENCE, start, temporaryFolder, until } from './fakeMessageBox.ts';

async function location(t: TestContext, box: FakeMessageBox, base: string, files?: Files): Promise<string> {
  const transport = { adapter: 'FILE', folder: 'in', mask: '*.xml', pollingMs: 20, settleMs: 50 } as const;
  await start(t, new FileReceive({ name: 'Orders', host: 'H', transport }, join(base, 'in'), box.context(), files, PATIENCE));
  return join(base, 'in');
}

/** Reason and file of every notice that stands. */
const standing = (box: FakeMessageBox): string[] =>
  box.standing.notices.map(({ error: { code, parameters } }) => `${code.replace('receive.', '')} ${String(parameters['file'])}`).sort();

test('each is named once, with its reason, and no more when it is gone', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const folder = join(base, 'in');
  await mkdir(join(folder, 'folder.xml'), { recursive: true });
  await mkdir(join(folder, '.soh-out'), { recursive: true });
  await symlink(join(base, 'elsewhere'), join(folder, 'link.xml'));
  await writeFile(join(folder, '.hidden.xml'), '<a/>');
  await writeFile(join(folder, 'order.txt'), '<a/>');
  await writeFile(join(folder, 'empty.xml'), '');
  const long = `${'n'.repeat(200)}.xml`;
  await writeFile(join(folder, long), '<a/>');
  const expected = [
    'empty empty.xml',
    'folder folder.xml',
    'hidden .hidden.xml',
    'link link.xml',
    `nameTooLong ${shownName(long)}`,
    'unmatched order.txt',
  ];
  if (process.platform === 'linux') {
    await writeFile(Buffer.concat([Buffer.from(`${folder}/latin-`), Buffer.from([0xe9]), Buffer.from('.xml')]), '<a/>');
    const server = createServer();
    server.listen(join(folder, 'socket.xml'));
    t.after(() => server.close());
    expected.push('nameNotText latin-\ufffd.xml', 'notAFile socket.xml');
  }
  await location(t, box, base);
  await until('all are named', () => box.news.length === expected.length);
  assert.deepEqual(standing(box), expected.sort());
  for (const error of box.news) assert.ok(error.message.includes('Orders') && error.next !== '', error.message);
  await rename(join(folder, 'order.txt'), join(folder, 'order.xml'));
  await writeFile(join(folder, 'empty.xml'), '<full/>');
  await rm(join(folder, 'link.xml'));
  await until('what was put right is taken', () => box.taken.length === 2);
  await until('and named no more', () => standing(box).length === expected.length - 3);
  assert.equal(box.news.length, expected.length, 'nothing is named again');
  assert.ok((await readdir(folder)).includes(long), 'it stays where people see it');
});

test('what is on its way to its name is not named', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const folder = await location(t, box, base);
  for (let n = 0; n < 20; n++) {
    await writeFile(join(folder, '.part'), '<a/>');
    await new Promise((resolve) => setTimeout(resolve, 30));
    await rename(join(folder, '.part'), join(folder, `${String(n)}.xml`));
  }
  await until('all are taken', () => box.taken.length === 20);
  assert.deepEqual(box.news, []);
});

test('a file that cannot be taken does not keep others from it, and says why', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const held = (path: string): void => {
    if (path.endsWith('a-held.xml')) throw Object.assign(new Error('EBUSY: resource busy'), { code: 'EBUSY' });
  };
  const folder = await location(t, box, base, {
    ...nodeFiles,
    rename: async (from, to) => {
      held(from);
      return nodeFiles.rename(from, to);
    },
  });
  await writeFile(join(folder, 'a-held.xml'), '<held/>');
  await writeFile(join(folder, 'b.xml'), '<free/>');
  await until('the other one', () => box.taken.length === 1);
  await until('named', () => standing(box).includes('cannotTake a-held.xml'));
  assert.match(box.news[0]?.message ?? '', /EBUSY/);
});

test('a folder that is removed is made again; what comes then is taken', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const folder = await location(t, box, base);
  for (let n = 1; n <= 3; n++) {
    await rm(n === 2 ? join(folder, '.claimed') : folder, { recursive: true });
    await until('made again', async () => {
      await writeFile(join(folder, `${String(n)}.xml`), '<a/>').catch(() => undefined);
      return (await readdir(folder).catch((): string[] => [])).includes(`${String(n)}.xml`) || box.taken.length === n;
    });
    await until('taken', () => box.taken.length >= n);
  }
});

test('thousands of names: few are listed, the others counted', async () => {
  const told: { readonly notices: LocationNotices; readonly news: readonly SohError[] }[] = [];
  const notices = new FileNotices({ now: () => 5, notices: (all, news) => told.push({ notices: all, news }) }, PATIENCE);
  const round = async (now: number, count: number): Promise<void> => {
    for (let n = 0; n < count; n++)
      notices.stands(`f${String(n)}`, { error: () => new SohError('receive.empty', { location: 'L', file: `f${String(n)}` }) }, now);
    await notices.endRound(now);
  };
  for (let now = 0; now <= 5000; now += 100) await round(now, 10_000);
  const last = told.at(-1)?.notices;
  assert.equal(last?.notices.length, 10);
  assert.equal(last.more, 9990);
  assert.ok(told.length < 10, `not with every round: ${String(told.length)}`);
  for (let n = 0; n < 50; n++) notices.happened(new SohError('receive.grew', { location: 'L', file: String(n) }));
  assert.equal(told.at(-1)?.notices.notices.length, 20);
  await round(6000, 0);
  assert.deepEqual(
    told.at(-1)?.notices.notices.map(({ error }) => error.parameters['file']),
    Array.from({ length: 10 }, (_, n) => String(40 + n)),
  );
});

test('a name cannot write lines of its own', () => {
  assert.equal(shownName('a\nerror: b\u001b[31m'), 'a\ufffderror: b\ufffd[31m');
  assert.equal(shownName('x'.repeat(500)).length, 201);
});
