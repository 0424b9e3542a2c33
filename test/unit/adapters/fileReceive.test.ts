/**
 * Guarantee (docs/failure-model.md, 4.9 and P15): every file that is put into the folder becomes exactly one message, wherever the host
 * instance dies and whoever finishes its work; what cannot become a message is moved aside, never deleted.
 */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode, SohError } from '../../../emulator/errors.ts';
import type { ReceiveAdapter } from '../../../emulator/hosting/adapters/door.ts';
import { formatClaim, hashOf, newClaim, ownerHash, parseClaim, receiveIdOf } from '../../../emulator/hosting/adapters/fileClaims.ts';
import { FileReceive } from '../../../emulator/hosting/adapters/fileReceive.ts';
import type { Files } from '../../../emulator/files/files.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import type { Patience } from '../../../emulator/hosting/adapters/patience.ts';
import { Settling } from '../../../emulator/hosting/adapters/settling.ts';
import { FakeMessageBox, PATIENCE, start, temporaryFolder, until } from './fakeMessageBox.ts';

function location(
  base: string,
  box: FakeMessageBox,
  hostInstance = 'ReceivingHost@A',
  mask = '*.xml',
  patience: Patience = PATIENCE,
  files: Files = nodeFiles,
): ReceiveAdapter {
  const transport = { adapter: 'FILE', folder: 'in', mask, pollingMs: 20, settleMs: 50 } as const;
  const settings = { name: 'Orders', receivePort: 'OrderPort', host: 'ReceivingHost', transport };
  return new FileReceive(settings, join(base, 'in'), box.context(hostInstance), files, patience);
}

const claims = async (base: string): Promise<string[]> => readdir(join(base, 'in', '.claimed'));
const waiting = async (base: string): Promise<string[]> => (await readdir(join(base, 'in'))).filter((name) => !name.startsWith('.')).sort();

/** A claim as a process that died leaves it. */
async function leaveClaim(
  base: string,
  content: string,
  owner: string,
  at: number,
  submittedTo?: FakeMessageBox,
  contentHash?: string,
): Promise<string> {
  await mkdir(join(base, 'in', '.claimed'), { recursive: true });
  const claim = { ...newClaim('left.xml', ownerHash(owner), at), ...(contentHash === undefined ? {} : { contentHash }) };
  await writeFile(join(base, 'in', '.claimed', formatClaim(claim)), content);
  const id = receiveIdOf('Orders', claim, hashOf(Buffer.from(content)));
  submittedTo?.known.add(id);
  return id;
}

test('files that are there and files that come are taken once, with their context, and nothing stays behind', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await mkdir(join(base, 'in'));
  for (let n = 0; n < 150; n++) await writeFile(join(base, 'in', `${String(n).padStart(3, '0')}.xml`), `<a>${String(n)}</a>`);
  await writeFile(join(base, 'in', 'other.txt'), 'not mine');
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'LATE.XML'), '<late/>');
  await until('151 messages', () => box.taken.length === 151);
  for (const name of await claims(base)) assert.ok(parseClaim(name), `another host instance could not read ${name}`);
  await until('claims gone', async () => (await claims(base)).length === 0);
  assert.deepEqual(await waiting(base), ['other.txt']);
  assert.equal(box.known.size, 0, 'every receive id is forgotten');
  assert.ok(box.mostInFlight <= 64, `bounded: ${String(box.mostInFlight)}`);
  const first = box.taken[0];
  assert.equal(first?.message.properties['BTS.ReceivePortName'], 'OrderPort');
  assert.match(String(first.message.properties['FILE.ReceivedFileName']), /in.\d{3}\.xml$/);
  assert.match(String(first.message.properties['BTS.InboundTransportLocation']), /in.\*\.xml$/);
});

test('two host instances on one folder: each file once', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await start(t, location(base, box, 'ReceivingHost@A'));
  await start(t, location(base, box, 'ReceivingHost@B'));
  for (let n = 0; n < 100; n++) await writeFile(join(base, 'in', `${String(n)}.xml`), `<a>${String(n)}</a>`);
  await until('100 messages', () => box.taken.length >= 100);
  await until('claims gone', async () => (await claims(base)).length === 0);
  assert.equal(new Set(box.bodies()).size, 100);
  assert.equal(box.taken.length, 100);
});

test('the same name and content again is another message', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await start(t, location(base, box));
  for (let n = 1; n <= 2; n++) {
    await writeFile(join(base, 'in', 'same.xml'), '<same/>');
    await until('taken', () => box.taken.length === n);
  }
});

