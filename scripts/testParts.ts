/** The parts of `npm test` and how each is run. */
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { delimiter } from 'node:path';
import { run as runTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { inspect } from 'node:util';
import { chromiumPath } from '../test/host/browser.ts';
import { installedHost } from '../test/host/installedHost.ts';
import { firstLine, run } from './processes.ts';
import { runIntegration } from './runIntegration.ts';

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Why nothing ran, and the one command that changes it. */
  readonly leftOut?: string;
  /** Name, place and error of each failed test. */
  readonly failures?: readonly string[];
}

/** A test file that has not ended after this long has failed (ms). */
const FILE_TIMEOUT = 300_000;
/** What waits a good part of its time, for processes, disks and clocks: one at a time would use a third of the machine. */
const WAITING: FileOptions = { concurrency: availableParallelism() + 1 };
/** What draws needs a processor for each file. */
const DRAWING: FileOptions = { concurrency: availableParallelism() };
/** Of an error that is told again at the end of the run. */
const MAX_ERROR_CHARACTERS = 4000;
/** The soak lasts as long as SOAK_MINUTES says. */
const SOAK_TIMEOUT = 3 * 3_600_000;

export const parts = {
  check,
  // What of conformance needs no process takes no longer than any other unit test.
  unit: () => nodeTests('test/{unit,conformance/semantics}/**/*.test.ts', WAITING),
  process: () => withBuild(() => nodeTests('test/process/**/*.test.ts', WAITING)),
  faults: () => withBuild(() => nodeTests('test/faults/**/*.test.ts', WAITING)),
  conformance: () => withBuild(() => nodeTests('test/conformance/*.test.ts')),
  soak: () => withBuild(() => nodeTests('test/soak/**/*.test.ts', { timeout: SOAK_TIMEOUT })),
  smoke20: () => withBuild(smoke20),
  page: () => whereThereIs([chromiumMissing()], () => nodeTests('test/page/**/*.test.ts', DRAWING)),
  integration: () => withBuild(() => whereThereIs([hostMissing(), chromiumMissing()], () => runIntegration('code-server'))),
  e2e: () => whereThereIs([hostMissing(), chromiumMissing()], () => endToEnd()),
  screenshots: () => whereThereIs([hostMissing(), chromiumMissing()], screenshots),
  electron: () => withBuild(() => runIntegration('desktop')),
} satisfies Record<string, () => Promise<Outcome>>;

export type PartName = keyof typeof parts;

/** What runs without a name: everything that needs no download at test time, and not the suites that take long (conformance, soak). */
export const defaultParts: readonly PartName[] = ['check', 'unit', 'process', 'faults', 'smoke20', 'page', 'integration', 'e2e'];

/** All four at once: each is one thread, and none touches what another reads. */
async function check(): Promise<Outcome> {
  const codes = await Promise.all(
    ['typecheck', 'lint', 'format:check', 'deadcode'].map(async (name) => {
      const started = performance.now();
      const code = await run('npm', ['run', '--silent', name], { shell: process.platform === 'win32' });
      console.log(`${code === 0 ? '✔' : '✖'} ${name} (${Math.round(performance.now() - started)} ms)`);
      return code;
    }),
  );
  return counted(codes.filter((code) => code === 0).length, codes.filter((code) => code !== 0).length);
}

/** The closing lines of a part that node:test does not run, in node:test's words. */
function counted(passed: number, failed: number): Outcome {
  console.log(`ℹ pass ${passed}\nℹ fail ${failed}`);
  return { passed, failed };
}

interface FileOptions {
  /** ms for each file */
  readonly timeout?: number;
  /** Files at a time. */
  readonly concurrency?: number;
}

