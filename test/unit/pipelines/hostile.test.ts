/** Guarantee (docs/failure-model.md, T25): hostile content is refused, or read, in at most 500 ms and 100 MB, whatever it is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';

const lol = `<!DOCTYPE l [<!ENTITY a "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "${`&${String.fromCharCode(97 + i)};`.repeat(10)}">`).join('')}]><l>&j;</l>`;
const cases: Record<string, { body: string; code: string | undefined }> = {
  'billion laughs': { body: lol, code: 'message.doctype' },
  'quadratic expansion': {
    body: `<!DOCTYPE l [<!ENTITY a "${'a'.repeat(100_000)}">]><l>${'&a;'.repeat(100_000)}</l>`,
    code: 'message.doctype',
  },
  'external entity': { body: '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>', code: 'message.doctype' },
  'a million numeric references': { body: `<l>${'&#65;'.repeat(1_000_000)}</l>`, code: 'message.malformed' },
  'a million references in an attribute': { body: `<l a="${'&#x41;'.repeat(1_000_000)}"/>`, code: 'message.malformed' },
  'depth 100,000': { body: '<l>'.repeat(100_000) + '</l>'.repeat(100_000), code: 'message.malformed' },
  'a million elements': { body: `<l>${'<a/>'.repeat(1_000_000)}</l>`, code: 'message.malformed' },
  '100,000 attributes': {
    body: `<l ${Array.from({ length: 100_000 }, (_, i) => `a${String(i)}=""`).join(' ')}/>`,
    code: 'message.malformed',
  },
  'open tags only': { body: '<a'.repeat(1_000_000), code: 'message.malformed' },
  'open comments': { body: `<l>${'<!--'.repeat(500_000)}`, code: 'message.malformed' },
  'closed comments': { body: `<l>${'<!---->'.repeat(400_000)}</l>`, code: 'message.malformed' },
  'far ampersand': { body: `<l>${'<a/>t'.repeat(30_000)}&amp;</l>`, code: undefined },
  'quotes only': { body: `<l ${'"'.repeat(2_000_000)}`, code: 'message.malformed' },
  'long name': { body: `<${'a'.repeat(5_000_000)}/>`, code: undefined },
  'nested default namespaces': {
    body: `${Array.from({ length: 250 }, (_, i) => `<a xmlns="urn:${String(i)}">`).join('')}${'</a>'.repeat(250)}`,
    code: undefined,
  },
  'JSON depth 100,000': { body: '['.repeat(100_000) + ']'.repeat(100_000), code: 'message.malformed' },
  'JSON open brackets': { body: '[{"a":'.repeat(1_000_000), code: 'message.malformed' },
  'JSON million objects': { body: `[${'{},'.repeat(1_000_000)}{}]`, code: 'message.malformed' },
  'JSON long string': { body: `{"a":"${'\\u0041'.repeat(1_000_000)}"}`, code: undefined },
};

test('each hostile body within its bounds', async (t) => {
  for (const [name, { body, code }] of Object.entries(cases)) {
    await t.test(name, () => {
      const bytes = Buffer.from(body);
      const types = new MessageTypes(new Map());
      const before = process.memoryUsage().heapUsed;
      const cpu = process.cpuUsage();
      const result = types.disassemble(bytes);
      const used = process.cpuUsage(cpu);
      // CPU time, so that a busy machine does not decide.
      const milliseconds = (used.user + used.system) / 1000;
      assert.equal(result.malformed?.code, code, result.malformed?.message);
      assert.ok(milliseconds <= 500, `${milliseconds.toFixed()} ms`);
      assert.ok(process.memoryUsage().heapUsed - before < 100e6, `${String((process.memoryUsage().heapUsed - before) / 1e6)} MB`);
      assert.ok((result.malformed?.message.length ?? 0) < 400, 'the error text stays short');
    });
  }
});

test('a large honest body is read', () => {
  const types = new MessageTypes(new Map());
  const body = `<l>${'<a b="1">text</a>'.repeat(20_000)}${'x'.repeat(10_000_000)}</l>`;
  assert.equal(types.disassemble(Buffer.from(body)).message.type, 'l');
});
