/**
 * Acknowledgements of what send ports did (docs/behaviour.md, sections 14 and 16): they are published for whoever subscribes, without one there
 * is none, and one that nobody has looked at yet is no message that was left.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acknowledge } from '../../../emulator/orchestration/acknowledgements.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
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

/** The send port has done its work. @returns the record of it */
function transmitted({ core, store }: SmallHost, failure?: { code: string; message: string }) {
  const filter = [[{ property: BTS.sendPort, operator: '==', value: 'Told' } as const]];
  const service = { id: 'Told', name: 'Told', kind: 'sendPort', host: 'S', outline: [] } as const;
  const { session, connection } = core.hello('s', [], 2, { services: [{ ...service, activations: [{ id: '0', filter, follows: [] }] }] });
  core.messageBox.frame(session, { kind: 'pull', credit: 1 });
  core.messageBox.settle();
  const [granted] = connection.last('grant')?.instances ?? [];
  const [entry] = granted?.queue ?? [];
  const message = store.state.messages.get(entry?.message?.id ?? '');
  assert.ok(granted && entry && message);
  const { instance, lock, version: base } = granted;
  const published = [{ ...acknowledge(message, 'Told', failure), shape: 0 }];
  const done = { consumed: [entry.id], points: ['end'], outcome: 'completed', published } as const;
  core.messageBox.frame(session, commitFrame({ id: `${instance}#1@${lock}`, instance, lock, base, ...done }));
  const record = core.records.findLast((one) => one.record.kind === 'commit')?.record;
  assert.ok(record?.kind === 'commit' && record.instance === instance);
  core.messageBox.settle();
  return record;
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
