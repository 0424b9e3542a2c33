/** Guarantee: a body that was acknowledged is on the device and matches its hash; nothing else ever carries a hash as its name. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { BODY_LIMIT_BYTES } from '../../../emulator/messagebox/protocol/limits.ts';
import { Bodies } from '../../../emulator/messagebox/storage/bodies.ts';

const body = Buffer.from('an order with many lines\n'.repeat(40));
const hash = createHash('sha256').update(body).digest('hex');
const folder = '/data';

function chunks(size: number): { offset: number; data: Buffer; last: boolean }[] {
  return Array.from({ length: Math.ceil(body.length / size) }, (_, index) => {
    const data = body.subarray(index * size, (index + 1) * size);
    return { offset: index * size, data, last: index * size + data.length === body.length };
  });
}

function readWhole(bodies: Bodies): Buffer {
  const parts: Buffer[] = [];
  for (let offset = 0; ;) {
    const part = bodies.readChunk(hash, offset, 300);
    if (part === undefined || part.length === 0) return Buffer.concat(parts);
    parts.push(part);
    offset += part.length;
  }
}

test('a body in chunks survives a power loss after its last chunk was acknowledged', async () => {
  const disk = new SimulatedDisk(seededRandom(5));
  disk.shortWrites = 0.5;
  const bodies = new Bodies(disk, folder);
  for (const { offset, data, last } of chunks(100)) {
    assert.equal(bodies.has(hash), false);
    await bodies.putChunk(hash, offset, data, last);
  }
  disk.losePower();
  const again = new Bodies(disk, folder);
  assert.deepEqual(again.list(), [hash]);
  assert.deepEqual(readWhole(again), body);
  again.delete(hash);
  assert.equal(again.readChunk(hash, 0), undefined);
  assert.equal(again.has(hash), false);
});

test('two senders of the same body help each other, and both are acknowledged', async () => {
  const disk = new SimulatedDisk(seededRandom(5));
  const bodies = new Bodies(disk, folder);
  const sends = chunks(70)
    .flatMap((chunk, index) => [chunk, chunks(130)[index]])
    .filter((chunk) => chunk !== undefined);
  await Promise.all(sends.map(({ offset, data, last }) => bodies.putChunk(hash, offset, data, last)));
  assert.deepEqual(readWhole(bodies), body);
  assert.deepEqual(disk.list('/data/bodies'), [hash]);
});

test('what does not match its hash, has a gap, is too large or is no hash is refused and leaves nothing', async () => {
  const disk = new SimulatedDisk(seededRandom(5));
  const bodies = new Bodies(disk, folder);
  await bodies.putChunk(hash, 0, body.subarray(0, 10), false);
  await assert.rejects(bodies.putChunk(hash, 11, body.subarray(11), true), (error) => isCode(error, 'messageBox.protocol'));
  await assert.rejects(bodies.putChunk(hash, 10, body.subarray(11), true), (error) => isCode(error, 'messageBox.protocol'));
  assert.deepEqual(disk.list('/data/bodies'), []);
  await assert.rejects(bodies.putChunk(hash, BODY_LIMIT_BYTES, body, false), (error) => isCode(error, 'messageBox.messageTooLarge'));
  await assert.rejects(bodies.putChunk('../../etc/passwd', 0, body, true), (error) => isCode(error, 'messageBox.protocol'));
  await bodies.putChunk(hash, 0, body, true);
  assert.deepEqual(readWhole(bodies), body);
});

test('a failing disk acknowledges nothing; the next start removes what is unfinished', async () => {
  for (const operation of ['write', 'dataSync', 'rename', 'syncFolder'] as const) {
    const disk = new SimulatedDisk(seededRandom(5));
    const bodies = new Bodies(disk, folder);
    disk.failWith({ operation, nth: 1, code: 'EIO' });
    await assert.rejects(bodies.putChunk(hash, 0, body, true), (error) => isCode(error, 'messageBox.storageFailed'), operation);
    assert.equal(bodies.has(hash), false);
    disk.heal();
    const again = new Bodies(disk, folder);
    assert.ok(disk.list('/data/bodies').every((name) => name === hash));
    await again.putChunk(hash, 0, body, true);
    assert.deepEqual(readWhole(again), body);
  }
});

for (const operation of ['open', 'write', 'rename'] as const)
  test(`a body that finds no room at ${operation} waits, is tried again, and is whole`, async () => {
    const disk = new SimulatedDisk(seededRandom(5));
    const waits: number[] = [];
    const bodies = new Bodies(disk, folder, () => {
      waits.push(disk.list('/data/bodies').length);
      if (waits.length >= 3) disk.heal();
      return Promise.resolve();
    });
    const nth = operation === 'write' ? 4 : 1;
    disk.failWith({ operation, nth, code: 'ENOSPC', forEver: true, ...(operation === 'write' ? { shortBy: 30 } : {}) });
    const send = async (size: number): Promise<void> => {
      for (const { offset, data, last } of chunks(size)) await bodies.putChunk(hash, offset, data, last);
    };
    await Promise.all([send(100), send(130)]);
    assert.ok(waits.length >= 3, 'the fault must really happen');
    disk.losePower();
    const again = new Bodies(disk, folder);
    assert.deepEqual(readWhole(again), body);
    assert.deepEqual(disk.list('/data/bodies'), [hash]);
  });

test('a sync that finds no room is no matter of waiting: what it left on the device is unknown', async () => {
  const disk = new SimulatedDisk(seededRandom(5));
  const bodies = new Bodies(disk, folder, () => assert.fail('never tried again'));
  disk.failWith({ operation: 'dataSync', nth: 1, code: 'ENOSPC' });
  const [first] = chunks(body.length);
  assert.ok(first);
  await assert.rejects(bodies.putChunk(hash, 0, first.data, true), (error) => isCode(error, 'messageBox.storageFailed'));
  assert.equal(bodies.has(hash), false);
});
