/** Guarantee: what ships has no way to die, stop or fail on purpose, and none to leave out a test of a commit. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { faultPoints } from '../../emulator/faults/faultPoint.ts';

const shipped = globSync('dist/*.{mjs,cjs}').map((file) => ({ file, text: readFileSync(file, 'utf8') }));

test('no fault point and no plan for one', () => {
  assert.ok(shipped.length >= 10, `only ${String(shipped.length)} bundles`);
  const found = shipped.flatMap(({ file, text }) =>
    ['SOH_FAULT', ...faultPoints].filter((name) => text.includes(name)).map((name) => `${file}: ${name}`),
  );
  assert.deepEqual(found, []);
});

test('the tests of a commit depend on nothing but the commit', () => {
  const { text = '' } = shipped.find(({ file }) => file.endsWith('messageBox.mjs')) ?? {};
  for (const condition of ['last === frame.id', '!instance || !owned', 'instance.version !== frame.base'])
    assert.equal(text.split(`if (${condition}) {`).length, 2, condition);
});
