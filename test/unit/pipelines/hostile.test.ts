/** Guarantee (docs/failure-model.md, T25): hostile content is refused, or read, in at most 500 ms and 100 MB, whatever it is made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkClusterFile, parseClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import type { InstanceError } from '../../../emulator/engine/door.ts';
import { DEFAULT_LIMITS } from '../../../emulator/hosting/pipelines/bodyLimits.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';

const lol = `<!DOCTYPE l [<!ENTITY a "lol">${Array.from({ length: 9 }, (_, i) => `<!ENTITY ${String.fromCharCode(98 + i)} "${`&${String.fromCharCode(97 + i)};`.repeat(10)}">`).join('')}]><l>&j;</l>`;
const cases: Record<string, { body: string; code: string | undefined }> = {
  'billion laughs': { body: lol, code: 'message.doctype' },
  'quadratic expansion': {
    body: `<!DOCTYPE l [<!ENTITY a "${'a'.repeat(100_000)}">]><l>${'&a;'.repeat(100_000)}</l>`,
    code: 'message.doctype',
  },
  'external entity': { body: '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><l>&a;</l>', code: 'message.doctype' },
  'a million numeric references': { body: `<l>${'&#65;'.repeat(1_000_000)}</l>`, code: 'message.tooLarge' },
  'a million references in an attribute': { body: `<l a="${'&#x41;'.repeat(1_000_000)}"/>`, code: 'message.tooLarge' },
  'depth 100,000': { body: '<l>'.repeat(100_000) + '</l>'.repeat(100_000), code: 'message.tooLarge' },
  'a million elements': { body: `<l>${'<a/>'.repeat(1_000_000)}</l>`, code: 'message.tooLarge' },
  '100,000 attributes': {
    body: `<l ${Array.from({ length: 100_000 }, (_, i) => `a${String(i)}=""`).join(' ')}/>`,
    code: 'message.tooLarge',
  },
  'open tags only': { body: '<a'.repeat(1_000_000), code: 'message.malformed' },
  'open comments': { body: `<l>${'<!--'.repeat(500_000)}`, code: 'message.malformed' },
  'closed comments': { body: `<l>${'<!---->'.repeat(400_000)}</l>`, code: 'message.tooLarge' },
  'far ampersand': { body: `<l>${'<a/>t'.repeat(30_000)}&amp;</l>`, code: undefined },
  'quotes only': { body: `<l ${'"'.repeat(2_000_000)}`, code: 'message.tooLarge' },
  'long name': { body: `<${'a'.repeat(5_000_000)}/>`, code: undefined },
  'nested default namespaces': {
    body: `${Array.from({ length: 250 }, (_, i) => `<a xmlns="urn:${String(i)}">`).join('')}${'</a>'.repeat(250)}`,
    code: undefined,
  },
  'JSON depth 100,000': { body: '['.repeat(100_000) + ']'.repeat(100_000), code: 'message.tooLarge' },
  'JSON open brackets': { body: '[{"a":'.repeat(1_000_000), code: 'message.tooLarge' },
  'JSON million objects': { body: `[${'{},'.repeat(1_000_000)}{}]`, code: 'message.tooLarge' },
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

const LIMITS = { depth: 5, xmlNodes: 20, xmlAttributes: 3, xmlReferences: 4, jsonValues: 10 };
const atAndOver: Record<string, (count: number) => string> = {
  depth: (count) => '<l>'.repeat(count) + '</l>'.repeat(count),
  // The root's tags and each empty element are one node.
  xmlNodes: (count) => `<l>${'<a/>'.repeat(count - 2)}</l>`,
  xmlAttributes: (count) => `<l ${Array.from({ length: count }, (_, n) => `a${String(n)}=""`).join(' ')}/>`,
  xmlReferences: (count) => `<l>${'&amp;'.repeat(count)}</l>`,
  jsonValues: (count) => `[${'1,'.repeat(count - 2)}1]`,
};

test('the limits are those of the group: as much is read, more is too large, and the setting is named', () => {
  for (const [setting, bodyOf] of Object.entries(atAndOver)) {
    const limit = LIMITS[setting as keyof typeof LIMITS];
    const read = (count: number, limits: typeof LIMITS): InstanceError | undefined =>
      new MessageTypes(new Map(), limits).disassemble(Buffer.from(bodyOf(count))).malformed;
    assert.equal(read(limit, LIMITS), undefined, setting);
    const over = read(limit + 1, LIMITS);
    assert.equal(over?.code, 'message.tooLarge', setting);
    assert.match(over.message, new RegExp(`too large.*limits\\.${setting}.*${String(limit)}`));
    // What was read within larger limits is not within these, also when it was read just now.
    assert.equal(read(limit + 1, { ...LIMITS, [setting]: limit + 1 }), undefined, setting);
    assert.equal(read(limit + 1, LIMITS)?.code, 'message.tooLarge', setting);
  }
  const jsonDepth = new MessageTypes(new Map(), LIMITS).disassemble(Buffer.from('['.repeat(6) + ']'.repeat(6)));
  assert.equal(jsonDepth.malformed?.code, 'message.tooLarge');
});

test('without a word in the group file the limits are those of the code', () => {
  const { limits } = parseClusterFile('{ "computers": ["A"], "hosts": [{ "name": "H", "instances": ["A"] }] }', 'cluster.json');
  assert.deepEqual(limits, { messageBytes: 64 * 1024 * 1024, ...DEFAULT_LIMITS });
  for (const wrong of [
    '{ "messageBytes": 0 }',
    '{ "messageBytes": 67108865 }',
    '{ "depth": 1.5 }',
    '{ "xmlNodes": "many" }',
    '{ "bytes": 1 }',
  ]) {
    const [problem] = checkClusterFile(
      `{ "computers": ["A"], "hosts": [{ "name": "H", "instances": ["A"] }], "limits": ${wrong} }`,
      'cluster.json',
    );
    assert.match(problem?.code ?? '', /^clusterFile\./, wrong);
  }
});
