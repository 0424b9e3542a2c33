/**
 * An owner that has nothing left to commit does not keep its instance for ever, an operation that is pending is told to each owner, and a
 * suspect that tells ahead which code it runs is a suspect still.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate, type Operation } from '../../../emulator/messagebox/core/operations.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { commitFrame, Core, type FakeConnection } from '../../faults/core.ts';

interface Peer {
  readonly session: Session;
  readonly connection: FakeConnection;
}

function submit(core: Core, job = 'a'): void {
  const message = { type: 'Job', properties: { Job: job }, body: job };
  const { session } = core.hello('R@A');
  core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: job, message });
  core.messageBox.closed(session);
}

function pull(core: Core, { session }: Peer, credit = 1): void {
  core.messageBox.frame(session, { kind: 'pull', credit });
  core.messageBox.settle();
}

/** One job, granted to P@A. */
function granted() {
  const core = new Core();
  submit(core);
  const peer = core.hello('P@A');
  pull(core, peer);
  const grant = peer.connection.last('grant')?.instances[0] ?? assert.fail('nothing was granted');
  const { instance: id, lock } = grant;
  return { core, peer, id, lock };
}

function instanceOf(core: Core, id: string): Instance {
  return core.messageBox.store.state.instances.get(id) ?? assert.fail('it is gone');
}

function operateOn(core: Core, operation: Operation, id: string): void {
  atOnce(operate(core.messageBox, operation, { ids: [id] }));
}

test('a suspension that cannot be committed as it is said is made by the MessageBox', () => {
  const { core, peer, id, lock } = granted();
  const error = { code: 'unexpected', message: 'it could not go on' };
  const suspension = { outcome: 'suspended', points: ['suspension'], error, consumed: ['nothing'] } as const;
  core.messageBox.frame(peer.session, commitFrame({ id: `${id}#1@${lock}`, instance: id, lock, base: 0, ...suspension }));
  assert.equal(peer.connection.last('rejected')?.id, `${id}#1@${lock}`);
  const { status, error: kept } = instanceOf(core, id);
  assert.deepEqual([status, kept, peer.session.held.size], ['suspended', error, 0]);
  operateOn(core, 'resume', id);
  pull(core, peer);
  assert.equal(peer.connection.frames.filter(({ kind }) => kind === 'grant').length, 2, 'resumed, it runs again');
});

test('neither is one that is not even understood; what is not held by who says so is not touched', () => {
  const { core, peer, id } = granted();
  const said: { readonly kind: string } = { ...{ instance: id, id: 'x', outcome: 'suspended' }, kind: 'commit' };
  core.messageBox.notUnderstood(core.hello('Other@A').session, said, 'no');
  assert.equal(instanceOf(core, id).status, 'ready');
  core.messageBox.notUnderstood(peer.session, Object.assign({ ...said }, { outcome: 'running' }), 'no');
  assert.deepEqual([instanceOf(core, id).status, peer.session.held.size], ['ready', 1], 'its owner suspends it');
  core.messageBox.notUnderstood(peer.session, said, 'no');
  assert.deepEqual([instanceOf(core, id).status, peer.session.held.size], ['suspended', 0]);
});

test('who commits from a version that is not the current one has lost its way: the instance goes on from its last commit', () => {
  const { core, peer, id, lock } = granted();
  core.messageBox.frame(peer.session, commitFrame({ id: `${id}#6@${lock}`, instance: id, lock, base: 5 }));
  assert.equal(peer.connection.last('rejected')?.code, 'stale');
  pull(core, peer);
  const again = peer.connection.last('grant')?.instances[0];
  assert.deepEqual([again?.instance, again?.version, again?.lock === lock], [id, 0, false]);
});

