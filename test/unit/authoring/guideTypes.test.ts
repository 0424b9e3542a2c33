/** Guarantee: the modules of docs/orchestrations.md have no mistake in their types, so who copies one sees none in the editor. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import ts from 'typescript';
import { guideModules } from './guide.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('the modules of the guide are typed', { timeout: 120_000 }, () => {
  const modules = new Map(guideModules.map((code, index) => [join(root, `guide${String(index)}.ts`), code]));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.fileExists = (path) => modules.has(path) || disk.fileExists(path);
  host.getSourceFile = (path, version, ...more) => {
    const code = modules.get(path);
    return code === undefined ? disk.getSourceFile(path, version, ...more) : ts.createSourceFile(path, code, version);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  const found = [...modules.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    assert.ok(file);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  });
  const told = found.map(({ file, start = 0, messageText }) => {
    const line = file?.text.slice(0, start).split('\n').length ?? 0;
    return `${file?.text.split('\n')[line - 1] ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
  });
  assert.deepEqual(told, []);
});
