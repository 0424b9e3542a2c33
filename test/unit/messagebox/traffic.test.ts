/** What the feed says flowed is what flowed: each message handed to a host instance, and each one taken from it, once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PROTOCOL_VERSION } from '../../../emulator/messagebox/protocol/frames.ts';
import { Reports } from '../../../emulator/messagebox/view/reports.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import { commitFrame, Core, FakeConnection, JOB } from '../../faults/core.ts';

const message = { type: 'Job', properties: { Job: 'a' }, body: 'a' };

function traffic(core: Core): Record<string, [delivered: number, published: number]> {
  const { sessions } = new Reports(core.messageBox, () => ({ journalBytes: 0 })).status();
  return Object.fromEntries(sessions.map(({ hostInstance, delivered, published }) => [hostInstance, [delivered, published]]));
}

function submit(core: Core, session: Session, receiveId: string): void {
  core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId, message });
}

/** Takes work, and commits the first instance it was granted with one more published message. */
function work(core: Core, { session, connection }: { session: Session; connection: FakeConnection }): void {
  core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  core.messageBox.settle();
  const grant = connection.last('grant')?.instances[0];
  assert.ok(grant);
  const { instance, lock, version, queue } = grant;
  const consumed = queue.map(({ id }) => id);
  const published = [{ ...message, shape: 1 }];
  core.messageBox.frame(
    session,
    commitFrame({ id: `${instance}#${version + 1}@${lock}`, instance, lock, base: version, consumed, published }),
  );
}

test('a submission and what a commit publishes are counted for the one, what is granted for the other; a repeated one is not', () => {
  const core = new Core();
  const receiving = core.hello('R@A');
  const processing = core.hello('P@A');
  submit(core, receiving.session, 'one');
  submit(core, receiving.session, 'one');
  assert.deepEqual(traffic(core), { 'R@A': [0, 1], 'P@A': [0, 0] });
  work(core, processing);
  assert.deepEqual(traffic(core), { 'R@A': [0, 1], 'P@A': [1, 1] });
});

test('a message that goes to another host instance after a loss has flowed twice, and nothing is forgotten with a session', () => {
  const core = new Core();
  const receiving = core.hello('R@A');
  const first = core.hello('P@A');
  submit(core, receiving.session, 'one');
  core.messageBox.frame(first.session, { kind: 'pull', credit: 1 });
  core.messageBox.settle();
  core.messageBox.closed(first.session);
  core.messageBox.closed(receiving.session);
  const second = core.hello('P@B');
  work(core, second);
  assert.deepEqual(traffic(core), { 'R@A': [0, 1], 'P@A': [1, 0], 'P@B': [1, 1] });
});

test('a MessageBox that starts again counts from nothing', () => {
  const core = new Core();
  submit(core, core.hello('R@A').session, 'one');
  core.restart();
  core.hello('R@A');
  assert.deepEqual(traffic(core), { 'R@A': [0, 0] });
});

test('the record of a loss says which instances may have been transmitting: those of send ports', () => {
  const core = new Core();
  const connection = new FakeConnection();
  const port = { ...JOB, id: 'Port', name: 'Port', kind: 'sendPort', host: 'S' } as const;
  const hello = {
    kind: 'hello',
    protocol: PROTOCOL_VERSION,
    hostInstance: 'S@A',
    host: 'S',
    computer: 'A',
    pid: 1,
    services: [port],
    resume: [],
  } as const;
  const sending = core.messageBox.hello(connection, hello);
  assert.ok(sending);
  const { session: processing } = core.hello('P@A');
  submit(core, processing, 'one');
  for (const session of [sending, processing]) core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  core.messageBox.settle();
  for (const session of [sending, processing]) core.messageBox.closed(session);
  const losses = core.records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? [record] : []));
  assert.deepEqual(
    losses.map(({ hostInstance, lost }) => [hostInstance, lost.map(({ sendPort }) => sendPort)]),
    [
      ['S@A', [true]],
      ['P@A', [undefined]],
    ],
  );
});
