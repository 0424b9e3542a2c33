/**
 * Guarantee: Call and Start survive their host instances. A real group whose processes die again and again at their third commit: each call
 * runs once, each child is started once, on a host of its own, and everything is published once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestGroup } from '../faults/group.ts';

const module = `
import { messageType, number, orchestration, receivePort, sendPort } from 'scaled-out-hosts';

const order = messageType({ name: 'CallOrder', format: 'json', promoted: { OrderId: '/call' } });
const line = messageType({ name: 'CallLine', format: 'json', promoted: { OrderId: '/line' }, distinguished: { no: number('/no') } });

const write = orchestration(
  'Write',
  { messages: { Line: line }, variables: { no: 0 }, ports: { Out: sendPort() }, parameters: { no: 'ref', Line: 'out' } },
  (o) => [
    o.construct('line', 'Line', ({ variables, instanceId }) => ({ body: { line: instanceId, no: ++variables.no } })),
    o.send('write', { port: 'Out', message: 'Line' }),
  ],
);

export const ship = orchestration(
  'Ship',
  { messages: { Line: line }, variables: { no: 0 }, ports: { Out: sendPort() }, parameters: { no: 'in', Line: 'in' } },
  (o) => [
    o.expression('shipped', ({ variables }) => void (variables.no += 100)),
    o.call('write shipped', write, { ref: { no: 'no' }, out: { Line: 'Line' } }),
  ],
);

export const take = orchestration(
  'Take',
  { messages: { Order: order, Line: line }, variables: { no: 0 }, ports: { In: receivePort() } },
  (o) => [
    o.receive('take', { port: 'In', message: 'Order', activate: true }),
    o.loop('lines', ({ variables }) => variables.no < 3, [
      o.call('write line', write, { ref: { no: 'no' }, out: { Line: 'Line' } }),
      o.start('ship', ship, { in: { no: 'no', Line: 'Line' } }),
    ]),
  ],
);
`;

test('calls and children, whoever dies meanwhile', { timeout: 180_000, skip: process.platform === 'win32' }, async (context) => {
  const group = await TestGroup.start({
    cluster: {
      messageTypes: { CallOrder: { format: 'json', members: ['call'] } },
      orchestrations: [
        { name: 'Take', module: './take.ts', host: 'ProcessingHost' },
        // On another host: it is started by the MessageBox, not by whoever runs the parent.
        { name: 'Ship', module: './take.ts', host: 'SendingHost' },
      ],
      sendPorts: [
        {
          ...{ name: 'Lines', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } },
          filter: [[{ property: 'BTS.MessageType', operator: '==', value: 'CallLine' }]],
        },
      ],
    },
    files: { 'take.ts': module },
    fault: 'hostInstance.beforeCommit:3:kill',
  });
  context.after(() => group.remove());
  await group.drop('order.json', '{"call":"c1"}');
  await group.until(() => group.completed('Take') === 1 && group.completed('Ship') === 3, 'all have ended', 120_000);
  const { records } = await group.judge();
  const lines = records.flatMap(({ record }) => {
    if (record.kind !== 'commit') return [];
    const bodies = (record.published ?? []).filter(({ type }) => type === 'CallLine').map(({ body = '' }) => body);
    return bodies.map((body) => (JSON.parse(body) as { no: number }).no);
  });
  assert.deepEqual(
    lines.sort((a, b) => a - b),
    [1, 2, 3, 102, 103, 104],
  );
});
