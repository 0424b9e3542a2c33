/** What a host instance or the supervisor says is checked once, where it comes in; what is not a frame costs only what it was about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHostFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { readSupervisorFrame } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { commitFrame, Core } from '../../faults/core.ts';

const SOME = commitFrame({ id: 'i#1@1.1', instance: 'i', lock: '1.1', base: 0 });

test('a saved state is JSON, or it is not taken', () => {
  for (const state of ['{}', '{"t":[0]}', 'null', '"text"', ' [1] ']) assert.ok('value' in readHostFrame({ ...SOME, state }), state);
  for (const state of ['', '{', 'undefined', '{"a":1}x', "{'a':1}", 'NaN', '\u0000']) {
    const read = readHostFrame({ ...SOME, state });
    assert.ok('fault' in read && read.fault.startsWith('state: '), state);
  }
});

test('a time that is no date is not taken', () => {
  for (const due of [8.64e15 + 1, -8.64e15 - 1, Number.MAX_SAFE_INTEGER, 1e300]) {
    assert.ok('fault' in readHostFrame({ ...SOME, timers: [{ id: 't', due }] }), String(due));
  }
  assert.ok('value' in readHostFrame({ ...SOME, timers: [{ id: 't', due: 8.64e15 }] }));
});

test('a member that nobody described does not come in, and one that is missing is named', () => {
  const read = readHostFrame({ ...SOME, surprise: 1 });
  assert.ok('value' in read && !('surprise' in read.value));
  const without = readHostFrame({ ...SOME, lock: undefined });
  assert.ok('fault' in without && without.fault.startsWith('lock: '));
  assert.ok('fault' in readHostFrame({ kind: 'unheard of' }));
  assert.ok('fault' in readHostFrame({}));
  assert.ok('fault' in readSupervisorFrame({ kind: 'instances', request: 1, filter: { states: ['Asleep'] }, limit: 1, offset: 0 }));
});

test('a commit that is no frame is rejected, and the instance with its host instance goes on', () => {
  const core = new Core();
  const { connection, session } = core.hello('h1');
  core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  const message = { type: 'Job', properties: { Job: 'x' }, body: '' };
  core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: 'r', message });
  core.messageBox.settle();
  const [granted] = connection.last('grant')?.instances ?? [];
  assert.ok(granted);
  const { instance, lock, version: base } = granted;
  const id = `${instance}#1@${lock}`;
  core.messageBox.notUnderstood(session, { ...commitFrame({ id, instance, lock, base }), state: '{' } as object, 'state: JSON text');
  const rejected = connection.last('rejected');
  assert.deepEqual([rejected?.instance, rejected?.id, rejected?.code], [instance, id, 'messageBox.protocol']);
  assert.ok(core.messageBox.sessions.live.has(session.id));
  core.messageBox.frame(session, commitFrame({ id, instance, lock, base, outcome: 'completed' }));
  assert.equal(connection.last('ack')?.version, 1);
});

test('what names no work is answered and forgotten', () => {
  const core = new Core();
  const { connection, session } = core.hello('h1');
  for (const said of [{}, { kind: 7 }, { kind: 'commit' }, { kind: 'commit', instance: 1, id: 2 }, { kind: 'submit', request: 'x' }]) {
    const before = connection.frames.length;
    core.messageBox.notUnderstood(session, said, 'nothing');
    assert.equal(connection.frames.at(-1)?.kind, 'notUnderstood');
    assert.equal(connection.frames.length, before + 1);
  }
  assert.ok(core.messageBox.sessions.live.has(session.id));
});

test('a repeated commit is known, also when what it refers to has gone', () => {
  const core = new Core();
  const { connection, session } = core.hello('h1');
  core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  const message = { type: 'Job', properties: { Job: 'x' }, body: '' };
  core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: 'r', message });
  core.messageBox.settle();
  const [granted] = connection.last('grant')?.instances ?? [];
  assert.ok(granted);
  const { instance, lock, version: base } = granted;
  const commit = commitFrame({ id: `${instance}#1@${lock}`, instance, lock, base, outcome: 'completed' });
  assert.equal(core.messageBox.counted(commit), false);
  core.messageBox.frame(session, commit);
  assert.equal(core.messageBox.counted(commit), true);
  assert.equal(core.messageBox.counted({ kind: 'submit', request: 2, location: 'L', receiveId: 'r', message }), true);
});