test('died after the MessageBox had it: recognised, deleted, forgotten', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const id = await leaveClaim(base, '<left/>', 'ReceivingHost@A', box.clock, box);
  await start(t, location(base, box));
  await until('recognised', () => box.duplicates.length === 1);
  assert.deepEqual(box.duplicates, [id]);
  await until('deleted', async () => (await claims(base)).length === 0);
  assert.equal(box.known.size, 0);
  assert.equal(box.taken.length, 0);
});

test('what another host instance had submitted is not forgotten while that one may still be heard', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const id = await leaveClaim(base, '<left/>', 'ReceivingHost@B', box.clock - 20_000, box);
  await start(t, location(base, box));
  await until('recognised', () => box.duplicates.length === 1);
  await until('marked as done', async () => (await claims(base)).every((name) => name.includes(`.1.${hashOf(Buffer.from('<left/>'))}~`)));
  assert.ok(box.known.has(id));
  box.clock += 10_001;
  await until('deleted', async () => (await claims(base)).length === 0);
  assert.equal(box.known.size, 0);
  assert.equal(box.taken.length, 0);
});

test('died after it was marked as done: deleted without waiting, also when it is stopped at once', async (t) => {
  for (const stopped of [false, true]) {
    const base = await temporaryFolder(t);
    const box = new FakeMessageBox();
    await leaveClaim(base, '<left/>', 'ReceivingHost@A', box.clock + 5000, box, hashOf(Buffer.from('<left/>')));
    const adapter = location(base, box);
    await start(t, adapter);
    if (stopped) {
      await until('seen', () => box.known.size === 0);
      await adapter.stop();
      assert.deepEqual(await claims(base), []);
    } else await until('deleted', async () => (await claims(base)).length === 0);
    assert.equal(box.taken.length + box.duplicates.length, 0);
  }
});

test('died before the MessageBox had it: nothing is lost', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await leaveClaim(base, '<left/>', 'ReceivingHost@A', box.clock);
  await start(t, location(base, box));
  await until('submitted', () => box.taken.length === 1);
  assert.match(String(box.taken[0]?.message.properties['FILE.ReceivedFileName']), /in.left\.xml$/);
});

test("another host instance's claim is left alone until it is old", async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await leaveClaim(base, '<left/>', 'ReceivingHost@B', box.clock);
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'own.xml'), '<own/>');
  await until('own file', () => box.taken.length === 1);
  await writeFile(join(base, 'in', 'own2.xml'), '<own/>');
  await until('another round', () => box.taken.length === 2);
  assert.deepEqual(box.bodies(), ['<own/>', '<own/>']);
  box.clock += 10_001;
  await until('taken over', () => box.taken.length === 3);
});

test('lost acknowledgements and lost submissions: the same receive id until it is in', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.fault = 'after';
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'a.xml'), '<a/>');
  await until('arrived', () => box.taken.length === 1);
  box.fault = 'before';
  await writeFile(join(base, 'in', 'b.xml'), '<b/>');
  await until('claimed', async () => (await claims(base)).length === 2);
  box.fault = 'none';
  await until('both in', async () => (await claims(base)).length === 0);
  assert.deepEqual(box.bodies(), ['<a/>', '<b/>']);
  assert.equal(box.known.size, 0);
});

test('a slow owner that was taken over does not forget for the new one', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.fault = 'late';
  const slow = location(base, box, 'ReceivingHost@A');
  await start(t, slow);
  await writeFile(join(base, 'in', 'a.xml'), '<a/>');
  await until('sent', () => box.taken.length === 1);
  box.fault = 'none';
  box.clock += 10_001;
  await start(t, location(base, box, 'ReceivingHost@B'));
  await until('recognised', () => box.duplicates.length === 1);
  box.release();
  await slow.stop();
  assert.equal(box.taken.length, 1);
  assert.equal(box.known.size, 1, 'nobody forgot');
});

test('empty files, links, folders and hidden files are not taken; renamed and filled ones are', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await mkdir(join(base, 'in', 'folder.xml'), { recursive: true });
  await writeFile(join(base, 'secret'), 'outside');
  await symlink(join(base, 'secret'), join(base, 'in', 'link.xml'));
  await writeFile(join(base, 'in', '.hidden.xml'), '<hidden/>');
  await writeFile(join(base, 'in', 'empty.xml'), '');
  await start(t, location(base, box));
  await writeFile(join(base, 'elsewhere'), '<renamed/>');
  await rename(join(base, 'elsewhere'), join(base, 'in', 'renamed.xml'));
  await until('renamed file', () => box.taken.length === 1);
  await appendFile(join(base, 'in', 'empty.xml'), '<full/>');
  await until('filled file', () => box.taken.length === 2);
  assert.deepEqual(await waiting(base), ['folder.xml', 'link.xml']);
  assert.deepEqual(box.bodies(), ['<full/>', '<renamed/>']);
});

