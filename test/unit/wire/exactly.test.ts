/** The quick test at the MessageBox's door accepts only what valibot accepts unchanged: whatever it lets in, valibot would have let in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import * as v from 'valibot';
import { exactly } from '../../../emulator/wire/exactly.ts';

const id = v.pipe(v.string(), v.maxLength(5));
const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const whole = v.pipe(natural, v.maxValue(9));
const schema = v.variant('kind', [
  v.object({
    kind: v.literal('a'),
    id,
    ids: v.array(id),
    pair: v.tuple([whole, v.number()]),
    map: v.record(
      v.pipe(
        v.string(),
        v.check((name) => name !== 'bad'),
      ),
      v.union([v.string(), v.number(), v.boolean()]),
    ),
    how: v.optional(v.picklist(['x', 'y'])),
  }),
  v.object({ kind: v.literal('b'), on: v.boolean() }),
]);
const isExactly = exactly(schema);

const good = { kind: 'a', id: '1', ids: ['2'], pair: [1, 2.5], map: { p: 1, q: 'r', s: true }, how: 'x' };

test('good frames pass', () => {
  assert.ok(isExactly(good));
  assert.ok(isExactly({ kind: 'b', on: false }));
  assert.ok(isExactly(JSON.parse(JSON.stringify({ ...good, how: undefined }))));
});

test('what valibot refuses or changes does not pass', () => {
  const bad: unknown[] = [
    null,
    [],
    'a',
    { kind: 'c' },
    { ...good, more: 1 },
    { ...good, id: 'too long' },
    { ...good, id: undefined },
    { ...good, ids: [1] },
    { ...good, ids: { 0: '2' } },
    { ...good, pair: [1] },
    { ...good, pair: [1, 2, 3] },
    { ...good, pair: [-1, 2] },
    { ...good, pair: [10, 2] },
    { ...good, pair: [1.5, 2] },
    { ...good, map: { bad: 1 } },
    { ...good, map: { constructor: 1 } },
    { ...good, map: { p: null } },
    JSON.parse('{"kind":"a","id":"1","ids":[],"pair":[1,2],"map":{"__proto__":1}}'),
    { ...good, how: 'z' },
    { kind: 'b', on: 'yes' },
  ];
  for (const frame of bad) assert.equal(isExactly(frame), false, JSON.stringify(frame));
});

test('whatever passes, valibot gives back as it is', () => {
  const member = fc.oneof(fc.string({ maxLength: 7 }), fc.integer({ min: -2, max: 11 }), fc.double(), fc.boolean(), fc.constant(null));
  const changed = fc.record({
    name: fc.constantFrom('kind', 'id', 'ids', 'pair', 'map', 'how', 'extra'),
    value: fc.oneof(member, fc.array(member), fc.dictionary(fc.string(), member)),
  });
  fc.assert(
    fc.property(changed, ({ name, value }) => {
      const frame: unknown = JSON.parse(JSON.stringify({ ...good, [name]: value }));
      const judged = v.safeParse(schema, frame);
      if (isExactly(frame)) assert.deepEqual(judged.output, frame);
    }),
    { numRuns: 2000 },
  );
});
