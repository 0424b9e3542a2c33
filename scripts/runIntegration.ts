/** Runs test/integration inside a VS Code: the installed host (code-server) or the desktop application. */
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { USER_SETTINGS } from '../test/host/userSettings.ts';
import type { SuiteResult } from '../test/integration/reporter.ts';

const BUNDLES = 'out/integration';

/** The extension host loads CommonJS, so each file of the suite becomes a bundle of its own. */
async function bundleSuite(): Promise<void> {
  rmSync(BUNDLES, { recursive: true, force: true });
  await build({
    entryPoints: ['test/integration/index.ts', ...globSync('test/integration/**/*.test.ts')],
    outdir: BUNDLES,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: ['vscode', 'mocha'],
    define: { 'import.meta.dirname': '__dirname' },
    sourcemap: 'inline',
    logLevel: 'warning',
  });
}

/** Prints a file as it grows. Both hosts mix their own lines into the console, so the suite reports into a file. */
function follow(file: string): () => void {
  let printed = 0;
  const print = () => {
    if (!existsSync(file)) return;
    const text = readFileSync(file);
    process.stdout.write(text.subarray(printed));
    printed = text.length;
  };
  const timer = setInterval(print, 200);
  return () => {
    clearInterval(timer);
    print();
  };
}

/** A fresh copy of the workspace and empty folders for VS Code, below a temporary folder. */
function prepare(folder: string): { readonly workspace: string; readonly user: string; readonly extensions: string } {
  const workspace = join(folder, 'workspace');
  cpSync('test/fixtures/workspace', workspace, { recursive: true });
  const user = join(folder, 'user');
  mkdirSync(join(user, 'User'), { recursive: true });
  writeFileSync(join(user, 'User', 'settings.json'), JSON.stringify(USER_SETTINGS, null, 2));
  return { workspace, user, extensions: join(folder, 'extensions') };
}

/** Runs the suite and prints its report; a suite that does not come to its end counts as one failure. */
export async function runIntegration(host: 'code-server' | 'desktop'): Promise<{ passed: number; failed: number }> {
  await bundleSuite();
  const folder = mkdtempSync(join(tmpdir(), 'soh-it-'));
  const { workspace, user, extensions } = prepare(folder);
  const results = join(folder, 'results.json');
  const report = join(folder, 'report.txt');
  const stopFollowing = follow(report);
  let trouble: unknown;
  try {
    await runTests({
      ...(host === 'code-server'
        ? { vscodeExecutablePath: resolve('test/host/code') }
        : { version: process.env['VSCODE_VERSION'] ?? 'stable' }),
      extensionDevelopmentPath: resolve('.'),
      extensionTestsPath: resolve(BUNDLES, 'index.cjs'),
      extensionTestsEnv: { TEST_RESULTS: results, TEST_REPORT: report, TEST_ARTIFACTS: join(folder, 'artifacts') },
      launchArgs: [workspace, `--user-data-dir=${user}`, `--extensions-dir=${extensions}`],
    });
  } catch (error) {
    trouble = error;
  } finally {
    stopFollowing();
  }
  return verdict(folder, results, trouble);
}

/** The exit code is not trusted alone: the suite must have left its results, with at least one passed test. */
function verdict(folder: string, results: string, trouble: unknown): { passed: number; failed: number } {
  const result = existsSync(results) ? (JSON.parse(readFileSync(results, 'utf8')) as SuiteResult) : { passed: 0, failed: 0 };
  const broken = result.failed === 0 && (trouble !== undefined || result.passed === 0);
  const failed = broken ? 1 : result.failed;
  if (failed === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  else
    console.error(
      `${broken ? 'The suite did not come to its end. ' : ''}${trouble instanceof Error ? trouble.message : ''} Logs: ${folder}`,
    );
  console.log(`ℹ pass ${result.passed}\nℹ fail ${failed}`);
  return { passed: result.passed, failed };
}