test('a file is settled when its age or two looks say so, never while it grows', () => {
  const settling = new Settling();
  const look = (size: number, mtimeMs: number, now: number): boolean => {
    const settled = settling.isSettled('a', { size, mtimeMs }, now);
    settling.endRound();
    return settled;
  };
  assert.ok(look(1, 1001, 1051), 'old enough');
  assert.ok(!look(1, 1001, 1050), 'too young');
  assert.ok(!look(2, 1000, 3049), 'a time in whole seconds may be one of a clock in steps');
  assert.ok(look(2, 1000, 3099), 'but it does not change for 50 ms');
  for (let step = 1; step < 20; step++) assert.ok(!look(step, 1000 + step * 40, 1010 + step * 40), 'growing');
  assert.ok(!look(5, 9000, 2000), 'a time in the future says nothing');
  assert.ok(!look(6, 9000, 2050), 'and it grows');
  assert.ok(look(6, 9000, 2100), 'unchanged for 50 ms');
  assert.ok(!look(0, 1000, 5000) && !look(0, 1000, 9000), 'empty');
});

test('65 MiB is moved aside with a word, a link in place of a claim too; malformed content is submitted', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await mkdir(join(base, 'in', '.claimed'), { recursive: true });
  await writeFile(join(base, 'secret'), 'outside');
  await symlink(
    join(base, 'secret'),
    join(base, 'in', '.claimed', formatClaim(newClaim('link.xml', ownerHash('ReceivingHost@A'), box.clock))),
  );
  await writeFile(join(base, 'in', 'large.xml'), '<a>');
  await truncate(join(base, 'in', 'large.xml'), 65 * 1024 * 1024);
  await start(t, location(base, box));
  await until('refused', async () => (await readdir(join(base, 'in', '.refused'))).length === 2);
  assert.deepEqual((await readdir(join(base, 'in', '.refused'))).sort(), ['large.xml', 'link.xml']);
  assert.deepEqual(box.news.map(({ code }) => code).sort(), ['receive.movedAside', 'receive.tooLarge']);
  assert.deepEqual(box.standing.notices.length, 2);
  await writeFile(join(base, 'in', 'broken.xml'), '<a>\n<b></a>');
  await until('submitted', () => box.taken.length === 1);
  assert.equal(box.taken[0]?.malformed?.code, 'message.malformed');
  assert.match(box.taken[0].malformed.message, /line 2/);
  await until('the location goes on', async () => (await waiting(base)).length === 0);
});

test('a folder that cannot be used is a clear error', async (t) => {
  const base = await temporaryFolder(t);
  await writeFile(join(base, 'in'), 'a file');
  await assert.rejects(location(base, new FakeMessageBox()).start(), (error) => isCode(error, 'receive.folderUnusable'));
});

test('what the MessageBox refuses for good is moved aside; anything else is submitted again', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.refusal = new Error('nobody knows');
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'a.xml'), '<a/>');
  await until('told', () => box.logged.some((line) => line.includes('nobody knows')));
  assert.deepEqual(await readdir(join(base, 'in', '.refused')), []);
  box.refusal = undefined;
  await until('taken', () => box.taken.length === 1);
  box.refusal = new SohError('messageBox.protocol', { reason: 'a frame' });
  await writeFile(join(base, 'in', 'b.xml'), '<b/>');
  await until('moved aside', async () => (await readdir(join(base, 'in', '.refused'))).includes('b.xml'));
  assert.equal(box.taken.length, 1);
});

test('while the MessageBox has no room files stay where they are, and are taken when it has', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.paused = true;
  await mkdir(join(base, 'in'));
  await writeFile(join(base, 'in', 'a.xml'), '<a/>');
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'b.xml'), '<b/>');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(await waiting(base), ['a.xml', 'b.xml']);
  // A refusal for want of room that was on its way when it paused: the claim waits as well.
  box.refusal = new SohError('messageBox.storageFull', { folder: 'd' });
  box.paused = false;
  await until('it is taken and refused', async () => (await claims(base)).length === 2);
  box.paused = true;
  await until('what was on its way is refused', () => box.inFlight === 0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  box.refusal = undefined;
  await writeFile(join(base, 'in', 'c.xml'), '<c/>');
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual([box.taken.length, await waiting(base)], [0, ['c.xml']]);
  box.paused = false;
  await until('all three', () => box.taken.length === 3);
  await until('claims gone', async () => (await claims(base)).length === 0);
});

test('a stop does not wait for a MessageBox that says nothing; what it had taken is found again', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.fault = 'late';
  const adapter = location(base, box);
  await start(t, adapter);
  await writeFile(join(base, 'in', 'a.xml'), '<a/>');
  await until('submitted', () => box.taken.length === 1);
  await adapter.stop();
  box.fault = 'none';
  await start(t, location(base, box));
  await until('recognised', () => box.duplicates.length === 1);
  await until('done', async () => (await claims(base)).length === 0);
  assert.equal(box.taken.length, 1);
  box.release();
});

