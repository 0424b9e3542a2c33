/** The drawing tells the truth: a silent host instance never looks alive, a healthy one never looks suspect, and every box has its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { balance } from '../../../webview/model/balance.ts';
import { liveness } from '../../../webview/model/liveness.ts';
import { hostInstanceActions } from '../../../emulator/control/hostInstanceActions.ts';
import { instanceActions } from '../../../webview/model/operations.ts';
import { colourOf, topology } from '../../../webview/model/topology.ts';
import { along, directionsOf, wiresOf, type Wire } from '../../../webview/view/topology/wires.ts';
import { counts, group, hostInstance, instance } from './group.ts';

test('a host instance that says it runs, but is silent, turns suspect and then lost', () => {
  const look = (leaseAgeMs: number): string => liveness(hostInstance('P@A', { leaseAgeMs, leaseMs: 1500 }), 0).look;
  assert.deepEqual([100, 600, 1200, 1500].map(look), ['running', 'running', 'suspect', 'lost']);
});

test('in every profile a host instance that misses no heartbeat stays running, however late the next frame is', () => {
  for (const { heartbeatMs, leaseMs } of Object.values(profiles)) {
    const healthy = hostInstance('P@A', { leaseAgeMs: heartbeatMs, leaseMs });
    assert.equal(liveness(healthy, 3_600_000).look, 'running');
  }
});

test('without a session there is no lease to draw', () => {
  assert.deepEqual(liveness(hostInstance('P@A', { state: 'stopped', leaseAgeMs: null }), 100), { look: 'stopped', ageMs: null, left: 0 });
});

test('hosts stand in the direction of the messages, computers in the order of the group', () => {
  const names = ['SendingHost@A', 'ProcessingHost@B', 'ProcessingHost@A', 'ReceivingHost@A'];
  const service = { enlisted: true, counts };
  const status = group(
    names.map((name) => hostInstance(name)),
    {
      computers: [
        { name: 'A', state: 'running' },
        { name: 'B', state: 'failed' },
      ],
      services: [
        { ...service, name: 's', kind: 'sendPort', host: 'SendingHost' },
        { ...service, name: 'o', kind: 'orchestration', host: 'ProcessingHost' },
        { ...service, name: 'r', kind: 'receiveLocation', host: 'ReceivingHost' },
      ],
    },
  );
  const { columns, rows } = topology(status);
  assert.deepEqual(
    columns.map(({ host }) => host),
    ['ReceivingHost', 'ProcessingHost', 'SendingHost'],
  );
  assert.deepEqual(
    rows.map(({ computer, state, places }) => [computer, state, places.map((place) => place?.name ?? null)]),
    [
      ['A', 'running', ['ReceivingHost@A', 'ProcessingHost@A', 'SendingHost@A']],
      ['B', 'failed', [null, 'ProcessingHost@B', null]],
    ],
  );
  assert.deepEqual([colourOf(status, 'ProcessingHost@A'), colourOf(status, 'gone'), colourOf(status, null)], [2, null, null]);
});

test('each direction has its line, where messages can go', () => {
  const none = { delivered: 0, published: 0 };
  assert.deepEqual(directionsOf('receiving', none), ['published']);
  assert.deepEqual(directionsOf('processing', none), ['delivered', 'published']);
  assert.deepEqual(directionsOf('sending', none), ['delivered']);
  assert.deepEqual(directionsOf('sending', { delivered: 5, published: 1 }), ['delivered', 'published'], 'a send port that gets a response');
});

test('the lines of a column go from their boxes to the MessageBox, with the messages, and none crosses another', () => {
  const messageBox = { left: 0, right: 400, top: 500, bottom: 550 };
  const column = ['A', 'B', 'C'].map((computer, row) => ({
    hostInstance: `P@${computer}`,
    box: { left: 100, right: 300, top: 10 + row * 120, bottom: 100 + row * 120 },
    directions: ['delivered', 'published'] as const,
  }));
  const wires = wiresOf(column, messageBox);
  assert.equal(wires.length, 6);
  for (const wire of wires) {
    const [from, to] = [along(wire, 0), along(wire, 1)];
    const [box, end] = wire.direction === 'published' ? [from, to] : [to, from];
    assert.deepEqual([box[0], end[1]].map(Math.round), [100, 500]);
    assert.deepEqual(along(wire, 7), to, 'never beyond its end');
  }
  const lines = wires.map(({ corners }: Wire) => ({ x: corners[1][0], y: corners[1][1] }));
  assert.ok(lines.every(({ x, y }, index) => index === 0 || (x > (lines[index - 1]?.x ?? 0) && y > (lines[index - 1]?.y ?? 0))));
  assert.ok(
    lines.every(({ x }) => x > 16 && x < 100),
    'beside the box, and not over its neighbour',
  );
});

test('shares of a host add up, and a host that did nothing has none', () => {
  const status = group([
    hostInstance('ProcessingHost@A', { committed: 75 }),
    hostInstance('ProcessingHost@B', { committed: 25 }),
    hostInstance('SendingHost@A'),
  ]);
  const [processing, sending] = balance(status);
  assert.deepEqual([processing?.shares.map(({ share }) => share), processing?.ideal, processing?.queued], [[0.75, 0.25], 0.5, 3]);
  assert.deepEqual([sending?.shares.map(({ share }) => share), sending?.queued], [[0], 0]);
});

test('an action is offered exactly where the group would take it', () => {
  const offered = (actions: object): string[] => Object.entries(actions).flatMap(([name, can]) => (can === true ? [name] : []));
  assert.deepEqual(offered(hostInstanceActions('running', true)), ['kill', 'freeze', 'stop']);
  assert.deepEqual(offered(hostInstanceActions('frozen', true)), ['kill', 'thaw']);
  assert.deepEqual(offered(hostInstanceActions('restarting', true)), ['start']);
  assert.deepEqual(offered(hostInstanceActions('failed', false)), []);
  assert.deepEqual(offered(hostInstanceActions('suspect', true)), ['kill', 'freeze', 'stop']);
  assert.deepEqual(offered(hostInstanceActions('held', true)), ['kill', 'stop']);
  assert.deepEqual(offered(hostInstanceActions('lost', true, true)), ['kill', 'stop']);
  assert.deepEqual(offered(hostInstanceActions('lost', true, false)), ['start']);
  assert.deepEqual(offered(instanceActions(instance('a'))), ['suspend', 'terminate']);
  assert.deepEqual(offered(instanceActions(instance('a', { state: 'Suspended (resumable)' }))), ['resume', 'terminate']);
  assert.deepEqual(offered(instanceActions(instance('a', { state: 'Completed' }))), []);
});
