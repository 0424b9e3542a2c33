/**
 * A value arrives as it was sent: numbers with all their digits, texts as texts, and what is absent, empty or without a value stays apart.
 * What cannot be promoted suspends its message and nothing else.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import type { DeclaredMessageType } from '../../../emulator/hosting/pipelines/recognition.ts';
import { readHostFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { isDecimal } from '../../../emulator/orchestration/decimal.ts';
import type { FieldLocation, PropertyValue } from '../../../emulator/orchestration/message.ts';
import { numberIn, numberProperty, textIn } from '../../../emulator/orchestration/propertyValue.ts';

const KINDS = ['string', 'number', 'decimal', 'boolean'] as const;
const promoted = (path: string): Record<string, FieldLocation> => Object.fromEntries(KINDS.map((type) => [type, { path, type }]));
const only = (type: FieldLocation['type'], format: 'json' | 'xml'): DeclaredMessageType => ({
  name: format === 'json' ? 'J' : 'X',
  format,
  namespaces: {},
  promoted: { p: { path: format === 'json' ? '/v' : '/X/v', type } },
  distinguished: {},
  ...(format === 'json' ? { members: ['v'] } : {}),
});
const typesOf = (...types: DeclaredMessageType[]): MessageTypes => new MessageTypes(new Map(types.map((type) => [type.name, type])));

/** The promoted property of a body with this value, or the code of the error that suspends the message. */
function promote(type: FieldLocation['type'], format: 'json' | 'xml', written: string): PropertyValue | undefined | { code: string } {
  const body = format === 'json' ? `{"v":${written}}` : `<X>${written}</X>`;
  const { message, malformed } = typesOf(only(type, format)).disassemble(Buffer.from(body));
  assert.equal(message.body, body);
  // Whatever it is, the MessageBox takes it.
  const frame: unknown = JSON.parse(
    JSON.stringify({ kind: 'submit', request: 1, location: 'L', receiveId: 'r', message, ...(malformed ? { malformed } : {}) }),
  );
  assert.ok('value' in readHostFrame(frame), written);
  return malformed ? { code: malformed.code } : message.properties['p'];
}

test('a JSON number is promoted from its text', () => {
  for (const written of [
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567890',
    '0.10000000000000000555',
    '1e-400',
    '9007199254740993.0',
  ]) {
    assert.equal(numberIn(promote('number', 'json', written) as PropertyValue), numberIn(numberProperty(written)), written);
    assert.equal(promote('string', 'json', written), written);
  }
  for (const [written, value] of [
    ['7', 7],
    ['7.0', 7],
    ['70e-1', 7],
    ['-0', 0],
    ['1.10', 1.1],
    ['1E3', 1000],
  ] as const) {
    assert.equal(promote('number', 'json', written), value, written);
    assert.equal(promote('decimal', 'json', written), value, written);
    assert.equal(promote('string', 'json', written), written);
  }
  assert.notEqual(promote('number', 'json', '9007199254740993'), promote('number', 'json', '9007199254740992'));
});

test('XML and JSON give the same value', () => {
  for (const written of ['9007199254740993', '7', '1.10', '-0', '123456789012345678901234567890123456789'])
    assert.equal(promote('number', 'xml', `<v>${written}</v>`), promote('number', 'json', written), written);
  assert.equal(promote('number', 'xml', '<v> 007 </v>'), 7);
  assert.equal(promote('string', 'xml', '<v>007</v>'), '007');
  assert.equal(promote('decimal', 'xml', '<v>+1.50</v>'), 1.5);
});

test('what is no number suspends the message, and is not promoted as something else', () => {
  const bad = { code: 'message.badValue' };
  for (const written of [
    '1e400',
    '-1e400',
    '1e99999',
    `1${'0'.repeat(400)}`,
    '"x"',
    '"NaN"',
    '"Infinity"',
    '"1e400"',
    '"0x1"',
    '"1 2"',
    '[1]',
    '{"a":1}',
    'true',
  ])
    assert.deepEqual(promote('number', 'json', written), bad, written);
  for (const written of ['1e400', '79228162514264337593543950336', '0.12345678901234567890123456789', '"x"', 'false'])
    assert.deepEqual(promote('decimal', 'json', written), bad, written);
  for (const written of ['NaN', 'INF', '1e400', '1,5', '１'])
    for (const type of ['number', 'decimal'] as const) assert.deepEqual(promote(type, 'xml', `<v>${written}</v>`), bad, written);
  for (const written of ['2', '"yes"', '1.0', '[]']) assert.deepEqual(promote('boolean', 'json', written), bad, written);
});