test('the largest message is a setting: as much is taken, a byte more is moved aside as too large', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.maxBytes = 10;
  await start(t, location(base, box));
  await writeFile(join(base, 'in', 'fits.xml'), '<a>1234</a>'.slice(1));
  await writeFile(join(base, 'in', 'over.xml'), '<a>1234</a>');
  await until('both are dealt with', () => box.taken.length === 1 && box.news.length === 1);
  const [error] = box.news;
  assert.equal(error?.code, 'receive.tooLarge');
  assert.match(error.message, /over\.xml is too large: it has 11 bytes, over the limit of 10 bytes/);
  assert.deepEqual(await readdir(join(base, 'in', '.refused')), ['over.xml']);
});

test('a stop finishes first what a dead host instance left, and leaves alone what a live one does', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.claimTimeoutMs = 1500;
  await leaveClaim(base, '<dead/>', 'ReceivingHost@B', box.clock, box);
  const adapter = location(base, box, 'ReceivingHost@A', '*', { ...PATIENCE, leaveMs: 10_000 });
  await start(t, adapter);
  await until('seen', () => box.looks > 0);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const tick = setInterval(() => (box.clock += 50), 50);
  t.after(() => {
    clearInterval(tick);
  });
  await adapter.stop();
  assert.equal(box.duplicates.length, 1);
  assert.equal(box.known.size, 0);
  assert.deepEqual(await claims(base), []);
});

test('a stop does not wait for what would take too long: it is named, and the next start takes it at once', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  box.claimTimeoutMs = 20 * 60_000;
  await leaveClaim(base, '<dead/>', 'ReceivingHost@B', box.clock);
  const patience = { ...PATIENCE, leaveMs: 60_000 };
  let looks = 0;
  const list: Files['list'] = (folder) => {
    if (folder.endsWith('.claimed')) looks++;
    return nodeFiles.list(folder);
  };
  const adapter = location(base, box, 'ReceivingHost@A', '*', patience, { ...nodeFiles, list });
  await start(t, adapter);
  // Then it stands there for so long that it is no live one's. Were the stop to wait for it, it would do so for as long as it may.
  await until('three looks at the claims of others', () => looks === 3);
  await adapter.stop();
  assert.deepEqual(box.taken, []);
  assert.match(box.logged.join(), /left\.xml, taken by a host instance that died, wait in \.claimed for the next start/);
  await start(t, location(base, box, 'ReceivingHost@B', '*', patience));
  await until('taken at once', () => box.taken.length === 1);
});

test('a file that may not be read is moved aside and named; one that cannot be read now is read later', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const trouble = new Map([
    ['forbidden.xml', 'EACCES'],
    ['broken.xml', 'EIO'],
  ]);
  const files: Files = {
    ...nodeFiles,
    read: async (path, limit) => {
      for (const [name, code] of trouble) if (path.endsWith(name)) throw Object.assign(new Error(`${code}: no`), { code });
      return nodeFiles.read(path, limit);
    },
  };
  const transport = { adapter: 'FILE', folder: 'in', mask: '*.xml', pollingMs: 20, settleMs: 50 } as const;
  await start(t, new FileReceive({ name: 'Orders', host: 'H', transport }, join(base, 'in'), box.context(), files, PATIENCE));
  for (const name of [...trouble.keys(), 'good.xml']) await writeFile(join(base, 'in', name), `<${name}/>`);
  await until('the good one', () => box.taken.length === 1);
  await until('the forbidden one', async () => (await readdir(join(base, 'in', '.refused'))).includes('forbidden.xml'));
  assert.deepEqual(
    box.news.map(({ code }) => code),
    ['receive.movedAside'],
  );
  assert.match(box.news[0]?.message ?? '', /forbidden\.xml cannot become a message: EACCES/);
  trouble.clear();
  await until('the other one', () => box.taken.length === 2);
});

test('two locations share a folder: each takes what its mask says, and is silent about the other', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await start(t, location(base, box, 'ReceivingHost@A', '*.xml'));
  await start(t, location(base, box, 'ReceivingHost@B', '*.json'));
  for (let n = 0; n < 30; n++) {
    await writeFile(join(base, 'in', `${String(n)}.xml`), `<a>${String(n)}</a>`);
    await writeFile(join(base, 'in', `${String(n)}.json`), String(n));
  }
  await until('all are taken', () => box.taken.length === 60);
  await until('claims gone', async () => (await claims(base)).length === 0);
  assert.deepEqual(box.news, []);
});