async function nodeTests(pattern: string, { timeout = FILE_TIMEOUT, concurrency = 1 }: FileOptions = {}): Promise<Outcome> {
  const files = globSync(pattern).sort();
  if (files.length === 0) throw new Error(`There is no test file ${pattern}.`);
  const execArgv = ['--disable-warning=ExperimentalWarning', '--import', new URL('compileCache.ts', import.meta.url).href];
  const stream = runTests({ files, timeout, concurrency, execArgv });
  const failures: string[] = [];
  stream.on('test:fail', ({ name, file, line, details }) => {
    // The error of a suite or file says only that something in it has failed.
    if ('failureType' in details.error && details.error.failureType === 'subtestsFailed') return;
    failures.push(`✖ ${name} (${file ?? ''}:${String(line ?? '')})\n${cut(inspect(details.error.cause))}`);
  });
  let outcome: Outcome | undefined;
  stream.on('test:summary', ({ file, counts, success }) => {
    if (file !== undefined) return;
    const failed = counts.tests - counts.passed - counts.skipped - counts.todo;
    // A file that fails outside its tests fails the run as well.
    outcome = { passed: counts.passed, failed: success ? failed : Math.max(failed, 1), failures };
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(text as string);
  if (outcome === undefined) throw new Error(`${pattern}: the test run ended without a summary.`);
  return outcome;
}

function cut(text: string): string {
  return text.length <= MAX_ERROR_CHARACTERS ? text : `${text.slice(0, MAX_ERROR_CHARACTERS)}…`;
}

let built: Promise<void> | undefined;

/** Both builds, once per run of `npm test`. */
async function withBuild(part: () => Promise<Outcome>): Promise<Outcome> {
  built ??= (async () => {
    for (const args of [[], ['--test']]) {
      if ((await run(process.execPath, ['scripts/build.ts', ...args])) !== 0) throw new Error('The build failed.');
    }
  })();
  await built;
  return part();
}

/** The Node that `node` means outside of npm scripts, which put node_modules/.bin first. */
function systemNode(): { readonly path: string; readonly version: string } | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !/[\\/]node_modules[\\/]|[\\/]node-gyp-bin/.test(folder));
  const [path, version] = (
    firstLine('node', ['-p', 'process.execPath + "|" + process.version'], { PATH: folders.join(delimiter) }) ?? ''
  ).split('|');
  return path === undefined || version === undefined ? undefined : { path, version };
}

async function smoke20(): Promise<Outcome> {
  const node = systemNode();
  if (node?.version.startsWith('v20.') !== true) {
    const found = node === undefined ? 'there is none' : `it is ${node.version}`;
    return { passed: 0, failed: 0, leftOut: `needs Node 20 as the machine's own Node; ${found}` };
  }
  console.log(`the bundles under ${node.version}`);
  process.env['SMOKE_NODE'] = node.path;
  return nodeTests('test/smoke20/**/*.test.ts');
}

function hostMissing(): string | undefined {
  return installedHost() === undefined ? 'the VS Code host is not installed: npm run host:install' : undefined;
}

function chromiumMissing(): string | undefined {
  return chromiumPath() === undefined ? 'there is no Chromium: apt-get install chromium (or name one in CHROMIUM_PATH)' : undefined;
}

/** Runs a part that needs more than Node, or says what is missing and the command that adds it; on a CI machine that is a failure. */
async function whereThereIs(missing: readonly (string | undefined)[], part: () => Promise<Outcome>): Promise<Outcome> {
  const reason = missing.filter((sentence) => sentence !== undefined).join('; ');
  if (reason === '') return part();
  if (process.env['CI'] !== undefined && process.env['CI'] !== 'false') throw new Error(reason);
  return { passed: 0, failed: 0, leftOut: reason };
}

/** The pictures of docs/vscode.md, taken while the stories are played; one after the other, or work is over before its picture is taken. */
async function screenshots(): Promise<Outcome> {
  process.env['SCREENSHOTS'] = 'docs/images';
  return endToEnd('test/e2e/{story,trip}.test.ts', {});
}

async function endToEnd(files = 'test/e2e/**/*.test.ts', options: FileOptions = DRAWING): Promise<Outcome> {
  if ((await run(process.execPath, ['scripts/package.ts'])) !== 0 || !existsSync('out/scaled-out-hosts.vsix')) {
    throw new Error('The extension could not be packaged.');
  }
  return nodeTests(files, options);
}
