import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, type Browser } from '../host/browser.ts';
import { startCodeServer, type CodeServer, type CodeServerOptions } from '../host/codeServer.ts';
import { installedHost } from '../host/installedHost.ts';
import { Workbench } from './workbench.ts';

const PACKAGE = 'out/scaled-out-hosts.vsix';
const ARTIFACTS = 'out/e2e';

/** What node:test tells an afterEach hook; its own types lack `passed`. */
export interface EndedTest {
  readonly name: string;
  readonly passed: boolean;
}

/** A VS Code of its own with the packaged extension, open on a copy of the fixture workspace. */
export interface OpenWorkbench {
  readonly workbench: Workbench;
  readonly browser: Browser;
  readonly server: CodeServer;
  readonly folder: string;
  /** Takes a picture into out/e2e where the test has failed, and closes what lies over the window. Call it after each test. */
  afterTest(test: EndedTest): Promise<void>;
  close(): Promise<void>;
}

/**
 * Starts VS Code with the package that `npm run package` made.
 * @throws where the host or Chromium is not there
 */
export async function openWorkbench(options: Omit<CodeServerOptions, 'packages'> = {}): Promise<OpenWorkbench> {
  const host = installedHost();
  if (host === undefined) throw new Error('The VS Code host is not installed: run `npm run host:install`.');
  const folder = mkdtempSync(join(tmpdir(), 'soh-e2e-'));
  cpSync('test/fixtures/workspace', folder, { recursive: true });
  mkdirSync(ARTIFACTS, { recursive: true });
  const server = await startCodeServer(host, { ...options, packages: [PACKAGE] });
  const browser = await launchBrowser();
  if (process.env['E2E_TRACE'] !== undefined) await browser.context.tracing.start({ screenshots: true, snapshots: true });
  const workbench = new Workbench(browser.page, server.url);
  const close = async () => {
    if (process.env['E2E_TRACE'] !== undefined) await browser.context.tracing.stop({ path: join(ARTIFACTS, 'trace.zip') });
    await browser.close();
    await server.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
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
    browser,
    server,
    folder,
    async afterTest(test) {
      if (!test.passed) await browser.page.screenshot({ path: join(ARTIFACTS, `${test.name.replace(/\W+/g, '-')}.png`) });
      await browser.page.keyboard.press('Escape');
    },
    close,
  };
}
