/** Decimals compute, round and print as System.Decimal of .NET does, and never lose a digit unasked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Decimal, isDecimal } from '../../../emulator/orchestration/decimal.ts';

const LARGEST = '79228162514264337593543950335';
const d = (text: string): Decimal => new Decimal(text);

test('a decimal keeps its places', () => {
  for (const text of ['0', '1.10', '-0.50', '0.0000000000000000000000000001', LARGEST, `-${LARGEST}`, '7.9228162514264337593543950335'])
    assert.equal(String(d(text)), text);
  const read: [string | number | bigint, string][] = [
    [' 1.5 ', '1.5'],
    ['+1.5', '1.5'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['1.50e2', '150'],
    ['1.505e2', '150.5'],
    ['1e-3', '0.001'],
    ['-0.00', '0.00'],
    ['007', '7'],
    [0.1, '0.1'],
    [1e21, '1000000000000000000000'],
    [9007199254740993n, '9007199254740993'],
  ];
  for (const [source, text] of read) assert.equal(String(new Decimal(source)), text);
});

test('what a decimal cannot hold is refused, not rounded', () => {
  for (const text of [
    '',
    'x',
    'NaN',
    '1,5',
    '0x1',
    '79228162514264337593543950336',
    '1e29',
    '1e9999',
    '0.12345678901234567890123456789',
    '1e-29',
    '1234567890123456789012345678.45',
  ])
    assert.throws(() => d(text), RangeError, text);
  for (const text of [`0.${'0'.repeat(300)}1`, `0.${'1'.repeat(10_000_000)}`, '9'.repeat(10_000_000), 'x'.repeat(1000)])
    assert.throws(() => d(text), RangeError);
  assert.equal(String(d(`${'0'.repeat(1000)}7.50${'0'.repeat(1000)}`)), '7.5');
  assert.throws(() => new Decimal(Number.NaN), RangeError);
  assert.throws(() => new Decimal(Infinity), RangeError);
  assert.equal(String(d(`0.1${'0'.repeat(40)}`)), '0.1000000000000000000000000000', 'zeros are no digits that are lost');
});

test('arithmetic, with the places .NET gives the result', () => {
  const results: [Decimal, string][] = [
    [d('0.1').plus('0.2'), '0.3'],
    [d('1.10').plus('2.9'), '4.00'],
    [d('1.10').minus('1.1'), '0.00'],
    [d('19.99').times(3), '59.97'],
    [d('1.10').times('1.10'), '1.2100'],
    [d('1').dividedBy('3'), '0.3333333333333333333333333333'],
    [d('2').dividedBy('3'), '0.6666666666666666666666666667'],
    [d('10').dividedBy('4'), '2.5'],
    [d('1.00').dividedBy('2'), '0.50'],
    [d('10.00').dividedBy('4'), '2.50'],
    [d('7').dividedBy('7'), '1'],
    [d('100000000000000000000000000').dividedBy('3'), '33333333333333333333333333.333'],
    [d('5').remainder('3'), '2'],
    [d('-5.5').remainder('3'), '-2.5'],
    [d('1.5').negated(), '-1.5'],
    [d('0').negated(), '0'],
    [d('-1.50').absolute(), '1.50'],
    [d('0.0000000000000000000000000005').times('0.1'), '0.0000000000000000000000000000'],
    [d('0.0000000000000000000000000015').times('0.1'), '0.0000000000000000000000000002'],
    [d('79228162514264337593543950334').plus('0.5'), '79228162514264337593543950334'],
    [d('79228162514264337593543950333').plus('0.5'), '79228162514264337593543950334'],
    [d('7.9228162514264337593543950335').plus('0.1'), '8.022816251426433759354395034'],
  ];
  for (const [index, [result, text]] of results.entries()) assert.equal(String(result), text, `number ${index}: ${text}`);
  assert.throws(() => d(LARGEST).plus(1), RangeError);
  assert.throws(() => d(LARGEST).times(10), RangeError);
  assert.throws(() => d('1').dividedBy(0), RangeError);
  assert.throws(() => d('1').remainder('0.00'), RangeError);
});

test('rounding: a half goes to the even neighbour, or away from zero', () => {
  assert.deepEqual(
    ['0.5', '1.5', '2.5', '-2.5', '2.51'].map((text) => String(d(text).round())),
    ['0', '2', '2', '-2', '3'],
  );
  assert.deepEqual(
    ['0.5', '2.5', '-2.5'].map((text) => String(d(text).round(0, 'away'))),
    ['1', '3', '-3'],
  );
  assert.equal(String(d('1.005').round(2)), '1.00');
  assert.equal(String(d('1.5').round(3)), '1.5');
  for (const places of [-1, 29, 1.5, Number.NaN]) assert.throws(() => d('1').round(places), RangeError);
});

test('comparing is by value', () => {
  assert.ok(d('1.10').equals('1.1') && d('1.10').equals(d('1.1')) && d('-0.0').equals(0));
  assert.ok(d('1').lessThan('1.1') && d('1').lessThanOrEqual(1) && d('2').greaterThan(1n) && d('2').greaterThanOrEqual('2.00'));
  assert.ok(!d('1').lessThan(1) && !d('1').greaterThan(1));
});

test('operators would make a double of it, so they throw; texts keep every digit', () => {
  const one = d('1.10') as unknown as number;
  for (const action of [() => one + 1, () => one * 2, () => one > 1, () => -one, () => Math.abs(one)]) assert.throws(action, /methods/);
  // As users write it into XML and messages.
  // eslint-disable-next-line @typescript-eslint/restrict-template-expressions
  assert.equal(`${d('1.10')}`, '1.10');
  assert.equal(JSON.stringify({ a: d('1.10') }), '{"a":"1.10"}');
  assert.equal(d('1.10').toNumber(), 1.1);
  assert.equal(inspect([d('1.10')]), '[ Decimal 1.10 ]');
  assert.throws(() => structuredClone({ a: d('1.10') }), { name: 'DataCloneError' });
  assert.throws(() => {
    (d('1') as { extra?: number }).extra = 1;
  }, TypeError);
});

test('the decimals of another copy of the module are decimals', async () => {
  const file: string = '../../../emulator/orchestration/decimal.ts?copy';
  const copy = (await import(file)) as { readonly Decimal: typeof Decimal };
  const other = new copy.Decimal('2.50');
  assert.ok(!(other instanceof Decimal) && isDecimal(other));
  assert.equal(String(d('1').plus(other)), '3.50');
  for (const value of [null, undefined, 1, '1', {}, [], new Date(0)]) assert.ok(!isDecimal(value));
});

test('sums and products are exact while they have room (property)', () => {
  const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(decimal, decimal, ([a, x], [b, y]) => {
      const one = d(`${a}e-${x}`);
      const other = d(`${b}e-${y}`);
      const scale = 10n ** BigInt(x + y);
      assert.ok(
        one
          .plus(other)
          .times(scale)
          .equals(a * 10n ** BigInt(y) + b * 10n ** BigInt(x)),
      );
      assert.ok(
        one
          .times(other)
          .times(scale)
          .equals(a * b),
      );
      assert.ok(one.minus(other).plus(other).equals(one));
    }),
  );
});
