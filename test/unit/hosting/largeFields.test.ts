/**
 * Guarantee: what code reads of a large message is what it reads of a small one: the same values, the same errors, and none before the field is asked
 * for. The thread of the host instance does not read the body for it, unless the other one could not.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decimal, messageType, number, flag } from '../../../emulator/authoring/index.ts';
import { SohError } from '../../../emulator/errors.ts';
import { LargeBody, type LargeBytes } from '../../../emulator/hosting/largeBody.ts';
import { promoteLarge, readFields } from '../../../emulator/hosting/largeFields.ts';
import { LargeThread } from '../../../emulator/hosting/largeThread.ts';
import { DEFAULT_LIMITS } from '../../../emulator/hosting/pipelines/bodyLimits.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import { isDecimal } from '../../../emulator/orchestration/decimal.ts';
import type { MessageType } from '../../../emulator/orchestration/message.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';

const thread = new LargeThread(new URL('../../../emulator/hosting/disassemblyThread.ts', import.meta.url), new SimulatedClock());
const nowhere = new LargeThread(new URL('file:///nowhere/thread.mjs'), new SimulatedClock());

const xmlType = messageType({
  name: 'urn:o#Order',
  format: 'xml',
  namespaces: { o: 'urn:o', x: 'http://www.w3.org/2001/XMLSchema-instance' },
  promoted: { Id: '/o:Order/o:Id' },
  distinguished: {
    Text: '/o:Order/o:Text',
    Empty: '/o:Order/o:Empty',
    EmptyNumber: number('/o:Order/o:Empty'),
    Missing: '/o:Order/o:Missing',
    Nil: '/o:Order/o:Nil',
    Price: decimal('/o:Order/o:Price'),
    Inexact: number('/o:Order/o:Long'),
    Wrong: number('/o:Order/o:Text'),
    Flag: flag('/o:Order/o:Flag'),
    Count: number('count(/o:Order/o:*)'),
    Date: '/o:Order/o:Date',
  },
});
const xml = `<Order xmlns="urn:o" xmlns:x="http://www.w3.org/2001/XMLSchema-instance"><Id>7</Id><Text>M\u00fcller \u4f60\u597d</Text><Empty/><Nil x:nil="true"/><Price>1.10</Price><Long>9007199254740993</Long><Flag>true</Flag><Date>2026-11-27T10:00:00+01:00</Date></Order>`;
const jsonType = messageType({
  name: 'Json',
  format: 'json',
  promoted: { Id: number('/id') },
  distinguished: {
    Text: '/text',
    Null: '/null',
    Missing: '/missing/0',
    Price: decimal('/price'),
    Inexact: number('/long'),
    Long: decimal('/long'),
    Object: '/object',
    Flag: flag('/flag'),
    Zero: number('/zero'),
  },
});
const json = '{"id":7,"text":"","null":null,"price":1.10,"long":9007199254740993,"object":{"a":1},"flag":false,"zero":-0}';

const bytesOf = (text: string): LargeBytes => {
  const from = Buffer.from(text);
  const bytes = new Uint8Array(new SharedArrayBuffer(from.length));
  bytes.set(from);
  return bytes;
};
const stored = (type: string) => ({ id: 'm', type, properties: {}, bodyHash: 'hash' });
const outcome = (read: () => unknown): unknown => {
  try {
    const value = read();
    return isDecimal(value) ? `decimal ${value.toString()}` : value;
  } catch (error) {
    return error instanceof SohError ? { code: error.code, message: error.message, parameters: error.parameters } : error;
  }
};

const cases: readonly (readonly [string, MessageType, string])[] = [
  ['XML', xmlType, xml],
  ['JSON', jsonType, json],
  ['XML that is not well formed', xmlType, xml.slice(0, -1)],
  ['JSON that is not well formed', jsonType, json.slice(0, -1)],
];

for (const [what, type, body] of cases)
  test(`${what}: every field as it is read here`, async () => {
    const types = new MessageTypes(new Map([[type.name, type]]));
    const message = await readFields(thread, DEFAULT_LIMITS, { One: type, Same: type })(stored(type.name), bytesOf(body));
    assert.ok(message instanceof LargeBody);
    for (const [name, location] of Object.entries({ ...type.distinguished, ...type.promoted })) {
      const unread = (): never => assert.fail(`${name} is read again`);
      assert.deepEqual(
        outcome(() => message.field(type, location, unread)),
        outcome(() => types.field(type, body, location)),
        name,
      );
    }
    assert.equal(message.body, body);
  });

test('a type that the message is not of, and a thread that cannot be started: the field is read here', async () => {
  const location = { path: '/o:Order/o:Id', type: 'string' } as const;
  for (const [used, message] of [
    [thread, stored('another')],
    [nowhere, stored(xmlType.name)],
  ] as const) {
    const body = await readFields(used, DEFAULT_LIMITS, { Order: xmlType })(message, bytesOf(xml));
    assert.ok(body instanceof LargeBody);
    assert.equal(
      body.field(xmlType, xmlType.promoted['Id'] ?? location, () => 'here'),
      'here',
    );
  }
});

test('what a made body promotes, and what is wrong with it, is the same', async () => {
  const types = new MessageTypes(new Map([xmlType, jsonType].map((type) => [type.name, type])));
  for (const used of [thread, nowhere])
    for (const [type, body] of [...cases.map(([, one, text]) => [one, text] as const), [xmlType, json] as const]) {
      const promoted = await promoteLarge(used, types)(type, body);
      assert.deepEqual(
        outcome(() => JSON.stringify(promoted())),
        outcome(() => JSON.stringify(types.promoteMade(type, body))),
      );
    }
});
