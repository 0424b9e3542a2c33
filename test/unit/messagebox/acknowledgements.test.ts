/**
 * Acknowledgements of what send ports did (docs/behaviour.md, sections 14 and 16): they are published for whoever subscribes, without one there
 * is none, and one that nobody has looked at yet is no message that was left.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import type { CommitFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { commitFrame } from '../../faults/core.ts';
import { define, publish, type TestShapes } from '../engine/group.ts';
import { SmallHost } from './smallHost.ts';

/** An instance that has sent a message through "Told", of which the send port has not said anything yet. */
function sent(...after: ((o: TestShapes) => Shape)[]): SmallHost {
  const host = new SmallHost(define((o) => [...publish(o, 'tell', 1, 'Told'), ...after.map((make) => make(o))]));
  host.enlist('Told');
  host.submit('In');
  host.work();
  return host;
}

/** A host instance of the send port gets its work. */
function granted({ core, store }: SmallHost) {
  const filter = [[{ property: BTS.sendPort, operator: '==', value: 'Told' } as const]];
  const service = { id: 'Told', name: 'Told', kind: 'sendPort', host: 'S', outline: [] } as const;
  const { session, connection } = core.hello('s', [], 2, { services: [{ ...service, activations: [{ id: '0', filter, follows: [] }] }] });
  core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  core.messageBox.settle();
  const [grant] = connection.last('grant')?.instances ?? [];
  const [entry] = grant?.queue ?? [];
  const message = store.state.messages.get(entry?.message?.id ?? '');
  assert.ok(grant && entry && message);
  const commit = (frame: Partial<CommitFrame>): void => {
    const { instance, lock, version: base } = grant;
    core.messageBox.frame(session, commitFrame({ id: `${instance}#1@${lock}`, instance, lock, base, ...frame }));
    core.messageBox.settle();
  };
  return { instance: grant.instance, entry: entry.id, message, session, commit };
}

/** The send port has done its work. @returns the record of it */
function transmitted(host: SmallHost, failure?: { code: string; message: string }) {
  const { instance, entry, commit } = granted(host);
  if (failure) commit({ points: ['suspension'], outcome: 'suspended', error: failure });
  else commit({ consumed: [entry], points: ['end'], outcome: 'completed' });
  const record = host.core.records.findLast(({ record: { kind } }) => kind === 'commit')?.record;
  assert.ok(record?.kind === 'commit' && record.instance === instance);
  return record;
}

const terminate = ({ core }: SmallHost, id: string) => atOnce(operate(core.messageBox, 'terminate', { ids: [id] }));

/** The instance that sent knows that its message has not left, also after a restart. */
function assertFailed(host: SmallHost, why: RegExp): void {
  host.restart();
  host.work();
  assert.deepEqual([host.instance.status, host.instance.error?.shape], ['suspended', 'tell']);
  assert.match(host.instance.error?.message ?? '', why);
}

test('the instance that sent wakes and ends', () => {
  const host = sent();
  const { id, status, waits } = host.instance;
  assert.deepEqual([status, waits], ['idle', ['deliveries']]);
  const { published = [] } = transmitted(host);
  assert.deepEqual(
    published.map(({ to }) => to.map(({ instance, subscription }) => [instance, subscription])),
    [[[id, 'deliveries']]],
  );
  host.work();
  assert.equal(host.store.state.instances.has(id), false);
});

test('a failure suspends it, and it can be resumed', () => {
  const host = sent();
  transmitted(host, { code: 'send.failed', message: 'no such folder' });
  host.work();
  assert.deepEqual([host.instance.status, host.instance.error?.shape], ['suspended', 'tell']);
  assert.match(host.instance.error?.message ?? '', /no such folder/);
});

test('one that nobody has looked at is not a message that was left', () => {
  const host = sent(
    (o) => o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
    (o) => o.terminate('stop', ''),
  );
  const { id, service } = host.instance;
  host.submit('More');
  transmitted(host);
  assert.equal(host.instance.queue.length, 2);
  host.work();
  assert.equal(host.store.state.instances.has(id), false);
  assert.deepEqual(host.store.state.finished.get(service), { completed: 0, terminated: 1 });
  assert.deepEqual([...host.store.state.messages.keys()], [], 'nothing is kept');
});

