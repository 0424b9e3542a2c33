/**
 * Guarantee: partners meet by the name of a port (docs/behaviour.md, section 10): many send to the port of one (forward), one sends by its own port
 * to many (inverse), and an orchestration that waits for the same type under another name gets nothing. A request to a partner is answered.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestGroup } from '../faults/group.ts';

const module = `
import { messageType, orchestration, receivePort, requestResponsePort, sendPort, solicitResponsePort } from 'scaled-out-hosts';

const order = messageType({ name: 'PartnerOrder', format: 'json', promoted: { Go: '/go' } });
const note = messageType({ name: 'PartnerNote', format: 'json' });

const sender = (name: string) =>
  orchestration(name, { messages: { In: order, Note: note }, ports: { In: receivePort(), Out: sendPort(), News: sendPort() } }, (o) => [
    o.receive('take', { port: 'In', message: 'In', activate: true }),
    o.construct('note', 'Note', () => ({ body: { of: 'nobody' } })),
    o.send('to one', { port: 'Out', message: 'Note' }),
    ...(name === 'First' ? [o.send('to many', { port: 'News', message: 'Note' })] : []),
  ]);
export const first = sender('First');
export const second = sender('Second');

const receiver = (name: string) =>
  orchestration(name, { messages: { Note: note }, ports: { In: receivePort() } }, (o) => [
    o.receive('get', { port: 'In', message: 'Note', activate: true }),
  ]);
export const sink = receiver('Sink');
export const reader = receiver('Reader');
export const listener = receiver('Listener');
export const stranger = receiver('Stranger');

export const asker = orchestration('Asker', { messages: { In: order, Note: note, Reply: note }, ports: { In: receivePort(), Ask: solicitResponsePort() } }, (o) => [
  o.receive('take', { port: 'In', message: 'In', activate: true }),
  o.construct('note', 'Note', () => ({ body: { of: 'nobody' } })),
  o.send('ask', { port: 'Ask', message: 'Note' }),
  o.receive('hear', { port: 'Ask', message: 'Reply' }),
]);
export const server = orchestration('Server', { messages: { Note: note }, ports: { Serve: requestResponsePort() } }, (o) => [
  o.receive('serve', { port: 'Serve', message: 'Note', activate: true }),
  o.send('answer', { port: 'Serve', message: 'Note' }),
]);
`;

test('partners, forward and inverse', { timeout: 120_000 }, async (context) => {
  const orchestration = (name: string, bindings: object): object => ({ name, module: './partners.ts', host: 'ProcessingHost', bindings });
  const group = await TestGroup.start({
    cluster: {
      messageTypes: { PartnerOrder: { format: 'json', members: ['go'] } },
      orchestrations: [
        orchestration('First', { Out: { partner: 'Sink.In' }, News: { partner: 'First.News' } }),
        orchestration('Second', { Out: { partner: 'Sink.In' } }),
        orchestration('Sink', { In: { partner: 'Sink.In' } }),
        orchestration('Reader', { In: { partner: 'First.News' } }),
        orchestration('Listener', { In: { partner: 'First.News' } }),
        orchestration('Stranger', { In: { partner: 'Stranger.In' } }),
        orchestration('Asker', { Ask: { partner: 'Server.Serve' } }),
        orchestration('Server', { Serve: { partner: 'Server.Serve' } }),
      ],
    },
    files: { 'partners.ts': module },
  });
  context.after(() => group.remove());
  await group.drop('order.json', '{"go":"1"}');
  const expected = { First: 1, Second: 1, Sink: 2, Reader: 1, Listener: 1, Stranger: 0, Asker: 1, Server: 1 };
  await group.until(() => Object.entries(expected).every(([name, times]) => group.completed(name) === times), 'all have ended', 60_000);
  await group.judge();
  // Nothing that was on its way came to anybody afterwards.
  for (const [name, times] of Object.entries(expected)) assert.equal(group.completed(name), times, name);
});
