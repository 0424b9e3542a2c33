/**
 * Guarantee (docs/failure-model.md, P20): a large message is read like a small one, but in another thread: the host instance can say that it
 * lives all the time. What cannot be read costs only itself.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Clock } from '../../../emulator/clock.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { test } from 'node:test';
import { Disassembly } from '../../../emulator/hosting/disassembly.ts';
import { LargeThread } from '../../../emulator/hosting/largeThread.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import type { DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';

const THREAD = new URL('../../../emulator/hosting/disassemblyThread.ts', import.meta.url);
const MB = 1024 * 1024;

const order: DeclaredMessageType = {
  name: 'urn:o#Order',
  format: 'xml',
  namespaces: { o: 'urn:o' },
  promoted: { Id: { path: '/o:Order/o:Id', type: 'string' } },
  distinguished: {},
};
const ledger: DeclaredMessageType = {
  name: 'Ledger',
  format: 'json',
  namespaces: {},
  promoted: { Id: { path: '/id', type: 'string' } },
  distinguished: {},
  members: ['id', 'lines'],
};
// What a module put into its type does not hinder.
const types = new MessageTypes(new Map([...[order, ledger].map((type) => [type.name, { ...type, own: () => 0 }] as const)]));

function xmlOf(id: string, bytes: number, lines = 40_000): Buffer {
  const line = `<L>${'\u00fc'.repeat(Math.max(1, Math.floor(bytes / lines / 2)))}</L>`;
  return Buffer.from(`<Order xmlns="urn:o"><Id>${id}</Id>${line.repeat(lines)}</Order>`);
}

function jsonOf(id: string, bytes: number, lines = 100_000): Buffer {
  return Buffer.from(`{"id":"${id}","lines":[${`"${'x'.repeat(Math.max(1, Math.floor(bytes / lines) - 3))}",`.repeat(lines)}0]}`);
}

function disassemblyOf(read: MessageTypes, thread = THREAD, clock: Clock = new SimulatedClock()): Disassembly {
  return new Disassembly(read, new LargeThread(thread, clock), clock);
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('the same comes of it as in this thread', async () => {
  const disassembly = disassemblyOf(types);
  const hint = { properties: { Given: 'yes' } };
  const bodies: Record<string, Buffer> = {
    'an XML message': xmlOf('1', MB, 1000),
    'a JSON message': jsonOf('2', MB, 1000),
    'UTF-16': Buffer.from(`\ufeff${xmlOf('3', MB, 1000).toString()}`, 'utf16le'),
    'not well formed': Buffer.concat([xmlOf('4', MB, 1000), Buffer.from('<')]),
    'no text at all': Buffer.alloc(MB, 0xff),
    blanks: Buffer.alloc(MB, ' '),
  };
  for (const [what, bytes] of Object.entries(bodies)) {
    const copy = Buffer.from(bytes);
    const { message, ...rest } = await disassembly.read(bytes, hint);
    const { message: expected, malformed } = types.disassemble(copy, hint);
    const { body, ...context } = expected;
    assert.ok('bytes' in message, what);
    const { bytes: stored, bodyHash, ...got } = message;
    assert.deepEqual(got, context, what);
    assert.ok(Buffer.from(body).equals(stored), what);
    assert.equal(bodyHash, sha256(stored), what);
    assert.deepEqual(rest, { contentHash: sha256(copy), ...(malformed ? { malformed } : {}) }, what);
  }
});

test('five of 30 MB at once leave the thread free', async () => {
  const disassembly = disassemblyOf(types);
  const all = [1, 2, 3].map((n) => xmlOf(String(n), 30 * MB)).concat([4, 5].map((n) => jsonOf(String(n), 30 * MB)));
  // The thread is there before time is taken.
  await disassembly.read(xmlOf('0', MB, 1000), {});
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const read = await Promise.all(all.map((bytes) => disassembly.read(bytes, {})));
  clearInterval(turning);
  // Were they read here, it would be about one turn each.
  assert.ok(turns > 50, `${String(turns)} turns`);
  assert.deepEqual(
    read.map(({ message }) => message.properties['Id']),
    ['1', '2', '3', '4', '5'],
  );
});

test('a small message whose paths cost much is read in the other thread; one whose paths cost too much is told so', async () => {
  const typed = (path: string): MessageTypes =>
    new MessageTypes(new Map([[order.name, { ...order, promoted: { Id: { path, type: 'string' } } }]]));
  const body = xmlOf('1', 16_000, 4000);
  const read = (path: string): ReturnType<Disassembly['read']> => disassemblyOf(typed(path)).read(Buffer.from(body), {});
  const [plain, long, tooLong] = [
    await read('/o:Order/o:Id'),
    await read('(//o:L | //o:Id)[1]'),
    await read('//o:L[following-sibling::o:L]'),
  ];
  assert.ok('body' in plain.message && 'bytes' in long.message);
  for (const { message, malformed } of [plain, long]) {
    assert.equal(malformed, undefined);
    assert.deepEqual(message.properties, { Id: '1', 'BTS.MessageType': order.name });
  }
  assert.equal(tooLong.malformed?.code, 'message.pathTooCostly');
  assert.deepEqual([tooLong.message.type, tooLong.message.properties], ['', {}]);
});

test('behind a heap of small ones others have their turn: after 20 ms the next is read in another turn of the event loop', async () => {
  let now = 0;
  const soon: (() => void)[] = [];
  const clock = { monotonic: () => now, soon: (run: () => void) => (soon.push(run), () => undefined) };
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const read: number[] = [];
  const slow = new MessageTypes(new Map());
  slow.disassemble = (bytes) => {
    read.push(bytes[0] ?? 0);
    now += 15;
    return { message: { type: '', body: '', properties: {} } };
  };
  const disassembly = new Disassembly(slow, new LargeThread(THREAD, new SimulatedClock()), clock);
  const all = Promise.all([1, 2, 3, 4, 5].map((n) => disassembly.read(Buffer.from([n]), {})));
  for (const expected of [2, 4, 5]) {
    await settle();
    assert.equal(read.length, expected);
    for (const run of soon.splice(0)) {
      run();
      await settle();
    }
  }
  await all;
  assert.deepEqual(read, [1, 2, 3, 4, 5]);
});

test('a thread that cannot be started is no fault of the message: it can be tried again', async () => {
  const disassembly = disassemblyOf(types, new URL('file:///nowhere/thread.mjs'));
  for (let n = 0; n < 2; n++) await assert.rejects(disassembly.read(xmlOf('1', MB, 1000), {}), (error: Error) => !('retry' in error));
  assert.ok('body' in (await disassembly.read(xmlOf('1', 1000, 10), {})).message, 'small ones are read here');
});

test('a message nobody thought of is kept as it came, with the reason', async () => {
  const broken = new MessageTypes(new Map());
  broken.disassemble = () => {
    throw new RangeError('Invalid string length');
  };
  const { message, malformed } = await disassemblyOf(broken).read(Buffer.from('<a/>'), {
    properties: { Given: 'yes' },
  });
  assert.deepEqual(message, { type: '', body: 'PGEvPg==', properties: { Given: 'yes', 'BTS.Encoding': 'base64' } });
  assert.equal(malformed?.code, 'message.unreadable');
  assert.match(malformed.message, /Invalid string length/);
});