test('nobody subscribes any more: it is not published, and not kept as a routing failure', () => {
  const host = sent((o) => o.terminate('stop', ''));
  assert.deepEqual(
    [...host.store.state.instances.values()].map(({ kind }) => kind),
    ['sendPort'],
  );
  const { published, unrouted } = transmitted(host);
  assert.deepEqual([published, unrouted], [undefined, undefined]);
  assert.deepEqual([host.store.state.instances.size, host.store.state.messages.size], [0, 0]);
});

test('an operator ends the instance of the port: before anybody has it, while it waits to try again, and while it is at work', () => {
  const waiting = sent();
  const [port] = [...waiting.store.state.instances.values()].filter(({ kind }) => kind === 'sendPort');
  terminate(waiting, port?.id ?? '');
  assertFailed(waiting, /was terminated/);
  const retry = { state: '{}', timers: [{ id: 'retry', due: 1e12 }], waits: ['retry'], points: ['dehydration'], outcome: 'idle' } as const;
  const retrying = sent();
  const work = granted(retrying);
  work.commit(retry);
  terminate(retrying, work.instance);
  assertFailed(retrying, /was terminated/);
  const atWork = sent();
  const { instance, commit } = granted(atWork);
  assert.equal(terminate(atWork, instance).counts.pending, 1);
  commit(retry);
  assertFailed(atWork, /was terminated/);
  const lost = sent();
  const held = granted(lost);
  terminate(lost, held.instance);
  lost.core.messageBox.closed(held.session);
  assertFailed(lost, /was terminated/);
});

test('who has given up before is not told twice, when the instance of the port is ended after that', () => {
  const host = sent();
  const { instance, commit } = granted(host);
  const error = { code: 'send.failed', message: 'no such folder' };
  commit({ points: ['suspension'], outcome: 'suspended', error });
  terminate(host, instance);
  const kinds = host.core.records.flatMap(({ record }) => (record.kind === 'operate' ? [record.routed] : []));
  assert.deepEqual(kinds, [undefined]);
  assertFailed(host, /no such folder/);
});

test('the instance of the port is suspended because its host instances crash', () => {
  const host = sent();
  const port = (): Instance | undefined => [...host.store.state.instances.values()].find(({ kind }) => kind === 'sendPort');
  for (let crashes = 0; port()?.status === 'ready' && crashes < 10; crashes++) {
    const { session } = granted(host);
    host.core.messageBox.closed(session);
    host.core.messageBox.gone({ kind: 'gone', hostInstance: 's', pid: 2, exitCode: 1, signal: null, hung: false, text: '' });
  }
  assert.equal(port()?.error?.code, 'sendPort.crashedHost');
  assertFailed(host, /The host instance ended \d+ times while it sent this message/);
});

test('what is said: what became of which message, by which port, to whom; not between two attempts', () => {
  const host = sent();
  const { id } = host.instance;
  const { message, commit } = granted(host);
  commit({ state: '{}', timers: [{ id: 'retry', due: 1 }], waits: ['retry'], points: ['dehydration'], outcome: 'idle' });
  const told = () => host.core.records.flatMap(({ record }) => (record.kind === 'commit' ? (record.published ?? []) : [])).slice(1);
  assert.deepEqual(told(), []);
  const about = { [BTS.ackId]: message.id, [BTS.ackSendPort]: 'Told', [BTS.ackOwner]: id, [BTS.correlationToken]: `${id}#deliveries.1` };
  const left = transmitted(sent()).published?.[0];
  assert.deepEqual([left?.type, left?.body, left?.properties[BTS.ackType]], ['', '', 'ACK']);
  const failure = { code: 'send.failed', message: '<EBUSY> & more' };
  const [nack] = transmitted(sent(), failure).published ?? [];
  assert.deepEqual(nack?.properties, {
    ...about,
    ...{ [BTS.ackType]: 'NACK', [BTS.ackFailureCode]: 'send.failed', [BTS.ackDescription]: failure.message },
  });
  assert.match(nack?.body ?? '', /<faultstring>&lt;EBUSY&gt; &amp; more<\/faultstring>/);
});
