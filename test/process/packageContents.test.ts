/**
 * Guarantee: the VSIX contains exactly what ships: no sources, tests, source maps or node_modules. What is built must have been built
 * (`npm test -- process` does).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import vsce from '@vscode/vsce';
import { stagePackage } from '../../scripts/stagePackage.ts';

const EXACTLY = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'dist/THIRD-PARTY-NOTICES.txt',
  'dist/authoring.d.ts',
  'dist/authoring.mjs',
  'dist/checkGroup.mjs',
  'dist/cli.mjs',
  'dist/disassemblyThread.mjs',
  'dist/extension.cjs',
  'dist/hooksThread.mjs',
  'dist/hostInstance.mjs',
  'dist/messageBox.mjs',
  'dist/snapshotWorker.mjs',
  'dist/stripAhead.mjs',
  'dist/stripTypes.mjs',
  'dist/supervisor.mjs',
  'dist/webview/main.css',
  'dist/webview/main.js',
  'l10n/bundle.l10n.json',
  'l10n/bundle.l10n.zh-cn.json',
  'package.json',
  'package.nls.json',
  'package.nls.zh-cn.json',
  'schemas/cluster.schema.json',
];
/** Folders with nothing but what ships, which grow with pictures and samples. */
const WHOLE_FOLDERS = /^(media|samples)\/[\w./-]+\.(svg|png|ts|json|xml|md)$|^dist\/webview\/codicon\.ttf$/;

test('the package has what ships and nothing else', async () => {
  const files = await vsce.listFiles({ cwd: stagePackage(), packageManager: vsce.PackageManager.None });
  assert.deepEqual(files.filter((file) => !WHOLE_FOLDERS.test(file)).sort(), EXACTLY);
});
