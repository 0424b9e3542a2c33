/**
 * Runs an extension's test suite in the installed VS Code host, with the arguments of the desktop application: opens the workbench in
 * Chromium, lets it load the extension and the suite into its Node extension host, and ends with the suite's verdict.
 */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { launchBrowser } from './browser.ts';
import { startCodeServer, type CodeServer } from './codeServer.ts';
import { installedHost } from './installedHost.ts';

interface Request {
  readonly folder: string | undefined;
  readonly extensions: readonly string[];
  /** The suite's module; exports run(). */
  readonly suite: string;
  readonly userDataFolder: string;
  readonly extensionsFolder: string;
  /** Where logs and the closing screenshot go. */
  readonly artifacts: string;
}

const VERDICT_TIMEOUT = 300_000;

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new Error(`This stand-in for VS Code only runs extension tests and needs --${name}.`);
  return resolve(value);
}

function parse(args: readonly string[]): Request {
  const { values, positionals } = parseArgs({
    args: [...args],
    // The runner adds switches for the desktop application, which mean nothing here.
    strict: false,
    allowPositionals: true,
    options: {
      extensionDevelopmentPath: { type: 'string', multiple: true },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
      'extensions-dir': { type: 'string' },
    },
  });
  const one = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const extensions = (values.extensionDevelopmentPath ?? []).filter((value) => typeof value === 'string');
  return {
    folder: positionals[0] === undefined ? undefined : resolve(positionals[0]),
    extensions: extensions.map((extension) => resolve(extension)),
    suite: required(one('extensionTestsPath'), 'extensionTestsPath'),
    userDataFolder: required(one('user-data-dir'), 'user-data-dir'),
    extensionsFolder: required(one('extensions-dir'), 'extensions-dir'),
    artifacts: required(process.env['TEST_ARTIFACTS'], 'TEST_ARTIFACTS'),
  };
}

/**
 * A module around the suite that leaves a mark once run() has come back. An extension host that is killed, or in which a test calls
 * process.exit, also ends with 0; without the mark that would count as passed.
 */
function markedSuite(request: Request): { readonly entry: string; readonly mark: string } {
  const mark = join(request.artifacts, 'came-back');
  const entry = join(request.artifacts, 'suite.cjs');
  writeFileSync(
    entry,
    `exports.run = async () => {
  await require(${JSON.stringify(request.suite)}).run();
  require('node:fs').writeFileSync(${JSON.stringify(mark)}, '');
};
`,
  );
  return { entry, mark };
}

/**
 * Adds the extension and the suite to the configuration that the server wrote into the page. It must happen while the document is being
 * read: rewriting the response instead makes Chromium take the page for a foreign one and refuse its sockets to loopback.
 */
async function addDevelopmentOptions(page: Page, options: Readonly<Record<string, unknown>>): Promise<void> {
  await page.addInitScript(`
    document.addEventListener('readystatechange', () => {
      const element = document.getElementById('vscode-workbench-web-configuration');
      if (document.readyState !== 'interactive' || element === null) return;
      const configuration = JSON.parse(element.dataset.settings);
      configuration.developmentOptions = { ...configuration.developmentOptions, ...${JSON.stringify(options)} };
      element.dataset.settings = JSON.stringify(configuration);
    });
  `);
}

interface WorkbenchLog {
  readonly relativePath: string;
  readonly contents: string;
}

/** Opens the workbench; resolves with the code it ends with, or with what kept it from ending. */
async function verdictOf(page: Page, server: CodeServer, request: Request, entry: string): Promise<number | string> {
  let settle: (verdict: number | string) => void = () => undefined;
  const verdict = new Promise<number | string>((resolvePromise) => (settle = resolvePromise));
  const log = join(request.artifacts, 'workbench.log');
  await page.exposeFunction('codeAutomationLog', (type: string, words: unknown[]) =>
    appendFileSync(log, `[${type}] ${words.map(String).join(' ')}\n`),
  );
  await page.exposeFunction('codeAutomationExit', (code: number, logs: readonly WorkbenchLog[] = []) => {
    for (const { relativePath, contents } of logs) {
      const file = join(request.artifacts, 'logs', relativePath);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, contents);
    }
    settle(code);
  });
  page.on('pageerror', (error) => appendFileSync(log, `[page error] ${error.stack ?? error.message}\n`));
  page.on('crash', () => settle('the page crashed'));
  const remote = (path: string) => ({ scheme: 'vscode-remote', authority: server.authority, path });
  await addDevelopmentOptions(page, { extensions: request.extensions.map(remote), extensionTestsPath: remote(entry) });
  const url = new URL(server.url);
  if (request.folder === undefined) url.searchParams.set('ew', 'true');
  else url.searchParams.set('folder', request.folder);
  url.searchParams.set(
    'payload',
    JSON.stringify([
      ['skipWelcome', 'true'],
      ['skipReleaseNotes', 'true'],
    ]),
  );
  await page.goto(url.href);
  const timer = setTimeout(() => settle(`no verdict within ${VERDICT_TIMEOUT} ms`), VERDICT_TIMEOUT);
  return verdict.finally(() => clearTimeout(timer));
}

async function run(request: Request, atEnd: (step: () => Promise<void>) => void): Promise<number> {
  const host = installedHost();
  if (host === undefined) throw new Error('The VS Code host is not installed: run `npm run host:install`.');
  mkdirSync(request.artifacts, { recursive: true });
  const { entry, mark } = markedSuite(request);
  const { userDataFolder, extensionsFolder } = request;
  const server = await startCodeServer(host, { userDataFolder, extensionsFolder, settings: null });
  atEnd(() => server.stop());
  const browser = await launchBrowser();
  atEnd(() => browser.close());

  const verdict = await verdictOf(browser.page, server, request, entry);
  if (verdict === 0 && existsSync(mark)) return 0;
  await browser.page.screenshot({ path: join(request.artifacts, 'end.png') }).catch((error: unknown) => console.error(error));
  copyFileSync(server.logFile, join(request.artifacts, 'code-server.log'));
  const reason = verdict === 0 ? 'the extension host ended before the suite did' : `verdict: ${verdict}`;
  console.error(`VS Code host: ${reason}; logs and screenshot are in ${request.artifacts}`);
  return typeof verdict === 'number' && verdict !== 0 ? verdict : 1;
}

async function main(): Promise<number> {
  const steps: (() => Promise<void>)[] = [];
  const end = async () => {
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) await step();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end().finally(() => process.exit(130)));
  try {
    return await run(parse(process.argv.slice(2)), (step) => steps.push(step));
  } finally {
    await end();
  }
}

process.exit(await main());
