/**
 * Guarantee (docs/failure-model.md, P15): a receive id is forgotten when its file is gone, also when the message about it was lost, and
 * never while a claim may still be submitted under it.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  claimOfReceiveId,
  formatClaim,
  newClaim,
  ownerHash,
  parseClaim,
  receiveIdOf,
} from '../../../emulator/hosting/adapters/fileClaims.ts';
import { FileReceive } from '../../../emulator/hosting/adapters/fileReceive.ts';
import { forgettable } from '../../../emulator/hosting/adapters/fileReceiveIds.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import { FakeMessageBox, PATIENCE, start, temporaryFolder, until } from './fakeMessageBox.ts';

const HASH = '0'.repeat(32);
const NOW = 1_000_000_000_000;

function adapter(base: string, box: FakeMessageBox, hostInstance = 'R@A'): FileReceive {
  const transport = { adapter: 'FILE', folder: 'in', mask: '*', pollingMs: 20, settleMs: 50 } as const;
  return new FileReceive({ name: 'Orders', host: 'R', transport }, join(base, 'in'), box.context(hostInstance), nodeFiles, PATIENCE);
}

test('what can be forgotten and what not', async (t) => {
  const claimed = await temporaryFolder(t);
  const device = 'aaaaaaaa';
  const claims = {
    open: newClaim('open', 'owner000', NOW, device),
    old: newClaim('made by an older version', 'owner000', NOW),
    done: { ...newClaim('done', 'owner000', NOW, device), contentHash: HASH },
    takenOver: { ...newClaim('taken over', 'owner000', NOW, device), takeovers: 1, contentHash: HASH },
  };
  for (const claim of Object.values(claims)) await writeFile(join(claimed, formatClaim({ ...claim, owner: ownerHash('x') })), '');
  const gone = newClaim('gone', 'owner000', NOW, device);
  const elsewhere = newClaim('on a share that is not mounted', 'owner000', NOW, 'bbbbbbbb');
  const id = (claim: typeof gone): string => receiveIdOf('Orders', claim, HASH);
  const ids = [...Object.values(claims), gone, elsewhere].map((claim) => ({ id: id(claim), at: NOW - 1000 }));
  const later = { id: id(newClaim('since long', 'owner000', NOW, 'bbbbbbbb')), at: NOW - 86_400_001 };
  const odd = { id: 'Orders/a key of HTTP, which the location was before', at: NOW };
  const found = await forgettable([...ids, later, odd], { files: nodeFiles, location: 'Orders', claimed, device, now: NOW });
  assert.deepEqual(found.sort(), [id(claims.done), id(gone), later.id, odd.id].sort());
});

test('a receive id names its claim', () => {
  for (const [location, device] of [
    ['Orders', ''],
    ['Orders in. 2_-', '01234567'],
  ] as const) {
    const claim = newClaim('a/../b~.xml', ownerHash('x'), NOW, device);
    assert.deepEqual(claimOfReceiveId(location, receiveIdOf(location, claim, HASH)), { id: claim.id, device });
    assert.deepEqual(parseClaim(formatClaim(claim)), claim);
    assert.equal(claimOfReceiveId('Other', receiveIdOf(location, claim, HASH)), undefined);
  }
});

test('what was lost is forgotten with the next start and the next connection', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  const lost = (n: number): string => receiveIdOf('Orders', newClaim(`lost ${String(n)}`, ownerHash('R@A'), box.clock), HASH);
  for (let n = 0; n < 5; n++) box.known.add(lost(n));
  const receiving = adapter(base, box);
  await start(t, receiving);
  await until('with the start', () => box.known.size === 0);
  for (let n = 5; n < 10; n++) box.known.add(lost(n));
  receiving.reconnected();
  await until('with the connection', () => box.known.size === 0);
});

test('a claim that is deleted, or a folder that is, takes its id along', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await start(t, adapter(base, box));
  for (const gone of ['.claimed', '.']) {
    box.fault = 'after';
    const before = box.taken.length;
    await until('the folder is there', async () => (await readdir(join(base, 'in')).catch((): string[] => [])).includes('.claimed'));
    for (const name of ['a', 'b']) await writeFile(join(base, 'in', name), name);
    await until('submitted', () => box.taken.length === before + 2);
    await rm(join(base, 'in', gone), { recursive: true, force: true });
    box.fault = 'none';
    await until('forgotten', () => box.known.size === 0);
  }
});

test('never while the file is there: lost acknowledgements, a dead process, another one', async (t) => {
  const base = await temporaryFolder(t);
  const box = new FakeMessageBox();
  await mkdir(join(base, 'in', '.claimed'), { recursive: true });
  const claim = newClaim('other', ownerHash('R@B'), box.clock);
  await writeFile(join(base, 'in', '.claimed', formatClaim(claim)), 'other');
  const id = receiveIdOf('Orders', claim, HASH);
  box.known.add(id);
  const receiving = adapter(base, box);
  await start(t, receiving);
  box.fault = 'after';
  await writeFile(join(base, 'in', 'mine'), 'mine');
  await until('submitted', () => box.taken.length === 1);
  for (let n = 0; n < 3; n++) {
    const looked = box.looks;
    receiving.reconnected();
    await until('compared', () => box.looks > looked);
  }
  assert.equal(box.known.size, 2);
  box.fault = 'none';
  await until('mine is done', () => box.known.size === 1);
  assert.ok(box.known.has(id));
});
