/**
 * Guarantee: solicit-response survives its host instances. A real group asks a server of this test by HTTP while its processes die again and
 * again at their third commit: each request gets its own response once, or its fault, and a child answers its own parent.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { TestGroup } from '../faults/group.ts';

const module = `
import { messageType, number, orchestration, receivePort, selfCorrelatingPort, sendPort, solicitResponsePort } from 'scaled-out-hosts';

const order = messageType({ name: 'AskOrder', format: 'json', promoted: { OrderId: '/ask' } });
const question = messageType({ name: 'AskQuestion', format: 'json' });
const quote = messageType({ name: 'AskQuote', format: 'json', distinguished: { quoted: '/quoted', no: number('/no') } });
const refusal = messageType({ name: 'AskRefusal', format: 'json', distinguished: { why: '/why' } });
const line = messageType({ name: 'AskLine', format: 'json', distinguished: { line: '/line' } });

export const child = orchestration(
  'Child',
  { messages: { Line: line }, ports: { Back: sendPort() }, parameters: { Line: 'in', Back: 'in' } },
  (o) => [o.send('answer', { port: 'Back', message: 'Line' })],
);

export const ask = orchestration(
  'Ask',
  {
    messages: { Order: order, Question: question, Quote: quote, Refused: refusal, Line: line, Told: line },
    variables: { no: 0, list: [] as string[] },
    ports: { In: receivePort(), Shop: solicitResponsePort({ faults: ['Refused'] }), Told: selfCorrelatingPort(), Out: sendPort() },
  },
  (o) => [
    o.receive('take', { port: 'In', message: 'Order', activate: true }),
    o.loop('questions', ({ variables }) => variables.no < 4, [
      o.construct('question', 'Question', ({ variables, messages }) => ({
        body: { ask: String(messages.Order.field('OrderId')), no: ++variables.no },
      })),
      o.scope(
        'try',
        [
          o.send('ask', { port: 'Shop', message: 'Question' }),
          o.receive('quote', { port: 'Shop', message: 'Quote' }),
          o.expression('quoted', ({ variables, messages }) => void variables.list.push(String(messages.Quote.field('quoted')))),
        ],
        [
          o.handler('refused', 'AskRefusal', [
            o.expression('why', ({ variables, messages }) => void variables.list.push(String(messages.Refused.field('why')))),
          ]),
        ],
      ),
    ]),
    o.construct('line', 'Line', ({ messages }) => ({ body: { line: String(messages.Order.field('OrderId')) } })),
    o.start('child', child, { in: { Line: 'Line', Back: 'Told' } }),
    o.receive('told', { port: 'Told', message: 'Told' }),
    o.construct('sum', 'Line', ({ variables, messages }) => ({
      body: { line: [...variables.list, String(messages.Told.field('line'))].join(' ') },
    })),
    o.send('tell', { port: 'Out', message: 'Line' }),
  ],
);
`;

test('questions and answers, whoever dies meanwhile', { timeout: 180_000, skip: process.platform === 'win32' }, async (context) => {
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    keys.add(String(request.headers['idempotency-key']));
    request.setEncoding('utf8');
    let body = '';
    request.on('data', (text: string) => (body += text));
    request.on('end', () => {
      const { ask, no } = JSON.parse(body) as { ask: string; no: number };
      const refuses = no % 2 === 0;
      response.writeHead(refuses ? 500 : 200).end(JSON.stringify(refuses ? { why: `${ask}-${no}!` } : { quoted: `${ask}-${no}`, no }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const group = await TestGroup.start({
    cluster: {
      messageTypes: {
        AskOrder: { format: 'json', members: ['ask'] },
        AskQuote: { format: 'json', members: ['quoted', 'no'] },
        AskRefusal: { format: 'json', members: ['why'] },
      },
      orchestrations: [
        { name: 'Ask', module: './ask.ts', host: 'ProcessingHost', bindings: { Shop: { sendPort: 'Shop' }, Out: { sendPort: 'Lines' } } },
        { name: 'Child', module: './ask.ts', host: 'SendingHost' },
      ],
      sendPorts: [
        { name: 'Shop', host: 'SendingHost', transport: { adapter: 'HTTP', url, twoWay: true, retryCount: 3, retryIntervalMs: 300 } },
        { name: 'Lines', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } },
      ],
    },
    files: { 'ask.ts': module },
    fault: 'hostInstance.beforeCommit:3:kill',
  });
  context.after(() => group.remove());
  const orders = ['a', 'b', 'c'];
  for (const order of orders) await group.drop(`${order}.json`, `{"ask":"${order}"}`);
  await group.until(() => group.completed('Ask') === 3 && group.completed('Child') === 3, 'all have ended', 150_000);
  const { records } = await group.judge();
  const published = records.flatMap(({ record }) => (record.kind === 'commit' ? (record.published ?? []) : []));
  const lines = published.filter(({ shape, type }) => type === 'AskLine' && shape !== 0).map(({ body = '' }) => body);
  assert.deepEqual(
    lines.sort(),
    orders.map((order) => JSON.stringify({ line: `${order}-1 ${order}-2! ${order}-3 ${order}-4! ${order}` })),
  );
  // A repeated transmission says so; no request was published twice.
  assert.equal(keys.size, 12);
});
