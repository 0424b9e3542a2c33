/**
 * A message is routed by the values it has: numbers by value at any length, texts as texts, and no two sets of values are taken for one
 * another, whatever they contain (docs/behaviour.md, sections 4.3 and 11).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SubscriptionIndex } from '../../../emulator/messagebox/core/subscriptionIndex.ts';
import type { Properties, PropertyValue } from '../../../emulator/orchestration/message.ts';
import { holds, type Filter, type Predicate } from '../../../emulator/orchestration/predicates.ts';
import { numberProperty, textIn, textProperty } from '../../../emulator/orchestration/propertyValue.ts';

type Operator = Extract<Predicate, { value: PropertyValue }>['operator'];

const matches = (filter: Filter, properties: Properties, type = ''): boolean => {
  const index = new SubscriptionIndex<string>();
  index.add('it', filter);
  return index.match({ type, properties }).length === 1;
};
const compares = (property: PropertyValue, operator: Operator, value: PropertyValue): boolean =>
  matches([[{ property: 'p', operator, value }]], { p: property });

const id993 = numberProperty('9007199254740993');
const id992 = numberProperty('9007199254740992');

test('numbers are equal by value, however long and however written', () => {
  assert.ok(compares(id993, '==', id993) && compares(id992, '==', 9007199254740992));
  assert.ok(!compares(id993, '==', id992) && !compares(id992, '==', id993));
  assert.ok(compares(id993, '!=', id992));
  for (const written of ['9007199254740993', '9007199254740993.0', '9007199254740.993e3', '900719925474099.3e1'])
    assert.ok(compares(id993, '==', written), written);
  for (const written of ['1', '1.0', '1e0', '0.1e1', '10e-1']) {
    assert.ok(compares(1, '==', written) && compares(numberProperty(written), '==', 1), written);
    assert.equal(numberProperty(written), 1);
  }
  assert.ok(compares(numberProperty('-0'), '==', 0));
  const long = `1${'0'.repeat(60)}1`;
  assert.ok(
    compares(numberProperty(long), '==', numberProperty(`${long}.000`)) &&
      !compares(numberProperty(long), '==', numberProperty(`${long}.1`)),
  );
});

test('a property that is a number compares as one, also with a text of the filter', () => {
  assert.ok(!compares(999, '>', '1000') && compares(999, '<', '1000') && compares(1000, '>=', '1000') && compares(1000, '<=', '1e3'));
  assert.ok(compares(id993, '>', '1000') && compares(id993, '>', id992) && !compares(id993, '<=', id992) && compares(id993, '>', 99));
  assert.ok(compares(numberProperty('-1e300'), '<', -1) && compares(numberProperty('0.30000000000000000001'), '>', 0.3));
});

test('a number is neither less nor more than what is no number, and not equal to it', () => {
  for (const value of ['', 'abc', ' 1', '1 ', '+1', '007', '0x1', true, 'NaN']) {
    for (const operator of ['==', '<', '<=', '>', '>='] as const) assert.ok(!compares(7, operator, value), `${operator} ${value}`);
    assert.ok(compares(7, '!=', value));
  }
});

test('text stays text', () => {
  assert.ok(!compares('007', '==', '7') && !compares('007', '==', 7) && !compares('7', '==', '7.0') && !compares('1e1', '==', 10));
  assert.ok(compares('007', '==', '007') && compares('17', '==', 17) && compares('9007199254740993', '==', id993));
  assert.ok(compares('9', '>', '1000'), 'as texts compare');
  assert.ok(compares('', '==', '') && !compares('', '==', 0) && !compares('', '==', false));
  assert.ok(compares(true, '==', 'true') && compares('true', '==', true) && !compares(true, '==', 1));
});

test('a text that begins like the mark of a number is a text', () => {
  const mark = '\ufdd0';
  for (const text of [mark, `${mark}7`, `${mark}${mark}7`, `${mark}x`, '7', '']) {
    assert.equal(textIn(textProperty(text)), text);
    assert.ok(compares(textProperty(text), '==', textProperty(text)));
    if (text !== '7') assert.ok(!compares(textProperty(text), '==', 7) && !compares(7, '==', textProperty(text)), JSON.stringify(text));
  }
  assert.ok(!compares(textProperty(`${mark}9007199254740993`), '==', id993));
});

test('values and names are not joined: no character in them makes one set of values another', () => {
  const values = [
    '',
    'a',
    '\0',
    'a\0',
    '\0a',
    ',',
    'a,b',
    ':',
    '1:',
    '"',
    '"a","b"',
    '\ud800',
    '\uffff',
    '\n',
    '\u001f',
    '__proto__',
    '3',
    '3:',
  ];
  const both = (a: string, b: string): Filter => [
    ['A', 'B'].map((property, at) => ({ property, operator: '==' as const, value: [a, b][at] ?? '' })),
  ];
  const index = new SubscriptionIndex<string>();
  for (const a of values) for (const b of values) index.add(JSON.stringify([a, b]), both(a, b));
  for (const a of values) {
    for (const b of values) assert.deepEqual(index.match({ type: '', properties: { A: a, B: b } }), [JSON.stringify([a, b])]);
  }
  const names: Filter = [[{ property: 'a\0b', operator: '==', value: '1' }]];
  assert.ok(matches(names, { 'a\0b': '1' }) && !matches(names, { a: '1', b: '1' }));
});

test('names that objects have from the start are not there until a message has them', () => {
  for (const property of ['toString', 'constructor', 'valueOf', '__proto__', 'hasOwnProperty']) {
    assert.ok(!matches([[{ property, operator: 'exists' }]], {}), property);
    assert.ok(!matches([[{ property, operator: '!=', value: 'x' }]], {}), property);
  }
  assert.ok(matches([[{ property: 'toString', operator: '==', value: 'x' }]], { toString: 'x' }));
});

test('absent, empty and text are three things', () => {
  const exists: Filter = [[{ property: 'p', operator: 'exists' }]];
  assert.ok(!matches(exists, {}) && matches(exists, { p: '' }) && matches(exists, { p: 'x' }));
  assert.ok(
    !matches([[{ property: 'p', operator: '==', value: '' }]], {}) && !matches([[{ property: 'p', operator: '!=', value: 'x' }]], {}),
  );
});

test('the index finds what testing each predicate finds, and forgets what is removed (property)', () => {
  const value = fc.oneof(
    fc.constantFrom<PropertyValue>(
      '',
      '7',
      '7.0',
      '07',
      '7e0',
      'x',
      'true',
      7,
      7.5,
      true,
      false,
      0,
      '0',
      '-0',
      id993,
      id992,
      '9007199254740993',
    ),
    fc.integer({ min: -3, max: 12 }),
    fc.integer({ min: -3, max: 12 }).map(String),
  );
  const name = fc.constantFrom('a', 'b', 'c');
  const predicate: fc.Arbitrary<Predicate> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ property: name, operator: fc.constant('==' as const), value }) },
    fc.record({ property: name, operator: fc.constantFrom<Operator>('!=', '<', '<=', '>', '>='), value }),
    fc.record({ property: name, operator: fc.constant('exists' as const) }),
  );
  const filter = fc.array(fc.array(predicate, { minLength: 1, maxLength: 4 }), { maxLength: 3 });
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 6 }), fc.array(fc.dictionary(name, value), { maxLength: 6 }), (filters, messages) => {
      const index = new SubscriptionIndex<number>();
      filters.forEach((one, at) => index.add(at, one));
      const expected = (properties: Properties, among: readonly number[]): number[] =>
        among.filter((at) => filters[at]?.some((group) => group.every((one) => holds(one, properties[one.property]))));
      const all = filters.map((_, at) => at);
      for (const properties of messages) assert.deepEqual(index.match({ type: '', properties }).sort(), expected(properties, all));
      index.remove(0);
      for (const properties of messages) assert.deepEqual(index.match({ type: '', properties }).sort(), expected(properties, all.slice(1)));
    }),
    { numRuns: 500 },
  );
});

test('a property survives the journal as it is (property)', () => {
  const text = fc.string({ unit: fc.constantFrom('\ufdd0', '7', '-', '.', 'a', '\0', '\ud800') });
  fc.assert(
    fc.property(text, (given) => {
      const kept = JSON.parse(JSON.stringify(textProperty(given))) as PropertyValue;
      assert.equal(textIn(kept), given);
      assert.equal(typeof kept, 'string');
    }),
  );
});
