/**
 * Guarantee: a window finds the group that runs, starts one that does not, tells a stop from a loss, and ends in exactly one error with the
 * reason when a start fails. The group is a fake behind the session's ports.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isCode, SohError, toWire } from '../../../emulator/errors.ts';
import type { FeedFrame } from '../../../emulator/control/commands.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { GroupSession } from '../../../extension/session/groupSession.ts';
import type { GroupConnection, SessionPorts } from '../../../extension/session/ports.ts';
import { errorAction } from '../../../extension/text/errorActions.ts';
import { groupStatus, instance } from './status.ts';

const place = { folder: '/data', clusterFile: null };

/** A group that listens after `spawn`, or from the start when `running`. */
function fakeGroup(options: { running?: boolean; older?: boolean; first?: GroupStatus; exit?: { code: number; lastLines: string } } = {}) {
  let alive = options.running === true;
  let older = options.older === true;
  let onFrame: (frame: FeedFrame) => void = () => undefined;
  let end: (reason: SohError | undefined) => void = () => undefined;
  let time = 0;
  const calls: string[] = [];
  const connect = (): GroupConnection => {
    const closed = new Promise<SohError | undefined>((resolve) => (end = resolve));
    return {
      closed,
      close: async () => end(undefined),
      follow: async (listener) => {
        onFrame = listener;
        listener({ kind: 'snapshot', frame: 0, status: options.first ?? groupStatus(), instances: [instance('a')], events: [] });
      },
      call: async (command) => {
        calls.push(command);
        if (command === 'stop') end(new SohError('group.connectionLost'));
        return { stopped: true } as never;
      },
    };
  };
  const ports: SessionPorts = {
    stopAny: async () => {
      calls.push('stop any');
      older = false;
    },
    connect: async (folder) => {
      if (older) throw new SohError('group.olderVersion', { pid: 7, found: 1, known: 2, clusterFile: '/orders/cluster.json' });
      if (!alive) throw new SohError('group.notRunning', { folder });
      return connect();
    },
    spawn: async () => {
      calls.push('spawn');
      alive = options.exit === undefined;
      return {
        exited: options.exit === undefined ? new Promise(() => undefined) : Promise.resolve(options.exit),
        kill: () => calls.push('kill'),
      };
    },
    candidates: async () => ['/data'],
    wait: async (ms) => {
      time += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    now: () => time,
    log: () => undefined,
  };
  return {
    session: new GroupSession(ports),
    calls,
    send: (frame: FeedFrame) => onFrame(frame),
    /** The connection breaks; the group itself lives on. */
    disconnect: () => end(new SohError('group.connectionLost')),
    /** The supervisor is killed. */
    lose: () => {
      alive = false;
      end(new SohError('group.connectionLost'));
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 1000, 'it never happened');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('adopting', () => {
  test('the first frame of an adopted group is told apart from that of one it started, which nobody has heard yet', async () => {
    for (const [running, seen] of [
      [true, [true, false]],
      [false, [false, false]],
    ] as const) {
      const { session, send } = fakeGroup({ running });
      const adopting: boolean[] = [];
      session.onFrame.add(() => adopting.push(session.adopting));
      await session.start(place);
      send({ kind: 'delta', frame: 1, status: groupStatus() });
      assert.deepEqual(adopting, seen);
    }
  });

  test('a running group is taken as it is', async () => {
    const { session, calls } = fakeGroup({ running: true });
    assert.equal(await session.adopt(), true);
    assert.equal(session.phase, 'running');
    assert.equal((await session.start(place)).name, 'Orders');
    assert.deepEqual(calls, []);
  });

  test('nothing there leaves the window stopped', async () => {
    const { session } = fakeGroup();
    assert.equal(await session.adopt(), false);
    assert.equal(session.phase, 'stopped');
  });

  test('asked twice at once, it connects once', async () => {
    const { session } = fakeGroup({ running: true });
    assert.deepEqual(await Promise.all([session.adopt(), session.adopt()]), [true, true]);
  });
});

describe('a group of an older version', () => {
  test('is told once, with the button that restarts it; it is not started a second time', async () => {
    const { session, calls } = fakeGroup({ older: true });
    const told: SohError[] = [];
    session.onDidFail.add((error) => told.push(error));
    assert.deepEqual([await session.adopt(), await session.adopt()], [false, false]);
    assert.deepEqual(
      told.map(({ code }) => code),
      ['group.olderVersion'],
    );
    assert.equal(session.phase, 'failed');
    const action = errorAction('group.olderVersion', told[0]?.parameters ?? {}, (text) => text);
    assert.equal(action.command, 'scaledOutHosts.group.restart');
    await assert.rejects(session.start(place), (error) => isCode(error, 'group.olderVersion'));
    assert.deepEqual(calls, []);
  });

  test('a restart stops it and starts the same group with this version', async () => {
    const { session, calls } = fakeGroup({ older: true });
    await session.adopt();
    assert.deepEqual(session.place, { folder: '/data', clusterFile: '/orders/cluster.json' });
    await session.stop();
    assert.equal(session.phase, 'stopped');
    await session.start(session.place);
    assert.deepEqual([calls, session.phase], [['stop any', 'spawn'], 'running']);
  });
});

describe('starting', () => {
  test('asked twice at once, one supervisor is started', async () => {
    const { session, calls } = fakeGroup();
    await Promise.all([session.start(place), session.start(place)]);
    assert.deepEqual(calls, ['spawn']);
    assert.equal(session.phase, 'running');
  });

  test('waits until the group itself says that it runs', async () => {
    const group = fakeGroup({ first: groupStatus({ state: 'starting' }) });
    const started = group.session.start(place);
    while (group.session.model.status === undefined) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(group.session.phase, 'starting');
    group.send({ kind: 'delta', frame: 1, status: groupStatus() });
    assert.equal((await started).state, 'running');
    assert.equal(group.session.phase, 'running');
  });

  test('an error of ours in the last words of the supervisor is the error', async () => {
    const wire = { code: 'messageBox.damaged', message: 'm', next: 'n', parameters: { file: 'f', offset: 1, record: 2 } };
    const { session } = fakeGroup({ exit: { code: 1, lastLines: `starting\n${JSON.stringify(wire)}\n` } });
    await assert.rejects(session.start(place), (error) => isCode(error, 'messageBox.damaged'));
    assert.equal(session.phase, 'failed');
  });

  test('other last words are the reason', async () => {
    const { session } = fakeGroup({ exit: { code: 1, lastLines: 'one\nno such module\n' } });
    await assert.rejects(session.start(place), /no such module/);
    assert.equal(session.error?.code, 'group.startFailed');
  });

  test('a group that reports failure is ended and its error told', async () => {
    const error = new SohError('messageBox.folderUnusable', { folder: '/data', reason: 'read-only' });
    const { session, calls } = fakeGroup({ first: groupStatus({ state: 'failed', error: toWire(error) }) });
    await assert.rejects(session.start(place), (thrown) => isCode(thrown, 'messageBox.folderUnusable'));
    assert.deepEqual(calls, ['spawn', 'kill']);
    assert.equal(session.phase, 'failed');
  });

  test('can be tried again after a failure', async () => {
    const { session } = fakeGroup({ exit: { code: 1, lastLines: '' } });
    await assert.rejects(session.start(place));
    await assert.rejects(session.start(place));
  });
});

describe('ending', () => {
  test('a stop that was asked for is no failure', async () => {
    const { session } = fakeGroup({ running: true });
    let failures = 0;
    session.onDidFail.add(() => failures++);
    await session.adopt();
    await session.stop();
    assert.deepEqual([session.phase, failures, session.status], ['stopped', 0, undefined]);
  });

  test('a stop by somebody else is no failure', async () => {
    const { session, send, lose } = fakeGroup({ running: true });
    await session.adopt();
    send({ kind: 'delta', frame: 1, status: groupStatus({ state: 'stopping' }) });
    lose();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(session.phase, 'stopped');
  });

  test('a supervisor that vanishes is one failure', async () => {
    const { session, lose } = fakeGroup({ running: true });
    const failures: string[] = [];
    session.onDidFail.add(({ code }) => failures.push(code));
    await session.adopt();
    lose();
    await until(() => session.phase === 'failed');
    assert.deepEqual(failures, ['group.supervisorGone']);
    assert.equal(session.status, undefined);
  });

  test('a connection that breaks while the group lives is made again, and nothing is said', async () => {
    const { session, disconnect, send } = fakeGroup({ running: true });
    const failures: string[] = [];
    session.onDidFail.add(({ code }) => failures.push(code));
    await session.adopt();
    const frame = session.model.snapshot()?.frame ?? 0;
    disconnect();
    await until(() => (session.model.snapshot()?.frame ?? 0) > frame);
    send({ kind: 'delta', frame: 1, instances: [instance('c')] });
    assert.deepEqual([session.phase, failures, session.model.instances.has('c')], ['running', [], true]);
  });
});

describe('frames', () => {
  test('are numbered on and on, over connections too', async () => {
    const group = fakeGroup({ running: true });
    const numbers: number[] = [];
    group.session.onFrame.add(({ frame }) => numbers.push(frame));
    await group.session.adopt();
    group.send({ kind: 'delta', frame: 1, instances: [instance('b')] });
    await group.session.stop();
    await group.session.adopt();
    assert.deepEqual(numbers, [1, 2, 3]);
    assert.equal(group.session.model.snapshot()?.frame, 3);
  });

  test('of finished instances only the newest are kept', async () => {
    const group = fakeGroup({ running: true });
    await group.session.adopt();
    const done = Array.from({ length: 5000 }, (_, index) =>
      instance(`i${index}`, { state: 'Completed', changed: new Date(index).toISOString() }),
    );
    group.send({ kind: 'delta', frame: 1, instances: done });
    assert.ok(group.session.model.instances.size <= 601);
    assert.ok(group.session.model.instances.has('i4999'));
    assert.ok(group.session.model.instances.has('a'), 'a live one is never forgotten');
  });
});
