/** The last notice of a process that user code ends tells what is known, whatever was thrown. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crashNotice } from '../../../emulator/hosting/crash.ts';
import { CRASH_INSTANCES, CRASH_TEXT_CHARACTERS } from '../../../emulator/hosting/settings.ts';

test('the stack where there is one, the instances in memory, the one whose code ran', () => {
  const error = new TypeError('of user code');
  assert.deepEqual(crashNotice('exception', error, { running: undefined, held: ['a', 'b'] }), {
    ...{ kind: 'crashed', cause: 'exception', held: ['a', 'b'] },
    text: error.stack,
  });
  assert.equal(crashNotice('exit', error, { running: 'b', held: [] }).instance, 'b');
  assert.deepEqual(crashNotice('rejection', 'only text', undefined), { kind: 'crashed', cause: 'rejection', text: 'only text', held: [] });
});

test('anything may be thrown', () => {
  const hostile = Object.defineProperty(new Error('x'), 'stack', {
    get: () => {
      throw new Error('no');
    },
  });
  for (const thrown of [
    undefined,
    null,
    7,
    '',
    {},
    Symbol('s'),
    Object.create(null),
    hostile,
    { toString: 1 },
    Object.assign(new Error('m'), { stack: 7 }),
  ])
    assert.equal(typeof crashNotice('exception', thrown, undefined).text, 'string');
});

test('it is bounded', () => {
  const held = Array.from({ length: 10_000 }, (_, index) => String(index));
  const notice = crashNotice('exception', 'x'.repeat(1_000_000), { running: undefined, held });
  assert.deepEqual([notice.text.length, notice.held.length], [CRASH_TEXT_CHARACTERS, CRASH_INSTANCES]);
});