test('after a restart of the MessageBox a pending operation is told to the owner that comes back, or to the next one', () => {
  for (const operation of ['suspend', 'terminate'] as const) {
    const { core, peer, id } = granted();
    operateOn(core, operation, id);
    assert.equal(peer.connection.last('operate')?.operation, operation);
    core.restart();
    const back = core.hello('P@A', [{ instance: id, version: 0 }]);
    assert.deepEqual(
      back.connection.frames.map(({ kind }) => kind).filter((kind) => kind !== 'receive'),
      ['welcome', 'deliver', 'operate'],
    );
    core.restart();
    const next = core.hello('P@B');
    pull(core, next);
    const kinds = next.connection.frames.map(({ kind }) => kind).filter((kind) => kind === 'grant' || kind === 'operate');
    assert.deepEqual([kinds, next.connection.last('operate')?.operation], [['grant', 'operate'], operation]);
  }
});

test('an operation that is pending when its owner is lost is applied at once: what nobody runs has nothing to wait for', () => {
  for (const operation of ['suspend', 'terminate'] as const) {
    const { core, peer, id } = granted();
    operateOn(core, operation, id);
    core.messageBox.closed(peer.session);
    const left = core.messageBox.store.state.instances.get(id);
    assert.deepEqual([left?.status, left?.operation], operation === 'suspend' ? ['suspended', null] : [undefined, undefined]);
    const next = core.hello('P@B');
    pull(core, next);
    assert.equal(next.connection.last('grant'), undefined);
  }
});

test('what has ended its owners too often says so, also when it was to be suspended', () => {
  const core = new Core();
  submit(core);
  for (let times = 1; ; times++) {
    const peer = core.hello('P@A');
    pull(core, peer);
    const [instance] = core.messageBox.store.state.instances.values();
    assert.ok(instance);
    if (times === 4) operateOn(core, 'suspend', instance.id);
    core.messageBox.closed(peer.session);
    if (times < 4) continue;
    core.messageBox.gone({ kind: 'gone', hostInstance: 'P@A', pid: 1, exitCode: 3, signal: null, hung: false, text: '' });
    assert.deepEqual([instance.status, instance.error?.code, instance.operation], ['suspended', 'orchestration.crashedHost', null]);
    return;
  }
});

test('what is saved idle and waits for nothing was running: it is ready, and goes on at another host instance, which takes nothing over', () => {
  const { core, peer, id, lock } = granted();
  const next = core.hello('P@B');
  pull(core, next);
  const consumed = instanceOf(core, id).queue.map((entry) => entry.id);
  const frame = { id: `${id}#1@${lock}`, instance: id, lock, base: 0, state: '{"t":[1]}', consumed };
  core.messageBox.frame(peer.session, { kind: 'drain' });
  core.messageBox.frame(peer.session, commitFrame({ ...frame, outcome: 'idle', points: ['send', 'shutdown'], waits: [] }));
  core.messageBox.settle();
  assert.equal(peer.connection.last('ack')?.released, true);
  assert.deepEqual([next.connection.last('grant')?.instances[0]?.instance, instanceOf(core, id).takeovers], [id, 0]);
});

test('nothing pending: nobody is reminded of anything', () => {
  const { core, peer, id } = granted();
  core.restart();
  const back = core.hello('P@A', [{ instance: id, version: 0 }]);
  assert.deepEqual([peer.connection.last('operate'), back.connection.last('operate')], [undefined, undefined]);
});

test('a suspect that tells which code it runs next is a suspect still, and runs alone', () => {
  const { core, peer, id } = granted();
  core.messageBox.closed(peer.session);
  const second = core.hello('P@A');
  pull(core, second);
  core.messageBox.closed(second.session);
  const third = core.hello('P@A');
  pull(core, third, 5);
  const grant = third.connection.last('grant')?.instances[0];
  assert.deepEqual([grant?.instance, grant?.alone, grant?.tellAhead], [id, true, true]);
  core.messageBox.frame(third.session, { kind: 'progress', instance: id, trace: [[0, 0]], next: 1 });
  submit(core, 'b');
  core.messageBox.settle();
  assert.equal(third.connection.frames.filter(({ kind }) => kind === 'grant').length, 1);
});
