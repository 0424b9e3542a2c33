/** Numbers as text are compared by their value, whatever their length and however they are written; each value has one canonical text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalNumber, compareNumbers, fitsDouble, isJsonNumber } from '../../../emulator/orchestration/numberText.ts';

test('one value has one canonical text', () => {
  const same: [string, string[]][] = [
    ['0', ['0', '-0', '+0', '0.000', '.0', '0e5', '00']],
    ['1.5', ['1.5', '01.50', '15e-1', '0.15E1', '+1.5', '1.50000']],
    ['120', ['120', '12e1', '1.2e2', '120.', '0120.0']],
    ['-9007199254740993', ['-9007199254740993', '-9007199254740993.0', '-9007199254740.993e3']],
    ['0.001', ['1e-3', '.001', '0.0010']],
    ['1e500', ['1e500', '10e499', '0.1e501', `1${'0'.repeat(500)}`]],
    ['1e-500', ['1e-500', `0.${'0'.repeat(499)}1`]],
  ];
  for (const [canonical, texts] of same) for (const text of texts) assert.equal(canonicalNumber(text), canonical, text);
});

test('what is no number has no canonical text', () => {
  for (const text of [
    '',
    ' ',
    '1 ',
    'x',
    '1x',
    '0x1f',
    '1e',
    'e1',
    '.',
    '-',
    '+',
    '1.2.3',
    'NaN',
    'Infinity',
    '1_000',
    '١',
    '1e9999999999',
  ])
    assert.equal(canonicalNumber(text), undefined, text);
});

test('numbers compare by value', () => {
  const ascending = [
    '-1e400',
    '-9007199254740993',
    '-9007199254740992',
    '-1.5',
    '-1.49',
    '-1e-400',
    '0',
    '1e-400',
    '0.1',
    '0.10000000000000000001',
    '1',
    '999',
    '1000',
    '9007199254740992',
    '9007199254740993',
    '1e400',
  ];
  for (const [i, one] of ascending.entries())
    for (const [j, other] of ascending.entries()) assert.equal(Math.sign(compareNumbers(one, other)), Math.sign(i - j), `${one} ${other}`);
  assert.equal(compareNumbers('1.10', '11e-1'), 0);
});

test('comparing is comparing the exact fractions (property)', () => {
  const number = fc.tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: 0, max: 45 }));
  const text = ([digits, places]: [bigint, number]): string => `${digits}e-${places}`;
  fc.assert(
    fc.property(number, number, (a, b) => {
      const difference = a[0] * 10n ** BigInt(b[1]) - b[0] * 10n ** BigInt(a[1]);
      const expected = difference === 0n ? 0 : difference < 0n ? -1 : 1;
      assert.equal(Math.sign(compareNumbers(text(a), text(b))), expected);
      assert.equal(canonicalNumber(text(a)) === canonicalNumber(text(b)), expected === 0);
    }),
  );
});

test('a double is one of the numbers that fit a double, and its canonical text is read as the same double (property)', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
      assert.ok(fitsDouble(String(double)));
      assert.equal(Number(canonicalNumber(String(double))), double || 0);
    }),
  );
});

test('what a double would change does not fit it', () => {
  for (const text of ['9007199254740992', '0.1', '1e308', '5e-324', '-0', '1.0', '123456789012345', '1e21', '1.10'])
    assert.ok(fitsDouble(text), text);
  for (const text of [
    '9007199254740993',
    '1e400',
    '-1e400',
    '1e-400',
    '0.1000000000000000055',
    '12345678901234567890.5',
    '1.00000000000000000001',
  ])
    assert.ok(!fitsDouble(text), text);
});

test('written as JSON writes numbers', () => {
  for (const text of ['0', '-0', '7', '-1.5', '1e5', '1E-5', '10']) assert.ok(isJsonNumber(text), text);
  for (const text of ['007', '+7', '.5', '5.', ' 7', '7 ', '', '-', 'x', '1e']) assert.ok(!isJsonNumber(text), text);
});
