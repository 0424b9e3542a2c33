/** Guarantee: a message means the same with the line ends and the byte order mark of any editor, and so does the place of a mistake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import type { DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';

const order: DeclaredMessageType = {
  name: 'urn:o#Order',
  format: 'xml',
  namespaces: { o: 'urn:o' },
  promoted: { Id: { path: '/o:Order/o:Id', type: 'string' }, Total: { path: '/o:Order/o:Total', type: 'number' } },
  distinguished: {},
};
const payment: DeclaredMessageType = {
  name: 'Payment',
  format: 'json',
  namespaces: {},
  promoted: { Id: { path: '/id', type: 'string' }, Total: { path: '/total', type: 'number' } },
  distinguished: {},
  members: ['id', 'total'],
};
const types = new MessageTypes(new Map([order, payment].map((type) => [type.name, type])));

const forms = (text: string): string[] => {
  const crlf = text.replaceAll('\n', '\r\n');
  return [text, crlf, `\ufeff${text}`, `\ufeff${crlf}`];
};
const read = (text: string): ReturnType<MessageTypes['disassemble']> => types.disassemble(Buffer.from(text), {});

test('type and promoted values, of XML and JSON', () => {
  const xml =
    '<?xml version="1.0" encoding="utf-8"?>\n<Order xmlns="urn:o">\n  <Id>first\nsecond</Id>\n  <Total>\n12.5\n</Total>\n</Order>\n';
  for (const text of forms(xml)) {
    const { message, malformed } = read(text);
    assert.equal(malformed, undefined);
    assert.equal(message.type, 'urn:o#Order');
    // XML itself reads CR LF as one LF.
    assert.equal(message.properties['Id'], 'first\nsecond');
    assert.equal(String(message.properties['Total']), '12.5');
  }
  for (const text of forms('{\n  "id": "a",\n  "total": 12.5\n}\n')) {
    const { message, malformed } = read(text);
    assert.equal(malformed, undefined);
    assert.deepEqual([message.type, message.properties['Id'], String(message.properties['Total'])], ['Payment', 'a', '12.5']);
  }
});

test('the line and the column of a mistake', () => {
  for (const broken of [
    '<Order xmlns="urn:o">\n  <Id>x</Id>\n  <Total>1</Totl>\n</Order>',
    '{\n  "id": "a",\n  "total": 12.5,\n  oops\n}',
  ]) {
    const places = forms(broken).map((text) => /line \d+, column \d+/.exec(read(text).malformed?.message ?? '')?.[0]);
    assert.notEqual(places[0], undefined, broken);
    assert.deepEqual(new Set(places).size, 1, `${broken}: ${places.join('; ')}`);
  }
});
