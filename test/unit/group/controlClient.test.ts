/**
 * Guarantee: a call gives its own answer or an error with a code, never nothing; a follower sees a snapshot and then every frame in order,
 * and after a gap a snapshot again.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { isCode, SohError } from '../../../emulator/errors.ts';
import { CONTROL_VERSION, type Delta, type FeedFrame } from '../../../emulator/control/commands.ts';
import { ControlClient } from '../../../emulator/control/client.ts';
import { DISCOVERY_FILE } from '../../../emulator/control/discovery.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { FakeGroup, snapshot, status } from '../cli/fakeGroup.ts';

const delta = (frame: number): Delta => ({ kind: 'delta', frame });

/** The next frames, as they come. */
function frames(): { add: (frame: FeedFrame) => void; until: (count: number) => Promise<string[]> } {
  const seen: string[] = [];
  let wake = (): void => undefined;
  return {
    add: (frame) => {
      seen.push(`${frame.kind} ${frame.frame}`);
      wake();
    },
    until: async (count) => {
      const deadline = AbortSignal.timeout(5000);
      while (seen.length < count) {
        await new Promise<void>((resolve, reject) => {
          wake = resolve;
          deadline.addEventListener('abort', () => reject(new Error(`only ${seen.join(', ')}`)));
        });
      }
      return seen;
    },
  };
}

test('calls get their own answers and errors', async () => {
  await using group = await FakeGroup.start({
    status: () => status,
    failComputer: ({ name }) => {
      throw new SohError('group.unknownComputer', { name, known: 'A, B' });
    },
  });
  const client = await ControlClient.connect(group.folder, nodeClock);
  const [found, failed] = await Promise.allSettled([client.call('status', {}), client.call('failComputer', { name: 'X' })]);
  assert.deepEqual(found.status === 'fulfilled' && found.value, status);
  assert.ok(failed.status === 'rejected' && isCode(failed.reason, 'group.unknownComputer'));
  assert.equal(failed.reason.next, 'Use one of: A, B.');
  await client.close();
  assert.equal(await client.closed, undefined);
  await assert.rejects(client.call('status', {}), (error) => isCode(error, 'group.connectionLost'));
});

test('a call can be given up, and its late answer disturbs nothing', async () => {
  let answerNow = (): void => undefined;
  const late = new Promise<typeof status>((resolve) => (answerNow = () => resolve(status)));
  await using group = await FakeGroup.start({ status: () => late, stop: () => ({ stopped: true }) });
  const client = await ControlClient.connect(group.folder, nodeClock);
  const giveUp = new AbortController();
  const call = client.call('status', {}, giveUp.signal);
  giveUp.abort(new Error('enough'));
  await assert.rejects(call, /enough/);
  answerNow();
  assert.deepEqual(await client.call('stop', {}), { stopped: true });
  await client.close();
});

test('a call that is not answered within 90 s is given up; the others are not', async () => {
  const clock = new SimulatedClock();
  const never = new Promise<typeof status>(() => undefined);
  await using group = await FakeGroup.start({ status: () => never, stop: () => ({ stopped: true }) });
  const client = await ControlClient.connect(group.folder, clock);
  let over = false;
  const call = client.call('status', {}).finally(() => (over = true));
  const givenUp = assert.rejects(call, { code: 'group.noAnswer', parameters: { command: 'status', seconds: 90 } });
  clock.advance(89_999);
  assert.deepEqual(await client.call('stop', {}), { stopped: true });
  assert.equal(over, false);
  clock.advance(1);
  await givenUp;
  assert.deepEqual(await client.call('stop', {}), { stopped: true });
  await client.close();
});

test('a lost connection rejects what waits', async () => {
  await using group = await FakeGroup.start();
  const client = await ControlClient.connect(group.folder, nodeClock);
  const call = client.call('status', {});
  call.catch(() => undefined);
  while (group.requests.length === 0) await new Promise(setImmediate);
  group.cut();
  await assert.rejects(call, (error) => isCode(error, 'group.connectionLost'));
  assert.ok(isCode(await client.closed, 'group.connectionLost'));
});

test('no group, a dead socket and a wrong token are told apart', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'soh-empty-'));
  await assert.rejects(ControlClient.connect(empty, nodeClock), (error) => isCode(error, 'group.notRunning'));
  await rm(empty, { recursive: true });
  await using group = await FakeGroup.start({ status: () => status });
  const stranger = await ControlClient.connect({ ...group.discovery, token: 'not-the-right-token' }, nodeClock);
  await assert.rejects(stranger.call('status', {}), (error) => isCode(error, 'group.refused'));
  const { discovery } = group;
  await group.stopListening();
  await assert.rejects(ControlClient.connect(discovery, nodeClock), (error) => isCode(error, 'group.connectionLost'));
});

test('a follower sees the snapshot and every delta behind it, even in one packet', async () => {
  await using group = await FakeGroup.start();
  group.answers = {
    follow: () => {
      // The answer goes out in the turn after this, the deltas right behind it.
      setImmediate(() => group.send(delta(8), delta(9)));
      return snapshot(7);
    },
  };
  const client = await ControlClient.connect(group.folder, nodeClock);
  const seen = frames();
  await client.follow(seen.add);
  assert.deepEqual(await seen.until(3), ['snapshot 7', 'delta 8', 'delta 9']);
  await client.close();
});

test('after a gap comes a snapshot, and what is older than it is left out', async () => {
  let number = 0;
  await using group = await FakeGroup.start({ follow: () => snapshot((number += 10)) });
  const client = await ControlClient.connect(group.folder, nodeClock);
  const seen = frames();
  await client.follow(seen.add);
  group.send(delta(11), delta(13), delta(14));
  await seen.until(3);
  group.send(delta(21));
  assert.deepEqual(await seen.until(4), ['snapshot 10', 'delta 11', 'snapshot 20', 'delta 21']);
  await client.close();
});

test('what is no frame ends the connection with a code', async () => {
  for (const garbage of ['{', '[]', '{"kind":"delta"}', '{"id":1}', '{"kind":"delta","frame":1,"instances":[{}]}']) {
    await using group = await FakeGroup.start({ follow: () => snapshot(1) });
    const client = await ControlClient.connect(group.folder, nodeClock);
    await client.follow(() => undefined);
    group.send(garbage);
    assert.ok(isCode(await client.closed, 'group.protocol'), garbage);
  }
});

test('a group of another version is told by name, before anything is said to it; it can be stopped all the same', async () => {
  await using group = await FakeGroup.start({ stop: () => ({ stopped: true }) });
  const versions: readonly [number, string][] = [
    [CONTROL_VERSION - 1, 'group.olderVersion'],
    [CONTROL_VERSION + 1, 'group.newerVersion'],
  ];
  for (const [control, code] of versions) {
    const discovery = { ...group.discovery, control };
    await writeFile(join(group.folder, DISCOVERY_FILE), JSON.stringify(discovery));
    await assert.rejects(ControlClient.connect(group.folder, nodeClock), { code });
    await assert.rejects(ControlClient.connect(discovery, nodeClock), { code });
    const stopping = ControlClient.stopAny(group.folder, nodeClock);
    while (group.requests.length === 0) await new Promise(setImmediate);
    assert.deepEqual(group.requests.splice(0), [{ id: 1, command: 'stop', arguments: {} }]);
    assert.equal(group.hellos.pop(), control, 'it is spoken to in its own version');
    await rm(join(group.folder, DISCOVERY_FILE));
    await stopping;
  }
  await ControlClient.stopAny(group.folder, nodeClock);
  assert.deepEqual(group.requests, []);
});
