/** Whatever a frame contains and however large it is, it comes out of the pieces as it went in; what is not understood costs itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isCode } from '../../../emulator/errors.ts';
import { FRAME_LIMIT_CHARACTERS, pack, SOCKET_LIMITS, Unpacker } from '../../../emulator/wire/framing.ts';

const PIECE = 1024 * 1024;

/** As it crosses a socket: UTF-8. */
function sent(frames: readonly object[]): { readonly kind: string }[] {
  const unpacker = new Unpacker();
  const arrived: { readonly kind: string }[] = [];
  for (const message of pack(frames)) {
    const bytes = Buffer.from(message, 'utf8');
    assert.ok(bytes.length <= SOCKET_LIMITS.maxPayload, `a message of ${String(bytes.length)} bytes`);
    arrived.push(...(unpacker.push(bytes.toString('utf8')) ?? []));
  }
  return arrived;
}

test('a text that looks like a mark, at every place near the end of a piece', () => {
  for (const character of ['+', '.', '[', '"', '\\', '\n', 'ü', '漢', '😀']) {
    for (const length of [PIECE - 40, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 3]) {
      const frame = { kind: 'x', text: character.repeat(Math.ceil(length / character.length)) };
      // Not deepEqual: a difference of megabytes would be printed.
      assert.ok(JSON.stringify(sent([frame])) === JSON.stringify([frame]), `${JSON.stringify(character)} ${String(length)}`);
    }
  }
});

test('a piece that ends within a character, at each of its halves', () => {
  for (let shift = 0; shift < 4; shift++) {
    const frame = { kind: 'x', text: `${'a'.repeat(shift)}${'😀'.repeat(PIECE)}` };
    assert.ok(JSON.stringify(sent([frame])) === JSON.stringify([frame]), `shifted by ${String(shift)}`);
  }
});

test('any frames, in order', () => {
  const frame = fc.record({ kind: fc.string(), text: fc.string({ unit: 'grapheme' }), more: fc.jsonValue() });
  fc.assert(
    fc.property(fc.array(frame), (frames) => {
      assert.deepEqual(sent(frames), JSON.parse(JSON.stringify(frames)));
    }),
  );
});

test('large and small frames keep their order', () => {
  const frames = [1, 2, 3, 4, 5].map((number) => ({ kind: 'x', number, text: '+'.repeat(number % 2 === 0 ? 3 * PIECE : 10) }));
  assert.deepEqual(
    sent(frames).map((frame) => (frame as unknown as { number: number }).number),
    [1, 2, 3, 4, 5],
  );
});

test('a frame that no receiver would take is given back, and the others go', () => {
  const large = { kind: 'x', text: 'a'.repeat(FRAME_LIMIT_CHARACTERS) };
  const given: object[] = [];
  const messages = pack([{ kind: 'first' }, large, { kind: 'last' }], (frame) => given.push(frame));
  assert.ok(given.length === 1 && given[0] === large);
  assert.deepEqual(messages, ['[{"kind":"first"},{"kind":"last"}]']);
});

test('what is not an array of frames is refused', () => {
  const refused = (...texts: string[]): void => {
    const unpacker = new Unpacker();
    assert.throws(
      () => {
        for (const text of texts) unpacker.push(text);
      },
      (error) => isCode(error, 'messageBox.protocol'),
      texts.join(' | '),
    );
  };
  refused('');
  refused('{}');
  refused('[1]');
  refused('[null]');
  refused('[{"kind":"x"}');
  refused('+[{"kind":', '[]');
  refused('.');
  refused('+[', '+{', '.x');
});
