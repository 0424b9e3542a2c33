/**
 * Guarantee: what a received body is (type, promoted properties, or the reason why it is none) depends on its bytes and the declared
 * types only, and no bytes make reading it throw.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import type { DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';

const order: DeclaredMessageType = {
  name: 'http://example.org/orders#Order',
  format: 'xml',
  namespaces: { o: 'http://example.org/orders' },
  promoted: {
    'Order.Id': { path: '/o:Order/o:Id', type: 'string' },
    'Order.Total': { path: '/o:Order/o:Total', type: 'number' },
    'Order.Urgent': { path: '/o:Order/@urgent', type: 'boolean' },
  },
  distinguished: { lines: { path: 'count(/o:Order/o:Line)', type: 'number' } },
};
const payment: DeclaredMessageType = {
  name: 'Payment',
  format: 'json',
  namespaces: {},
  promoted: { 'Payment.Order': { path: '/order/id', type: 'string' }, 'Payment.Amount': { path: '/amount', type: 'number' } },
  distinguished: { first: { path: '/parts/0/a~1b', type: 'string' } },
  members: ['order', 'amount'],
};
const refund: DeclaredMessageType = { ...payment, name: 'Refund', promoted: {}, distinguished: {}, members: ['order', 'amount', 'refund'] };
const types = new MessageTypes(new Map([order, payment, refund].map((type) => [type.name, type])));
const read = (text: string, hint = {}): ReturnType<MessageTypes['disassemble']> => types.disassemble(Buffer.from(text), hint);
const xml = (inner: string, attributes = ''): string => `<Order xmlns="http://example.org/orders"${attributes}>${inner}</Order>`;

test('XML: type, promoted and transport properties', () => {
  const { message, malformed } = read(xml('<Id>0042</Id><Total> 12.50 </Total><Line/><Line/>', ' urgent="1"'), {
    properties: { 'BTS.ReceivePortName': 'Orders' },
  });
  assert.equal(malformed, undefined);
  assert.equal(message.type, order.name);
  assert.deepEqual(message.properties, {
    'Order.Id': '0042',
    'Order.Total': 12.5,
    'Order.Urgent': true,
    'BTS.ReceivePortName': 'Orders',
    'BTS.MessageType': order.name,
  });
  assert.equal(types.field(order, message.body, { path: 'count(/o:Order/o:Line)', type: 'number' }), 2);
});

test('missing and empty fields are not there', () => {
  assert.deepEqual(types.promote(order, xml('<Id/><Total/>')), { 'Order.Id': '' });
  assert.deepEqual(types.promote(order, xml('<Total>-0</Total>')), { 'Order.Total': 0 });
});

test('a value of another type and a promoted value that is too long suspend the message', () => {
  assert.equal(read(xml('<Total>a lot</Total>')).malformed?.code, 'message.badValue');
  assert.equal(read(xml('<Total>1e999</Total>')).malformed?.code, 'message.badValue');
  assert.equal(read(xml(`<Id>${'x'.repeat(256)}</Id>`)).malformed, undefined);
  const { malformed, message } = read(xml(`<Id>${'x'.repeat(257)}</Id>`));
  assert.equal(malformed?.code, 'message.promotedTooLong');
  assert.match(malformed.message, /Order\.Id.*257/);
  assert.equal(message.type, '');
});

test('JSON: recognised by members, the most demanding type first; or named by the receive location', () => {
  assert.equal(read('{"order":{"id":7},"amount":"3.5"}').message.type, 'Payment');
  assert.deepEqual(read('{"order":{"id":7},"amount":"3.5"}').message.properties, {
    'Payment.Order': '7',
    'Payment.Amount': 3.5,
    'BTS.MessageType': 'Payment',
  });
  assert.equal(read('{"order":1,"amount":2,"refund":true}').message.type, 'Refund');
  assert.equal(read('{"else":1}').message.type, '');
  assert.equal(read('{"else":1}', { type: 'Payment' }).message.type, 'Payment');
  assert.equal(read('[1,2]').message.type, '');
  assert.equal(types.field(payment, '{"parts":[{"a/b":null}]}', { path: '/parts/0/a~1b', type: 'string' }), undefined);
  assert.equal(types.field(payment, '{"parts":[{"a/b":"x"}]}', { path: '/parts/0/a~1b', type: 'string' }), 'x');
  assert.equal(types.field(payment, '{}', { path: '/__proto__/constructor', type: 'string' }), undefined);
  assert.equal(types.field(payment, '[1]', { path: '/length', type: 'number' }), undefined);
});

test('JSON: the place of an error', () => {
  const cases: [string, number, number, RegExp][] = [
    ['{"a":1,\n "b":}', 2, 6, /expected a value, found "}"/],
    ['{"a":1', 1, 7, /found the end/],
    ['{"a" 1}', 1, 6, /expected ":"/],
    ['[1 2]', 1, 4, /"," or "\]"/],
    ['[01]', 1, 3, /"," or "\]"/],
    ['{"a":"x\ny"}', 1, 8, /has to be escaped/],
    ['["\\q"]', 1, 3, /unknown escape/],
    ['{a:1}', 1, 2, /double quotes/],
    ['{} x', 1, 4, /expected the end/],
    ['["abc', 1, 2, /not closed/],
    ['[1,]', 1, 4, /a value/],
  ];
  for (const [body, line, column, reason] of cases) {
    const { malformed, message } = read(body);
    assert.equal(malformed?.code, 'message.malformed', body);
    assert.match(malformed.message, new RegExp(`line ${String(line)}, column ${String(column)}`), `${body}: ${malformed.message}`);
    assert.match(malformed.message, reason);
    assert.equal(message.body, body);
  }
});

test('the JSON scan accepts exactly what JSON.parse accepts', () => {
  const seed = Number(process.env['SOH_SEED'] ?? 20_260);
  let state = seed;
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) % below;
  const parts = ['{', '}', '[', ']', ',', ':', '"a"', '"\\n"', '1', '-0.5e3', 'true', 'null', ' ', '\n', '"', '01', '-', '\\'];
  const parses = (text: string): boolean => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  for (let run = 0; run < 20_000; run++) {
    const text = `[${Array.from({ length: 1 + random(7) }, () => parts[random(parts.length)]).join('')}]`;
    assert.equal(read(text).malformed === undefined, parses(text), `seed ${String(seed)}, run ${String(run)}: ${text}`);
  }
});

test('encodings: byte order marks, declared encodings, bytes that are no text', () => {
  const text = `<?xml version="1.0" encoding="utf-16"?>${xml('<Id>Åsa</Id>')}`;
  const little = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
  const big = Buffer.from(little).swap16();
  for (const bytes of [
    little,
    big,
    Buffer.from(`\ufeff${xml('<Id>Åsa</Id>')}`),
    Buffer.from(`<?xml version="1.0" encoding='ISO-8859-1'?>${xml('<Id>Åsa</Id>')}`, 'latin1'),
  ]) {
    const { message, malformed } = types.disassemble(bytes);
    assert.equal(malformed, undefined);
    assert.equal(message.properties['Order.Id'], 'Åsa');
    assert.doesNotMatch(message.body, /utf-16|8859/, 'the stored text says utf-8');
  }
  const binary = types.disassemble(Buffer.from([0x00, 0xff, 0xc0, 0x80]));
  assert.deepEqual(binary, { message: { type: '', body: 'AP/AgA==', properties: { 'BTS.Encoding': 'base64' } } });
  const broken = types.disassemble(Buffer.concat([Buffer.from('<a>\n x'), Buffer.from([0xff]), Buffer.from('</a>')]));
  assert.match(broken.malformed?.message ?? '', /line 2, column 3/);
  assert.equal(broken.message.properties['BTS.Encoding'], 'base64');
});

test('untyped content is legal', () => {
  assert.deepEqual(read('id;amount\n1;2'), { message: { type: '', body: 'id;amount\n1;2', properties: {} } });
  assert.equal(read('').malformed, undefined);
  assert.equal(read('<unknown/>').message.type, 'unknown');
});

test('a path that cannot be compiled is refused with the types, before any message', () => {
  const bad = (path: string, format: 'xml' | 'json'): (() => unknown) => {
    const type: DeclaredMessageType = { name: 'T', format, namespaces: {}, promoted: { P: { path, type: 'string' } }, distinguished: {} };
    return () => new MessageTypes(new Map([['T', type]]));
  };
  for (const [path, format] of [
    ['/x:a', 'xml'],
    ['///', 'xml'],
    ['a/b', 'json'],
    ['/~2', 'json'],
  ] as const) {
    assert.throws(bad(path, format), (error) => isCode(error, 'message.badPath'), path);
  }
});
