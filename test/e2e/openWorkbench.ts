import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { launchBrowser, type Browser } from '../host/browser.ts';
import { startCodeServer, type CodeServer, type CodeServerOptions } from '../host/codeServer.ts';
import { installedHost } from '../host/installedHost.ts';
import { GroupWindow } from './group.ts';
import { groupProcesses } from './processes.ts';
import { Workbench } from './workbench.ts';

/** E2E_PACKAGE names another one than the package that `npm run package` makes. */
const PACKAGE = process.env['E2E_PACKAGE'] ?? 'out/scaled-out-hosts.vsix';
const ARTIFACTS = 'out/e2e';

/** What node:test tells an afterEach hook; its own types lack `passed`. */
export interface EndedTest {
  readonly name: string;
  readonly passed: boolean;
}

/** A VS Code of its own with the packaged extension, open on a copy of the fixture workspace. */
export interface OpenWorkbench {
  readonly workbench: Workbench;
  readonly group: GroupWindow;
  readonly browser: Browser;
  readonly server: CodeServer;
  readonly folder: string;
  /** Another window of the same VS Code; a folder of its own without `folder`. */
  openWindow(folder?: string): Promise<GroupWindow & { readonly folder: string }>;
  /** A picture of the window in out/e2e; with SCREENSHOTS=<folder> also there, for the documentation. */
  readonly picture: (name: string, documentation?: boolean) => Promise<void>;
  /** Takes a picture into out/e2e where the test has failed, and closes what lies over the window. Call it after each test. */
  afterTest(test: EndedTest): Promise<void>;
  /** Ends everything; gives what was left of groups by then, which is ended too. */
  close(): Promise<void>;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'soh-e2e-'));
  cpSync('test/fixtures/workspace', folder, { recursive: true });
  return folder;
}

function endGroups(server: CodeServer): void {
  for (const { pid } of groupProcesses(server)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

async function pictureOf(page: Page, name: string, documentation: boolean): Promise<void> {
  const file = join(ARTIFACTS, `${name}.png`);
  await page.screenshot({ path: file });
  const target = process.env['SCREENSHOTS'];
  if (target === undefined || !documentation) return;
  mkdirSync(target, { recursive: true });
  copyFileSync(file, join(target, `${name}.png`));
}

/**
 * Starts VS Code with the package that `npm run package` made.
 * @throws where the host or Chromium is not there
 */
export async function openWorkbench(options: CodeServerOptions = {}): Promise<OpenWorkbench> {
  const host = installedHost();
  if (host === undefined) throw new Error('The VS Code host is not installed: run `npm run host:install`.');
  const folders = [newFolder()];
  const [folder = ''] = folders;
  mkdirSync(ARTIFACTS, { recursive: true });
  const server = await startCodeServer(host, { ...options, packages: [PACKAGE, ...(options.packages ?? [])] });
  // Motion costs a machine without a graphics processor more than everything that is tested.
  const browser = await launchBrowser({ reducedMotion: 'reduce' });
  browser.context.setDefaultTimeout(30_000);
  if (process.env['E2E_TRACE'] !== undefined) await browser.context.tracing.start({ screenshots: true, snapshots: true });
  const workbench = new Workbench(browser.page, server.url);
  const close = async () => {
    if (process.env['E2E_TRACE'] !== undefined) await browser.context.tracing.stop({ path: join(ARTIFACTS, 'trace.zip') });
    await browser.close();
    endGroups(server);
    await server.stop();
    for (const each of folders) rmSync(each, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await workbench.open(folder);
  } catch (error) {
    await browser.page.screenshot({ path: join(ARTIFACTS, 'not-opened.png') });
    await close();
    throw error;
  }
  return {
    workbench,
    group: new GroupWindow(workbench),
    browser,
    server,
    folder,
    async openWindow(given) {
      const opened = given ?? newFolder();
      if (given === undefined) folders.push(opened);
      const other = new Workbench(await browser.context.newPage(), server.url);
      await other.open(opened);
      return Object.assign(new GroupWindow(other), { folder: opened });
    },
    picture: (name, documentation = false) => pictureOf(browser.page, name, documentation),
    async afterTest(test) {
      if (!test.passed) {
        const pages = browser.context.pages();
        for (const [at, page] of pages.entries())
          await page.screenshot({ path: join(ARTIFACTS, `${test.name.replace(/\W+/g, '-')}-${at}.png`) });
      }
      await browser.page.keyboard.press('Escape');
    },
    close,
  };
}
