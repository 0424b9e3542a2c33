/** What a message says of its encoding and what its bytes are agree, or it is refused; its text is what its author wrote. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import iconv from 'iconv-lite';
import { isCode } from '../../../emulator/errors.ts';
import { bodyBytes, contentTypeOf } from '../../../emulator/hosting/pipelines/decode.ts';
import { decode } from '../../../emulator/hosting/pipelines/encodings.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';

const NAME = 'Müller';
const order = (encoding?: string, name = NAME): string =>
  `<?xml version="1.0"${encoding === undefined ? '' : ` encoding="${encoding}"`}?><Order><Name>${name}</Name></Order>`;
const marked = (mark: readonly number[], bytes: Buffer): Buffer => Buffer.concat([Buffer.from(mark), bytes]);
const UTF8 = [0xef, 0xbb, 0xbf];
const LE = [0xff, 0xfe];
const BE = [0xfe, 0xff];

const swapped = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

test('an encoding that is declared rightly, in every way to declare it', () => {
  const cases: [what: string, bytes: Buffer, charset?: string][] = [
    ['nothing said: UTF-8', Buffer.from(order())],
    ['UTF-8', Buffer.from(order('UTF-8'))],
    ['UTF-8 with its mark', marked(UTF8, Buffer.from(order('utf-8')))],
    ['Latin-1', Buffer.from(order('ISO-8859-1'), 'latin1')],
    ['windows-1252', iconv.encode(order('windows-1252'), 'windows-1252')],
    ['IBM 850', iconv.encode(order('cp850'), 'cp850')],
    ['UTF-16 with a mark', marked(LE, Buffer.from(order('UTF-16'), 'utf16le'))],
    ['UTF-16 big-endian with a mark', marked(BE, swapped(order('utf-16')))],
    ['UTF-16 with a mark and no declaration', marked(LE, Buffer.from(order(), 'utf16le'))],
    ['UTF-16LE without a mark', Buffer.from(order('UTF-16LE'), 'utf16le')],
    ['UTF-16 without a mark', swapped(order('UTF-16'))],
    ['UTF-32', iconv.encode(order('UTF-32'), 'utf-32le', { addBOM: true })],
    ['the transport says Latin-1', Buffer.from(order(), 'latin1'), 'iso-8859-1'],
    ['the transport says Latin-1, over what is declared', Buffer.from(order('utf-8'), 'latin1'), 'ISO-8859-1'],
    ['the transport says UTF-16', Buffer.from(order('utf-16'), 'utf16le'), 'utf-16'],
    ['the transport says UTF-16LE', Buffer.from(order(), 'utf16le'), 'UTF-16LE'],
  ];
  for (const [what, bytes, charset] of cases) {
    const text = decode(bytes, charset);
    assert.ok(text?.includes(`<Name>${NAME}</Name>`), `${what}: ${String(text)}`);
    assert.match(text ?? '', /^<\?xml version="1.0"( encoding="utf-8")?\?>/i, what);
  }
});

test('other alphabets', () => {
  for (const [encoding, name] of [
    ['Shift_JIS', '日本語'],
    ['GB18030', '订单😀'],
    ['Big5', '訂單'],
    ['EUC-KR', '주문'],
    ['windows-1251', 'Заказ'],
    ['ISO-8859-15', '100 €'],
    ['koi8-r', 'Заказ'],
  ] as const) {
    assert.ok(decode(iconv.encode(order(encoding, name), encoding))?.includes(name), encoding);
  }
  // The real ISO-8859-1, not the code page browsers take it for.
  assert.ok(decode(Buffer.from(order('iso-8859-1', '\u0085'), 'latin1'))?.includes('\u0085'));
});

test('what contradicts itself is refused, with both names', () => {
  const cases: [what: string, bytes: Buffer, charset?: string][] = [
    ['UTF-8 bytes declared UTF-16', Buffer.from(order('UTF-16'))],
    ['UTF-8 bytes declared ucs-2', Buffer.from(order('ISO-10646-UCS-2'))],
    ['a UTF-8 mark before Latin-1', marked(UTF8, Buffer.from(order('ISO-8859-1')))],
    ['a UTF-16 mark before UTF-8', marked(LE, Buffer.from(order('utf-8'), 'utf16le'))],
    ['a mark of the other order', marked(LE, Buffer.from(order('utf-16be'), 'utf16le'))],
    ['UTF-16 without a mark, declared UTF-8', Buffer.from(order('utf-8'), 'utf16le')],
    ['a mark against the transport', marked(LE, Buffer.from(order(), 'utf16le')), 'utf-8'],
    ['a mark against a code page of the transport', marked(UTF8, Buffer.from(order())), 'iso-8859-1'],
  ];
  for (const [what, bytes, charset] of cases) {
    assert.throws(
      () => decode(bytes, charset),
      (error) => isCode(error, 'message.encodingContradiction') && error.parameters['declared'] !== error.parameters['found'],
      what,
    );
  }
});

test('an encoding nobody knows is named', () => {
  for (const [bytes, charset] of [
    [Buffer.from(order('klingon')), undefined],
    [Buffer.from(order()), 'x-unknown'],
    [Buffer.from(order('base64')), undefined],
    [Buffer.from(order('utf-7')), undefined],
  ] as const) {
    assert.throws(
      () => decode(bytes, charset),
      (error) =>
        isCode(error, 'message.encodingUnsupported') &&
        error.message.includes(charset ?? /encoding="([^"]*)"/.exec(bytes.toString())?.[1] ?? '?'),
    );
  }
});

test('bytes that are no text in their encoding', () => {
  assert.equal(decode(Buffer.from([0xff, 0x00, 0x80])), undefined);
  assert.equal(decode(Buffer.from(order(), 'latin1')), undefined);
  assert.equal(decode(Buffer.from([...Buffer.from(order('Shift_JIS')).subarray(0, 60), 0x81, 0x00])), undefined);
  assert.equal(decode(Buffer.from([0xff, 0xfe, 0x00, 0xd8, 0x41, 0x00])), undefined, 'half of a surrogate pair');
});

test('JSON: UTF-8 unless its bytes or the transport say otherwise', () => {
  const text = `{"name":"${NAME}"}`;
  assert.equal(decode(Buffer.from(text)), text);
  assert.equal(decode(Buffer.from(text, 'utf16le')), text);
  assert.equal(decode(swapped(text)), text);
  assert.equal(decode(marked(UTF8, Buffer.from(text))), text);
  assert.equal(decode(Buffer.from(text, 'latin1'), 'iso-8859-1'), text);
});

test('a message of which nothing can be made is kept with the reason, its bytes unchanged', () => {
  const types = new MessageTypes(new Map());
  for (const [bytes, charset, code] of [
    [Buffer.from(order(), 'latin1'), undefined, 'message.malformed'],
    [Buffer.from(`{"name":"${NAME}"}`, 'latin1'), undefined, 'message.malformed'],
    [Buffer.from(order('UTF-16')), undefined, 'message.encodingContradiction'],
    [Buffer.from(order('klingon')), undefined, 'message.encodingUnsupported'],
    [Buffer.from(order()), 'klingon', 'message.encodingUnsupported'],
  ] as const) {
    const { message, malformed } = types.disassemble(bytes, charset === undefined ? {} : { charset });
    assert.equal(malformed?.code, code);
    assert.deepEqual(bodyBytes({ body: message.body, properties: message.properties }), bytes);
  }
});

test('what leaves the group says what it is, whoever wrote another encoding into it', () => {
  const sent = (body: string): string => bodyBytes({ body, properties: {} }).toString('utf8');
  for (const encoding of ['utf-16', 'ISO-8859-1', 'windows-1252', "x'y"]) {
    const text = sent(order(encoding));
    assert.ok(encoding.includes("'") ? text === order(encoding) : text === order('utf-8'), text);
    // And the product takes what it wrote.
    if (!encoding.includes("'")) assert.equal(decode(Buffer.from(text)), text);
  }
  for (const untouched of [order(), order('UTF-8'), order('utf8'), '<a encoding="utf-16"/>', '{"a":1}', 'plain'])
    assert.equal(sent(untouched), untouched);
});

test('of a body whose bytes are there the same leaves, and nobody makes a text of it', () => {
  const asBytes = (body: string) => ({
    bytes: Buffer.from(body),
    properties: {},
    get body(): string {
      return body.trim() === '' ? body : assert.fail('it was made a text');
    },
  });
  const bodies = ['utf-16', 'ISO-8859-1', 'windows-1252', "x'y", 'UTF-8'].map((encoding) => order(encoding));
  for (const body of [...bodies, order(), '<a encoding="utf-16"/>', '{"ü":1}', '  [1]', 'plain ü>', '', ' '.repeat(2000), '<?xml ']) {
    assert.deepEqual(bodyBytes(asBytes(body)), bodyBytes({ body, properties: {} }), body);
    assert.equal(contentTypeOf(asBytes(body)), contentTypeOf({ body, properties: {} }), body);
  }
});
