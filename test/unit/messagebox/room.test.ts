/**
 * Guarantee: while the disk is full nothing new begins and what runs is told why; what was begun goes on when there is room, by itself, once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { isCode } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { emptyState } from '../../../emulator/messagebox/core/state.ts';
import { Store } from '../../../emulator/messagebox/core/store.ts';
import { Room } from '../../../emulator/messagebox/process/room.ts';
import { PROTOCOL_VERSION } from '../../../emulator/messagebox/protocol/frames.ts';
import { Ballast } from '../../../emulator/messagebox/storage/ballast.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { FakeConnection, JOB } from '../../faults/core.ts';

const folder = '/data';
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
};

/** A room of 1,000 bytes of ballast on a disk of so many. */
function roomOf(capacity: number) {
  const disk = new SimulatedDisk(seededRandom(1));
  disk.capacity = capacity;
  const clock = new SimulatedClock();
  const ballast = new Ballast(disk, folder, 1000);
  const room = new Room(ballast, clock, folder);
  const changes: boolean[] = [];
  const open = (): void => void room.open({ changed: (full) => void changes.push(full), failed: (error) => assert.fail(String(error)) });
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 50) {
      await turns();
      clock.advance(50);
    }
    await turns();
  };
  return { disk, ballast, room, changes, open, pass };
}

test('the first record without room gets the ballast at once; the second waits until there is room', async () => {
  const { disk, ballast, room, changes, open, pass } = roomOf(2000);
  open();
  await pass(100);
  assert.ok(ballast.held && !room.full);
  disk.put('/filler', Buffer.alloc(1000));
  await room.forRecord();
  assert.deepEqual([room.full, room.blocked, ballast.held, changes], [true, false, false, [true]]);
  disk.put('/more', Buffer.alloc(1000));
  let again = false;
  void room.forRecord().then(() => (again = true));
  await turns();
  assert.ok(room.blocked && !again);
  await pass(300);
  assert.ok(again, 'it is tried again now and then');
  await pass(5000);
  assert.ok(room.full, 'without room it stays full');
  disk.remove('/more');
  disk.remove('/filler');
  await pass(1100);
  assert.deepEqual([room.full, ballast.held, changes], [false, true, [true, false]]);
});

test('a body waits until there is room for everything, and never gets the ballast', async () => {
  const { disk, ballast, room, open, pass } = roomOf(2000);
  open();
  await pass(100);
  disk.put('/filler', Buffer.alloc(1000));
  let again = false;
  void room.forBody().then(() => (again = true));
  await pass(3000);
  assert.ok(room.full && !again);
  assert.ok(ballast.held || disk.freeBytes() === 0);
  disk.remove('/filler');
  await pass(1100);
  assert.ok(again && !room.full);
});

test('a disk that is nearly full at the start is full at once; while the folder opens there is no waiting', async () => {
  const near = roomOf(1200);
  near.open();
  await near.pass(50);
  assert.deepEqual(near.changes, [true], 'less than the ballast and a quarter of it');
  const opening = roomOf(0);
  await assert.rejects(opening.room.forRecord(), (error) => isCode(error, 'messageBox.storageFull') && error.retry);
});

test('at the end nothing waits any more', async () => {
  const { room, open, pass } = roomOf(0);
  open();
  await pass(50);
  const waiting = assert.rejects(room.forRecord(), (error) => isCode(error, 'messageBox.storageFull'));
  await turns();
  room.end();
  await waiting;
  await assert.rejects(room.forRecord(), (error) => isCode(error, 'messageBox.storageFull'));
});

test('while it is full there are no grants, no timers and no new messages; then they come, and receive locations go on', () => {
  const clock = new SimulatedClock(1_800_000_000_000);
  let sequence = 0;
  const kinds: string[] = [];
  const append = ({ kind }: { readonly kind: string }): number => {
    kinds.push(kind);
    return ++sequence;
  };
  const messageBox = new MessageBox(new Store(emptyState(), { append }, clock, () => undefined), profiles.demo);
  const connection = new FakeConnection();
  const hello = { kind: 'hello', hostInstance: 'H@A', host: 'H', computer: 'A', pid: 1, services: [JOB], resume: [] } as const;
  const session = messageBox.hello(connection, { ...hello, protocol: PROTOCOL_VERSION });
  assert.ok(session);
  messageBox.supervise([{ kind: 'orchestration', name: 'Job', host: 'H' }], ['H'], ['H@A']);
  assert.equal(connection.last('receive')?.enabled, true);
  const submit = (receiveId: string): void => {
    const message = { type: 'Job', properties: { Job: receiveId }, body: receiveId };
    messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId, message });
  };
  submit('before');
  messageBox.pause(true);
  assert.equal(connection.last('receive')?.enabled, false);
  const before = kinds.length;
  messageBox.frame(session, { kind: 'pull', credit: 5 });
  messageBox.settle();
  messageBox.fireTimers();
  submit('during');
  submit('before');
  assert.deepEqual(kinds.slice(before), []);
  const answers = connection.frames.filter((frame) => frame.kind === 'submitted');
  assert.deepEqual(
    answers.map(({ duplicate, refused }) => [duplicate, refused?.code]),
    [
      [false, undefined],
      [false, 'messageBox.storageFull'],
      [true, undefined],
    ],
  );
  messageBox.pause(false);
  messageBox.settle();
  assert.equal(connection.last('receive')?.enabled, true);
  assert.equal(connection.last('grant')?.instances.length, 1);
  submit('during');
  assert.equal(connection.last('submitted')?.refused, undefined);
});

test('a host instance that comes while it is full is told to wait with its receive locations', () => {
  const clock = new SimulatedClock();
  let sequence = 0;
  const messageBox = new MessageBox(new Store(emptyState(), { append: () => ++sequence }, clock, () => undefined), profiles.demo);
  messageBox.supervise([], [], []);
  messageBox.pause(true);
  const connection = new FakeConnection();
  const hello = { kind: 'hello', hostInstance: 'H@A', host: 'H', computer: 'A', pid: 1, services: [JOB], resume: [] } as const;
  messageBox.hello(connection, { ...hello, protocol: PROTOCOL_VERSION });
  assert.deepEqual(connection.last('receive'), { kind: 'receive', enabled: false, messageTypes: {} });
});
