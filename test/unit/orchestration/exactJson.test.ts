/** JSON is read and written without losing a digit, a member or an element; what JSON cannot carry is an error with its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Decimal, isDecimal } from '../../../emulator/orchestration/decimal.ts';
import { readContent, readJson, writeJson } from '../../../emulator/orchestration/exactJson.ts';

test('reading every number as a double gives what JSON.parse gives (property)', () => {
  const blank = fc.constantFrom('', ' ', '\n\t', '\r\n  ');
  fc.assert(
    fc.property(fc.jsonValue(), blank, (value, space) => {
      const text = `${space}${JSON.stringify(value, undefined, space)}${space}`;
      assert.deepEqual(readJson(text, Number), JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('content: a number where that is exact, else a decimal, else an error', () => {
  assert.deepEqual(readContent('{"a":1.50,"b":[1e3,-0.5,""],"text":"12345678901234567890 1e5"}'), {
    a: 1.5,
    b: [1000, -0.5, ''],
    text: '12345678901234567890 1e5',
  });
  const { id, list } = readContent('{"id":9007199254740993,"list":[0.1000000000000000055, 12345678901234567890.5]}') as {
    id: unknown;
    list: unknown[];
  };
  assert.ok(isDecimal(id) && String(id) === '9007199254740993');
  assert.deepEqual(list.map(String), ['0.1000000000000000055', '12345678901234567890.5']);
  assert.throws(() => readContent('[1e400]'), /more digits/);
  assert.throws(() => readContent('[123456789012345678901234567890123]'), /more digits/);
  assert.throws(() => readContent('{'), SyntaxError);
});

test('content: members with odd names are members', () => {
  const content = readContent('{"__proto__":{"x":1},"constructor":2,"\\u0061":3,"long":9007199254740993}') as Record<string, unknown>;
  assert.deepEqual(Object.keys(content), ['__proto__', 'constructor', 'a', 'long']);
  assert.equal(content['x'], undefined);
});

test('a body is written with every digit of its decimals', () => {
  const value = {
    id: new Decimal('9007199254740993'),
    price: new Decimal('1.10'),
    more: [new Decimal('0.00'), 'x"y', null, true, 1.5],
    gone: undefined,
  };
  assert.equal(writeJson(value), '{"id":9007199254740993,"price":1.10,"more":[0.00,"x\\"y",null,true,1.5]}');
  assert.equal(writeJson(new Decimal('-1.0')), '-1.0');
  assert.equal(writeJson(readContent('{"id":9007199254740993,"n":1}')), '{"id":9007199254740993,"n":1}');
});

test('without decimals it is what JSON.stringify writes (property)', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      assert.equal(writeJson(value), JSON.stringify(value));
      assert.equal(writeJson([value, new Decimal('1')]), `[${JSON.stringify(value)},1]`);
    }),
  );
  assert.equal(writeJson({ at: new Date(0), gone: undefined, text: '\ud800' }), '{"at":"1970-01-01T00:00:00.000Z","text":"\\ud800"}');
  assert.equal(writeJson(Object.assign(Object.create(null) as object, { a: 1 })), '{"a":1}');
});

test('what JSON cannot carry is an error with its place', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const bad: [unknown, RegExp][] = [
    [{ a: { b: [1, Number.NaN] } }, /NaN at a\.b\[1\]/],
    [-Infinity, /-Infinity/],
    [{ a: 10n }, /bigint at a/],
    [[undefined], /undefined at \[0\]/],
    [{ f: () => 1 }, /function at f/],
    [{ s: Symbol('s') }, /symbol at s/],
    [new Map(), /Map/],
    [{ set: new Set() }, /Set at set/],
    [{ re: /x/ }, /RegExp at re/],
    [circular, /contain itself/],
  ];
  for (const [value, text] of bad) assert.throws(() => writeJson(value), text);
});
