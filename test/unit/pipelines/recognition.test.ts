/**
 * Guarantee: a JSON body is taken for the type its members speak for, whatever order types are declared in; where they speak for two, it is
 * taken for neither and both are named.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, number } from '../../../emulator/authoring/index.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import { ANY_PORT, type DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';

const json = (name: string, paths: readonly string[], more: Partial<DeclaredMessageType> = {}): DeclaredMessageType => ({
  ...messageType({ name, format: 'json', distinguished: Object.fromEntries(paths.map((path) => [path, path])) }),
  ...more,
});
const at = (...receivePorts: string[]): Partial<DeclaredMessageType> => ({ receivePorts });

/** The type of a body that comes in at a receive port, or the error; the same in whatever order the types are declared. */
function recognised(types: readonly DeclaredMessageType[], body: unknown, port = 'Orders'): string {
  const [one, other] = [types, [...types].reverse()].map((order) => {
    const known = new MessageTypes(new Map(order.map((type) => [type.name, type])));
    const read = known.disassemble(Buffer.from(JSON.stringify(body)), { properties: { 'BTS.ReceivePortName': port } });
    return read.malformed ? `${read.malformed.code}: ${read.malformed.message}` : read.message.type;
  });
  assert.equal(one, other);
  return one ?? '';
}

const order = json('Order', ['/id', '/total'], at('Orders'));
const receipt = json('Receipt', ['/id']);

test('a type is recognised by the members its fields are in, where an orchestration waits for it', () => {
  assert.equal(recognised([order, receipt], { id: 1, total: 2 }), 'Order');
  assert.equal(recognised([order, receipt], { id: 1 }), 'Order', 'fields may be absent');
  assert.equal(recognised([order, receipt], { other: 1 }), '');
  assert.equal(recognised([order, receipt], { id: 1, total: 2 }, 'Elsewhere'), '');
  assert.equal(recognised([{ ...order, receivePorts: [ANY_PORT] }], { id: 1 }, 'Elsewhere'), 'Order');
  for (const body of [[1], 'id', 7, null, ['id', 'total']]) assert.equal(recognised([order], body), '', JSON.stringify(body));
  const odd = json('Odd', ['/a~1b/0/c', '', '/__proto__', '/constructor'], at('Orders'));
  assert.equal(recognised([odd], { 'a/b': [] }), 'Odd');
  assert.equal(recognised([odd], {}), '', 'what every object inherits is no member');
});

test('of several types it is the one it has most members of; then the one of this port, then the one it lacks least of', () => {
  const payment = json('Payment', ['/id', '/amount'], at('Orders'));
  const cancel = json('Cancel', ['/id'], at('Orders'));
  assert.equal(recognised([order, payment, cancel], { id: 1, amount: 2 }), 'Payment');
  assert.equal(recognised([order, payment, cancel], { id: 1, total: 2 }), 'Order');
  assert.equal(recognised([order, payment, cancel], { id: 1 }), 'Cancel');
  const anywhere = json('Anywhere', ['/id'], at(ANY_PORT));
  assert.equal(recognised([order, anywhere], { id: 1 }), 'Order');
  assert.equal(recognised([order, anywhere], { id: 1 }, 'Elsewhere'), 'Anywhere');
});

test('a body that is as much of one type as of another is suspended, and both are named', () => {
  const payment = json('Payment', ['/id', '/amount'], at('Orders'));
  const told = recognised([order, payment], { id: 1 });
  assert.match(told, /^message\.ambiguousType: .*"Order".*"Payment".*\bid\b/);
  assert.match(recognised([order, payment], { id: 1, total: 1, amount: 1 }), /^message\.ambiguousType: /);
});

test('a type that says its members is recognised by all of them, at any port, before those that do not', () => {
  const strict = { ...order, members: ['id', 'total'] };
  assert.equal(recognised([strict, receipt], { id: 1, total: 2 }, 'Elsewhere'), 'Order');
  assert.equal(recognised([strict, receipt], { id: 1 }), '');
  const wide = json('Wide', ['/id', '/total', '/more'], at('Orders'));
  assert.equal(recognised([strict, wide], { id: 1, total: 2, more: 3 }), 'Order');
  assert.equal(recognised([strict, wide], { id: 1, more: 3 }), 'Wide');
  assert.match(recognised([strict, { ...receipt, members: ['id', 'total'] }], { id: 1, total: 2 }, 'Elsewhere'), /ambiguousType/);
  assert.equal(recognised([strict, { ...receipt, members: ['id', 'total'] }], { id: 1, total: 2 }), 'Order');
});

test('XML is recognised by its root alone', () => {
  const xml = messageType({ name: 'Order', format: 'xml', distinguished: { total: number('/Order/total') } });
  assert.equal(recognised([{ ...xml, receivePorts: ['Orders'] }], { Order: 1 }), '');
});

test('what a Construct makes has all members its type says, or else at least one of those its fields are in', () => {
  const types = new MessageTypes(new Map());
  const made = (type: DeclaredMessageType, body: unknown): unknown => types.promoteMade(type, JSON.stringify(body));
  made(order, { id: 1 });
  made(order, { total: 1, more: 2 });
  made(json('Rows', ['/0/id']), [{ id: 1 }]);
  made(json('All', ['']), 'text');
  assert.throws(() => made(order, { other: 1 }), /"Order".*JSON with none of the members id, total/);
  assert.throws(() => made(order, {}), /none of the members/);
  assert.throws(() => made(order, 'id'), /JSON that is no object/);
  assert.throws(() => made({ ...order, members: ['id', 'total'] }, { id: 1 }), /without the member "total"/);
});
