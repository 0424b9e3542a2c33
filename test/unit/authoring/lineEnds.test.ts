/** Guarantee: a module means the same with the line ends and the byte order mark of any editor. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import { versionOf } from '../../../emulator/orchestration/compile.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const folder = await mkdtemp(join(tmpdir(), 'soh-lines-'));
after(() => rm(folder, { recursive: true, force: true }));

const source = `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
// A comment that ends with the line
const note = messageType({ name: 'Note', format: 'json' });
export const one = orchestration(
  'One',
  { messages: { In: note }, variables: { text: '', lines: 0 }, ports: { In: receivePort() } },
  (o) => [
    o.receive('r', { port: 'In', message: 'In', activate: true }),
    o.expression('e', ({ variables }) => {
      variables.text = \`two
lines\`;
      variables.lines = variables.text.length;
    }),
  ],
);
`;
const crlf = source.replaceAll('\n', '\r\n');
const forms: Readonly<Record<string, string>> = { lf: source, crlf: crlf, bom: `\ufeff${source}`, 'bom-crlf': `\ufeff${crlf}` };

for (const extension of ['ts', 'mts', 'js', 'mjs']) {
  test(`a .${extension} module has one version, whatever ends its lines`, async () => {
    const versions = new Set<string>();
    const values = new Set<string>();
    for (const [form, text] of Object.entries(forms)) {
      const path = join(folder, `${form}.${extension}`);
      await writeFile(path, text);
      const { code, orchestrations } = await loadModule(path);
      const definition = orchestrations.get('One');
      assert.ok(definition, form);
      versions.add(versionOf(definition, code, 1));
      const variables = { text: '', lines: 0 };
      const [, expression] = definition.body;
      assert.ok(expression?.kind === 'expression');
      expression.run({ variables, messages: {}, instanceId: 'i', succeeded: () => false, now: 0, log: () => undefined });
      values.add(JSON.stringify(variables));
    }
    assert.deepEqual([...values], ['{"text":"two\\nlines","lines":9}']);
    assert.equal(versions.size, 1);
  });
}
