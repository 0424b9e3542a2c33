/**
 * Guarantee: delivery notification survives host instances (docs/behaviour.md, section 14). A real group sends through a port whose server of this test takes
 * some messages and refuses others, while its processes die again and again at their third commit: each scope ends when what was sent in it
 * has left, or gets its exception when the port has given up.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { TestGroup } from '../faults/group.ts';

const module = `
import { messageType, orchestration, receivePort, sendPort } from 'scaled-out-hosts';

const order = messageType({ name: 'Parcels', format: 'json', promoted: { Name: '/parcels' } });
const parcel = messageType({ name: 'Parcel', format: 'json', distinguished: { no: '/no' } });
const line = messageType({ name: 'ParcelsLine', format: 'json' });

export const parcels = orchestration(
  'Parcels',
  {
    messages: { Order: order, Parcel: parcel, Line: line },
    variables: { no: 0, list: [] as string[] },
    ports: { In: receivePort(), Shop: sendPort({ deliveryNotification: true }), Out: sendPort() },
  },
  (o) => [
    o.receive('take', { port: 'In', message: 'Order', activate: true }),
    o.loop('parcels', ({ variables }) => variables.no < 3, [
      o.construct('parcel', 'Parcel', ({ variables, messages }) => ({
        body: { parcel: String(messages.Order.field('Name')), no: ++variables.no },
      })),
      o.scope(
        'try',
        [
          o.send('send', { port: 'Shop', message: 'Parcel' }),
          o.expression('sent', ({ variables }) => void variables.list.push('sent ' + variables.no)),
        ],
        [
          o.handler('lost', 'DeliveryFailureException', [
            o.expression('why', ({ variables, exception }) => void variables.list.push(exception?.from + ' lost ' + variables.no)),
          ]),
        ],
      ),
      o.expression('left', ({ variables }) => void variables.list.push('on')),
    ]),
    o.construct('line', 'Line', ({ variables }) => ({ body: { line: variables.list.join(', ') } })),
    o.send('tell', { port: 'Out', message: 'Line' }),
  ],
);
`;

test('parcels, whoever dies meanwhile', { timeout: 180_000, skip: process.platform === 'win32' }, async (context) => {
  const server = createServer((request, response) => {
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { no } = JSON.parse(body) as { no: number };
      response.writeHead(no % 2 === 0 ? 503 : 202).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const group = await TestGroup.start({
    cluster: {
      messageTypes: { Parcels: { format: 'json', members: ['parcels'] } },
      orchestrations: [
        {
          name: 'Parcels',
          module: './parcels.ts',
          host: 'ProcessingHost',
          bindings: { Shop: { sendPort: 'Shop' }, Out: { sendPort: 'Lines' } },
        },
      ],
      sendPorts: [
        { name: 'Shop', host: 'SendingHost', transport: { adapter: 'HTTP', url, retryCount: 1, retryIntervalMs: 200 } },
        { name: 'Lines', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } },
      ],
    },
    files: { 'parcels.ts': module },
    fault: 'hostInstance.beforeCommit:3:kill',
  });
  context.after(() => group.remove());
  const orders = ['a', 'b'];
  for (const order of orders) await group.drop(`${order}.json`, `{"parcels":"${order}"}`);
  await group.until(() => group.completed('Parcels') === 2, 'all have ended', 150_000);
  const { records } = await group.judge();
  const published = records.flatMap(({ record }) => (record.kind === 'commit' ? (record.published ?? []) : []));
  const lines = published.filter(({ type }) => type === 'ParcelsLine').map(({ body = '' }) => body);
  const told = 'sent 1, on, sent 2, send lost 2, on, sent 3, on';
  assert.deepEqual(
    lines,
    orders.map(() => JSON.stringify({ line: told })),
  );
  const acknowledged = published.map(({ properties }) => properties['BTS.AckType']).filter((type) => type !== undefined);
  assert.deepEqual(acknowledged.sort(), [...Array<string>(4).fill('ACK'), ...Array<string>(2).fill('NACK')]);
});
