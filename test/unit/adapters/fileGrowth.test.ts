/**
 * Guarantee (docs/files.md, "Files that are still written"): what a writer that has a file open writes is never lost, however long it
 * pauses between, and a file that grows before the MessageBox has it is only taken as a whole.
 */
import assert from 'node:assert/strict';
import { mkdir, open, readdir, rename, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { SohError } from '../../../emulator/errors.ts';
import { formatClaim, hashOf, newClaim, ownerHash } from '../../../emulator/hosting/adapters/fileClaims.ts';
import { FileReceive } from '../../../emulator/hosting/adapters/fileReceive.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import { FakeMessageBox, PATIENCE, start, temporaryFolder, until } from './fakeMessageBox.ts';

async function location(t: TestContext, box: FakeMessageBox, settleMs = 50): Promise<{ folder: string; claimed: string }> {
  const base = await temporaryFolder(t);
  const folder = join(base, 'in');
  const transport = { adapter: 'FILE', folder: 'in', mask: '*', pollingMs: 20, settleMs } as const;
  await start(t, new FileReceive({ name: 'Orders', host: 'H', transport }, folder, box.context(), nodeFiles, PATIENCE));
  return { folder, claimed: join(folder, '.claimed') };
}

/** A writer that keeps its descriptor, as most do. */
async function writer(t: TestContext, path: string): Promise<FileHandle> {
  const handle = await open(path, 'w');
  t.after(() => handle.close());
  return handle;
}

const codes = (errors: readonly SohError[]): string[] => errors.map(({ code }) => code);

test('growth before the MessageBox has it: only the whole file becomes a message', async (t) => {
  const box = new FakeMessageBox();
  const { folder, claimed } = await location(t, box);
  box.fault = 'before';
  const handle = await writer(t, join(folder, 'a'));
  await handle.write('half');
  await until('tried', () => box.logged.some((line) => line.includes('not in the MessageBox yet')));
  assert.equal((await readdir(claimed)).length, 1);
  await handle.write(' and the rest');
  box.fault = 'none';
  await until('taken', () => box.taken.length === 1);
  assert.deepEqual(box.bodies(), ['half and the rest']);
  // That the first half never arrived nobody could know.
  assert.deepEqual(codes(box.news), ['receive.grew']);
});

test('while the MessageBox is away files stay in the folder', async (t) => {
  const box = new FakeMessageBox();
  box.connected = false;
  const { folder } = await location(t, box);
  const handle = await writer(t, join(folder, 'a'));
  await handle.write('half');
  await pause(300);
  await handle.write(' and the rest');
  assert.deepEqual((await readdir(folder)).sort(), ['.claimed', '.refused', 'a']);
  box.connected = true;
  await until('taken', () => box.taken.length === 1);
  assert.deepEqual(box.bodies(), ['half and the rest']);
});

for (const [what, late] of [
  ['while the acknowledgement is on its way', true],
  ['after it was acknowledged', false],
] as const) {
  test(`growth ${what}: the whole file is taken again, and it is said`, async (t) => {
    const box = new FakeMessageBox();
    const { folder, claimed } = await location(t, box);
    if (late) box.fault = 'late';
    const handle = await writer(t, join(folder, 'a'));
    await handle.write('{"half":');
    await until('taken', () => box.taken.length === 1);
    if (!late)
      await until('acknowledged', async () => (await readdir(claimed)).some((name) => name.includes(hashOf(Buffer.from('{"half":')))));
    await handle.write('1}');
    box.fault = 'none';
    box.release();
    await until('taken again', () => box.taken.length === 2);
    assert.deepEqual(box.bodies(), ['{"half":', '{"half":1}']);
    assert.deepEqual(codes(box.news), ['receive.grew']);
    await until('nothing is remembered', () => box.known.size === 0);
  });
}

test('a writer that pauses for longer than the settle time, again and again: its last byte arrives', async (t) => {
  const box = new FakeMessageBox();
  const { folder } = await location(t, box);
  const handle = await writer(t, join(folder, 'a'));
  let all = '';
  for (let part = 0; part < 8; part++) {
    await handle.write(`part ${String(part)};`);
    all += `part ${String(part)};`;
    await pause(120);
  }
  await until('the whole file', () => box.bodies().includes(all));
  for (const body of box.bodies()) assert.ok(all.startsWith(body), body);
});

test('in place: overwritten, cut, and cut to nothing and written again', async (t) => {
  const box = new FakeMessageBox();
  const { folder } = await location(t, box);
  const changes: readonly (readonly [string, (handle: FileHandle) => Promise<unknown>, string])[] = [
    ['overwritten', (handle) => handle.write('XXXX', 0), 'XXXX and'],
    ['cut', (handle) => handle.truncate(3), 'one'],
    ['written again', (handle) => handle.truncate(0).then(() => handle.write('two', 0)), 'two'],
  ];
  for (const [name, change, expected] of changes) {
    const before = box.taken.length;
    const handle = await writer(t, join(folder, name));
    await handle.write('one  and');
    await until(`${name}: taken`, () => box.taken.length === before + 1);
    await change(handle);
    await until(`${name}: taken again`, () => box.lastBody() === expected);
  }
});

test('a file whose time is changed and nothing else is one message', async (t) => {
  const box = new FakeMessageBox();
  const { folder, claimed } = await location(t, box);
  await writeFile(join(folder, 'a'), 'content');
  await until('acknowledged', async () => (await readdir(claimed)).some((name) => name.includes(hashOf(Buffer.from('content')))));
  await utimes(join(claimed, (await readdir(claimed))[0] ?? ''), new Date(0), new Date(0));
  await until('deleted', async () => (await readdir(claimed)).length === 0);
  assert.equal(box.taken.length, 1);
  assert.deepEqual(codes(box.news), []);
});

test('a settle time longer than the pauses: one message', async (t) => {
  const box = new FakeMessageBox();
  const { folder } = await location(t, box, 1500);
  const handle = await writer(t, join(folder, 'a'));
  for (let part = 0; part < 4; part++) {
    await handle.write('part;');
    await pause(300);
  }
  await until('taken', () => box.taken.length > 0);
  assert.deepEqual(box.bodies(), ['part;part;part;part;']);
});

test('written under a hidden name or elsewhere and renamed: one message at once, whatever the settle time', async (t) => {
  const box = new FakeMessageBox();
  const { folder } = await location(t, box, 60_000);
  const handle = await writer(t, join(folder, '.a'));
  await handle.write('half');
  await pause(100);
  await handle.write(' and the rest');
  const past = new Date(Date.now() - 120_000);
  await utimes(join(folder, '.a'), past, past);
  await rename(join(folder, '.a'), join(folder, 'a'));
  await until('taken', () => box.taken.length === 1);
  assert.deepEqual(box.bodies(), ['half and the rest']);
});

test('grown after its host instance died: whoever deletes it takes it again', async (t) => {
  const box = new FakeMessageBox();
  const { claimed } = await location(t, box);
  const grown = { ...newClaim('grown', ownerHash('Other@B'), box.clock - 20_000), contentHash: hashOf(Buffer.from('half')) };
  const same = { ...newClaim('same', ownerHash('Other@B'), box.clock - 20_000), contentHash: hashOf(Buffer.from('whole')) };
  await mkdir(claimed, { recursive: true });
  await writeFile(join(claimed, formatClaim(grown)), 'half and the rest');
  await writeFile(join(claimed, formatClaim(same)), 'whole');
  await until('taken again', () => box.taken.length === 1);
  assert.deepEqual(box.bodies(), ['half and the rest']);
  assert.deepEqual(codes(box.news), ['receive.grew']);
  await until('all deleted', async () => (await readdir(claimed)).length === 0);
});
