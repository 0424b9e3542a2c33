/**
 * Guarantee: what nobody subscribes to is an exception of the orchestration that sends it (docs/behaviour.md, section 9.2): nothing of the
 * commit counts. The message is kept once, in an instance that nobody can resume; the sender goes on where it handles the exception, or can be
 * resumed when somebody subscribes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import { InstanceHistory } from '../../../emulator/tracking/history.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { define, numberOf, publish } from '../engine/group.ts';
import { SmallHost } from './smallHost.ts';

const lost = define((o) => [o.expression('count', ({ variables }) => void variables.n++), ...publish(o, 'send')]);
const handled = define((o) => [
  o.scope('guard', publish(o, 'send'), [
    o.handler('nobody', 'PersistenceException', [o.delay('later', 1000), ...publish(o, 'send again')]),
  ]),
]);
function started(compiled: typeof lost): SmallHost {
  const host = new SmallHost(compiled);
  host.submit('In');
  host.work();
  return host;
}

const kept = ({ store }: SmallHost): Instance[] => [...store.state.instances.values()].filter(({ kind }) => kind === 'receiveLocation');

test('nobody handles it: nothing was committed, and the message is kept with a report', () => {
  const host = started(lost);
  const { status, version, error, queue } = host.instance;
  assert.deepEqual([status, version, error?.code, queue.length], ['suspended', 1, 'orchestration.uncaught', 1]);
  assert.match(
    error?.message ?? '',
    /PersistenceException in shape "send": Nobody subscribes to the message of type "Note" that "send" sends/,
  );
  const [report, ...others] = kept(host);
  assert.ok(report && others.length === 0);
  assert.deepEqual([report.status, report.error?.code], ['suspendedNotResumable', 'message.notRouted']);
  const message = host.store.state.messages.get(report.queue[0]?.message ?? '');
  assert.equal(message?.body, '{"key":"k","amount":0}');
  const { refused } = atOnce(operate(host.core.messageBox, 'resume', { ids: [report.id] }));
  assert.equal(refused[0]?.error.code, 'group.notResumable');
});

test('resumed while nobody subscribes it fails again, resumed when somebody does it goes on; terminating the report costs nothing else', () => {
  const host = started(lost);
  const resume = (): void => {
    atOnce(operate(host.core.messageBox, 'resume', { ids: [host.instance.id] }));
    host.core.messageBox.settle();
    host.work();
  };
  resume();
  assert.equal(host.instance.status, 'suspended');
  const reports = kept(host).map(({ id }) => id);
  atOnce(operate(host.core.messageBox, 'terminate', { ids: reports }));
  host.enlist('Out');
  resume();
  assert.equal([...host.store.state.instances.values()].filter(({ kind }) => kind === 'orchestration').length, 0);
  assert.equal(host.core.records.filter(({ record }) => record.kind === 'commit' && record.outcome === 'completed').length, 1);
});

test('a handler goes on, after a restart too, and each try from one version keeps one report', () => {
  const host = started(handled);
  assert.deepEqual([host.instance.status, kept(host).length], ['idle', 1]);
  host.restart();
  assert.equal(kept(host).length, 1);
  host.pass(2000);
  host.core.messageBox.settle();
  host.work();
  assert.equal(host.instance.status, 'suspended', 'the second Send is not handled');
  assert.equal(kept(host).length, 2);
});

test('the history says what was refused', () => {
  const host = started(lost);
  const history = new InstanceHistory(host.instance.id, () => lost.outline);
  for (const record of host.core.records) history.add(record);
  const refused = history.events.find(({ kind }) => kind === 'refused');
  assert.deepEqual(refused && { ...refused, sequence: 0, at: '' }, {
    ...{ sequence: 0, at: '', kind: 'refused', hostInstance: 'h' },
    ...{ messageType: 'Note', shape: 'send', number: numberOf(lost, 'send') },
  });
});