test('absent, empty and without a value', () => {
  const nil = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil=';
  for (const type of KINDS) {
    const empty = type === 'string' ? '' : undefined;
    assert.equal(promote(type, 'xml', ''), undefined);
    assert.equal(promote(type, 'xml', '<v/>'), empty);
    assert.equal(promote(type, 'xml', '<v></v>'), empty);
    for (const is of ['"true"', '"1"', '" true "']) assert.equal(promote(type, 'xml', `<v ${nil}${is}/>`), undefined, is);
    assert.equal(promote(type, 'xml', `<v ${nil}"false"/>`), empty);
    assert.equal(promote(type, 'xml', '<v nil="true"/>'), empty, 'an attribute of another namespace says nothing');
    assert.equal(promote(type, 'json', 'null'), undefined);
    assert.equal(promote(type, 'json', '""'), empty);
  }
  assert.equal(promote('string', 'json', '"null"'), 'null');
  const general: DeclaredMessageType = { ...only('string', 'xml'), promoted: { p: { path: '//v', type: 'string' } } };
  const read = (body: string): PropertyValue | undefined => typesOf(general).promote(general, body)['p'];
  assert.deepEqual([read(`<X><v ${nil}"true"/></X>`), read('<X><v/></X>'), read('<X/>')], [undefined, '', undefined]);
});

test('a member that is there twice counts with its last value, also as it is written', () => {
  assert.equal(promote('string', 'json', '1.0,"v":2.50'), '2.50');
  assert.equal(promote('string', 'json', '{"v":1},"\\u0076":3e1'), '3e1');
});

test('a place deep in a body whose numbers are not written as JavaScript writes them', () => {
  const type: DeclaredMessageType = { ...only('string', 'json'), promoted: { p: { path: '/a/1/b~1c/ "\\', type: 'string' } } };
  const body = '{ "x\\"}": [1.0, "]}", {}], "a" : [ null, {"b/c" :\n{"":[], " \\"\\\\": 1.50, "z": -0.0e-1}}], "__proto__": {"a": 1} }';
  assert.equal(typesOf(type).promote(type, body)['p'], '1.50');
});

test('a property takes any text: controls, half characters, the mark of numbers; a long one suspends the message', () => {
  for (const text of ['\0', 'a\0b', '\ud800', '\udc00x', '\ufdd07', '\ufdd0', '\uffff', '\u2028', '__proto__', 'constructor']) {
    const found = promote('string', 'json', JSON.stringify(text));
    assert.equal(textIn(found as PropertyValue), text);
    assert.equal(numberIn(found as PropertyValue), undefined);
  }
  const tooLong = { code: 'message.promotedTooLong' };
  assert.deepEqual(promote('string', 'json', JSON.stringify('x'.repeat(10 * 1024 * 1024))), tooLong);
  assert.deepEqual(promote('number', 'json', `0.${'1'.repeat(5000)}`), tooLong);
  assert.equal(numberIn(promote('number', 'json', `0.${'1'.repeat(900)}`) as PropertyValue), `0.${'1'.repeat(900)}`);
});

test('a name that the MessageBox would drop cannot be promoted', () => {
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    const type: DeclaredMessageType = {
      ...only('string', 'json'),
      promoted: Object.fromEntries([[name, { path: '/v', type: 'string' } as const]]),
    };
    assert.throws(
      () => typesOf(type),
      (error) => isCode(error, 'message.reservedProperty'),
      name,
    );
  }
});

