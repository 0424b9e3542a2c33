/** Guarantee: a body goes a minute after nothing refers to it, and one that something holds then costs a line in the log and goes later. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { Bodies } from '../../../emulator/messagebox/storage/bodies.ts';
import { RetiredBodies } from '../../../emulator/messagebox/storage/retiredBodies.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';

async function withBodies(texts: readonly string[]): Promise<{ disk: SimulatedDisk; bodies: Bodies; hashes: string[] }> {
  const disk = new SimulatedDisk(seededRandom(1));
  const bodies = new Bodies(disk, '/data');
  const hashes: string[] = [];
  for (const text of texts) {
    const hash = createHash('sha256').update(text).digest('hex');
    await bodies.putChunk(hash, 0, Buffer.from(text), true);
    hashes.push(hash);
  }
  return { disk, bodies, hashes };
}

const silent = (line: string): void => {
  throw new Error(line);
};

test('a body that is referred to again stays; the others go when their time is over', async () => {
  const { bodies, hashes } = await withBodies(['a', 'b']);
  const [kept = '', gone = ''] = hashes;
  const retired = new RetiredBodies(bodies, (hash) => hash === kept);
  for (const hash of hashes) retired.note(hash, 0);
  retired.sweep(59_999, silent);
  assert.deepEqual(new Set(bodies.list()), new Set(hashes));
  retired.sweep(60_000, silent);
  assert.deepEqual([...bodies.list()], [kept]);
  assert.ok(!bodies.has(gone));
});

test('at the end those go that were there without a message at the beginning; one that cannot is said once and stays', async () => {
  const { disk, bodies, hashes } = await withBodies(['a', 'b', 'c', 'd', 'e']);
  const [referred = '', gone = '', held = '', late = '', again = ''] = hashes;
  const retired = new RetiredBodies(bodies, (hash) => hash === referred);
  for (const hash of [referred, gone, held, again]) retired.note(hash, 1000);
  for (const hash of [late, again]) retired.note(hash, 1001);
  disk.failWith({ operation: 'remove', nth: 2, code: 'EBUSY' });
  const said: string[] = [];
  retired.sweepReleased(1000, (line) => void said.push(line));
  assert.equal(said.length, 1);
  const left = (hash: string): boolean => disk.paths().some((path) => path.includes(hash));
  assert.deepEqual([referred, gone, held, late, again].map(left), [true, false, true, true, true]);
});

test('a body that something holds goes later, and keeps nobody else', async () => {
  for (const code of ['EPERM', 'EACCES', 'EBUSY', 'EIO']) {
    const { disk, bodies, hashes } = await withBodies(['a', 'b', 'c']);
    const retired = new RetiredBodies(bodies, () => false);
    const said: string[] = [];
    for (const hash of hashes) retired.note(hash, 0);
    disk.failWith({ operation: 'remove', nth: 2, code });
    retired.sweep(60_000, (line) => void said.push(line));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? '', new RegExp(`${hashes[1] ?? '?'}.*${code}`));
    retired.sweep(119_999, silent);
    const left = (): number => disk.paths().filter((path) => path.includes('/bodies/')).length;
    assert.equal(left(), 1);
    retired.sweep(120_000, silent);
    assert.equal(left(), 0);
  }
});
