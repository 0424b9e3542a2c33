/** Guarantee: every error says whether trying again can help, at home, across a socket and from an older version. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIncoming } from '../../emulator/control/frames.ts';
import { catalogue, type ErrorCode } from '../../emulator/errorCatalogue.ts';
import { canRetry, fromWire, SohError, toWire } from '../../emulator/errors.ts';

const codes = Object.keys(catalogue) as ErrorCode[];

test('what an error says of trying again is what the catalogue says, also on the other side', () => {
  for (const code of codes) {
    const { retry } = catalogue[code];
    assert.equal(new SohError(code).retry, retry, code);
    assert.equal(toWire(new SohError(code)).retry, retry, code);
    assert.equal(fromWire(toWire(new SohError(code))).retry, retry, code);
    assert.equal(canRetry(new SohError(code)), retry, code);
  }
});

test('wrong usage and wrong files never get right by trying again; a connection may come back', () => {
  for (const code of codes.filter((name) => /^(?:usage|clusterFile|definition|message)\./.test(name)))
    assert.equal(catalogue[code].retry, false, code);
  for (const code of ['group.connectionLost', 'group.messageBoxAway', 'messageBox.storageFailed', 'send.failed'] as const)
    assert.ok(catalogue[code].retry, code);
});

test('of what is not an error of ours nobody knows that it cannot help', () => {
  for (const thrown of [new Error('x'), Object.assign(new Error('x'), { code: 'EBUSY' }), 'text', undefined, null]) {
    assert.ok(canRetry(thrown));
    assert.ok(toWire(thrown).retry);
  }
});

test('a group of an older version says nothing about it', () => {
  const answer = (error: object): unknown => parseIncoming(JSON.stringify({ id: 1, error }));
  const old = { code: 'group.unknownHost', message: 'm', next: 'n', parameters: { name: 'X' } };
  assert.deepEqual(answer(old), { id: 1, error: { ...old, retry: true } });
  assert.deepEqual(answer({ ...old, retry: false }), { id: 1, error: { ...old, retry: false } });
  for (const retry of ['false', 0, null]) assert.throws(() => answer({ ...old, retry }), String(retry));
});