test('a root with a name that is too long to be a type has none', () => {
  const { message, malformed } = typesOf().disassemble(Buffer.from(`<X xmlns="urn:${'x'.repeat(3000)}"/>`));
  assert.deepEqual([message.type, malformed], ['', undefined]);
});

test('in code: a number, a decimal with its places, or an error instead of another number', () => {
  const type: DeclaredMessageType = { ...only('string', 'json'), promoted: promoted('/v') };
  const types = typesOf(type);
  const field = (kind: FieldLocation['type'], written: string): unknown =>
    types.field(type, `{"v":${written}}`, { path: '/v', type: kind });
  assert.equal(field('number', '1.50'), 1.5);
  const decimal = field('decimal', '1.50');
  assert.ok(isDecimal(decimal));
  assert.equal(String(decimal), '1.50');
  assert.equal(field('string', '1.50'), '1.50');
  for (const written of ['9007199254740993', '0.1000000000000000055', '1e-400', '"12345678901234567890"'])
    assert.throws(
      () => field('number', written),
      (error) => isCode(error, 'message.inexactNumber'),
      written,
    );
  assert.throws(
    () => field('number', '1e400'),
    (error) => isCode(error, 'message.badValue'),
  );
  for (const kind of KINDS) assert.equal(field(kind, 'null'), undefined);
});

test('a body that code made is one of the declared type', () => {
  const order: DeclaredMessageType = { name: 'urn:a#Order', format: 'xml', namespaces: {}, promoted: {}, distinguished: {} };
  const plain: DeclaredMessageType = { ...order, name: 'Plain' };
  const json: DeclaredMessageType = {
    name: 'Payment',
    format: 'json',
    namespaces: {},
    promoted: {},
    distinguished: {},
    members: ['id', 'amount'],
  };
  const free: DeclaredMessageType = { ...json, name: 'Free', members: [] };
  const untyped: DeclaredMessageType = { ...order, name: '' };
  const types = typesOf(order, plain, json, free);
  const good: [DeclaredMessageType, string][] = [
    [order, '<o:Order xmlns:o="urn:a"/>'],
    [order, '<?xml version="1.0"?>\n<Order xmlns="urn:a">x</Order>'],
    [plain, '<Plain/>'],
    [json, '{"amount":1,"id":null,"more":2}'],
    [{ ...json, members: [] }, '{"id":1,"amount":2}'],
    [free, '[1]'],
    [free, '"text"'],
    [untyped, '<anything/>'],
  ];
  for (const [type, body] of good) assert.deepEqual(types.promoteMade(type, body), {}, body);
  const wrong: [DeclaredMessageType, string, RegExp][] = [
    [order, '<Order/>', /"urn:a#Order".*: Order\./],
    [order, '<Order xmlns="urn:b"/>', /"urn:a#Order".*: urn:b#Order\./],
    [order, '<Other xmlns="urn:a"/>', /urn:a#Other/],
    [order, '{"id":1}', /JSON/],
    [plain, '<Plain xmlns="urn:a"/>', /"Plain".*urn:a#Plain/],
    [json, '{"id":1}', /"Payment".*without the member "amount"/],
    [json, '{"__proto__":{"id":1,"amount":1}}', /without the member "id"/],
    [json, '[1]', /no object/],
    [json, '"id amount"', /no object/],
    [json, '<Payment/>', /"Payment".*: Payment\./],
    // How a body is recognised stands in the group file only; the module's own declaration has no members.
    [{ ...json, members: [] }, '{"id":1}', /without the member "amount"/],
  ];
  for (const [type, body, text] of wrong)
    assert.throws(
      () => types.promoteMade(type, body),
      (error) => isCode(error, 'message.wrongType') && text.test(error.message),
      body,
    );
  for (const [type, body] of [
    [order, '<Order xmlns="urn:a">'],
    [order, ''],
    [json, '{'],
    [json, ''],
    [free, 'x'],
    [free, `"\ud800"`],
    [order, '<Order xmlns="urn:a">\ud800</Order>'],
  ] as const)
    assert.throws(
      () => types.promoteMade(type, body),
      (error) => isCode(error, 'message.malformed'),
      body,
    );
});
