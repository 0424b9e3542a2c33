/** The real page, served by the real handler to a real browser, with the pretended group behind it. */
import { createServer, type Server } from 'node:http';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { withoutIndentation } from '../../scripts/withoutIndentation.ts';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { nodeClock } from '../../emulator/clock.ts';
import { checkUpgrade } from '../../emulator/group/dashboardGate.ts';
import { createDashboardHandler, dashboardUrl } from '../../emulator/group/dashboardServer.ts';
import { createPageBridge, type PageBridgeOptions } from '../../emulator/control/pageBridge.ts';
import type { HostMessage } from '../../emulator/control/pageProtocol.ts';
import { RecordedRun } from '../../emulator/replay/recordedRun.ts';
import { stringsFor } from '../../emulator/group/pageStrings.ts';
import { chromiumPath } from '../host/browser.ts';
import type { FakeGroup } from './fakeGroup.ts';

const TOKEN = 'token-of-the-page-tests';

/** A page that moves. */
export const moving: BrowserContextOptions = { reducedMotion: 'no-preference' };

export interface ServedPage {
  /**
   * Opens the dashboard in a fresh browser context; `prepare` comes before the page is loaded. For who asked for less motion, unless told
   * otherwise (`moving`): motion costs a machine without a graphics processor more than what most tests are about.
   */
  open(options?: BrowserContextOptions, prepare?: (page: Page) => Promise<unknown>): Promise<Page>;
  /** What the browser refused, threw or warned about, in all pages. */
  readonly complaints: string[];
  /** Ends all connections of pages, as a supervisor that dies. */
  dropConnections(): void;
  /** What pages ask waits until the answer is called, as at a group that is slow. */
  hold(): () => void;
  /** What pages asked to see the source of; only when the host can open them. */
  readonly opened: { readonly instance: string; readonly shape: number }[];
  /** Bytes of the bundled script. */
  readonly scriptBytes: number;
  close(): Promise<void>;
}

/** @param canOpenSource pretends that there is an editor, as beside a panel */
export async function servePage(fake: FakeGroup, canOpenSource = false): Promise<ServedPage> {
  const folder = mkdtempSync(path.join(tmpdir(), 'soh-page-'));
  const built = await build({
    entryPoints: ['webview/main.ts'],
    outfile: path.join(folder, 'main.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    metafile: true,
    charset: 'utf8',
    plugins: [withoutIndentation],
    logLevel: 'error',
  });
  const executablePath = chromiumPath();
  if (executablePath === undefined) throw new Error('There is no Chromium. Install it, or name it in CHROMIUM_PATH.');
  const server = createServer();
  const opened: { readonly instance: string; readonly shape: number }[] = [];
  const openSource = async (instance: string, shape: number): Promise<void> => void opened.push({ instance, shape });
  let gate: Promise<void> = Promise.resolve();
  const sockets = await attach(server, folder, fake, () => gate, canOpenSource ? { openSource } : {});
  const { port } = server.address() as AddressInfo;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });
  const complaints: string[] = [];
  return {
    complaints,
    opened,
    scriptBytes: Object.entries(built.metafile.outputs).find(([name]) => name.endsWith('main.js'))?.[1].bytes ?? 0,
    open: (options, prepare) => openPage(browser, port, complaints, options, prepare),
    hold() {
      let release = (): void => undefined;
      gate = new Promise((resolve) => (release = resolve));
      return release;
    },
    dropConnections: () => sockets.clients.forEach((client) => client.terminate()),
    async close() {
      await browser.close();
      sockets.clients.forEach((client) => client.terminate());
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function attach(
  server: Server,
  folder: string,
  fake: FakeGroup,
  gate: () => Promise<void>,
  editor: Pick<PageBridgeOptions, 'openSource'>,
): Promise<WebSocketServer> {
  const port = (): number => (server.address() as AddressInfo).port;
  const dashboard = createDashboardHandler({ folder, token: TOKEN, port, clock: nodeClock });
  const sockets = new WebSocketServer({ noServer: true });
  server.on('request', (request, response) => {
    if (!dashboard(request, response)) response.writeHead(404).end();
  });
  server.on('upgrade', (request, socket, head) => {
    const answer = checkUpgrade(request, { token: TOKEN, port: port(), cookies: dashboard.cookies });
    if (!answer.ok || answer.by !== 'cookie') return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (client) => {
      const followed = fake.follow((frame) => bridge.frame(frame));
      const send = (message: HostMessage): void => client.send(JSON.stringify(message));
      const bridge = createPageBridge({
        ...editor,
        group: followed.group,
        openRun: () => RecordedRun.open({ source: fake.run(), revision: Date.now() * 1000 }),
        exportRun: () => Promise.resolve({ file: '/runs/order-process.sohrun' }),
        send,
        strings: stringsFor(request.headers['accept-language']),
        log: (text) => console.log(text),
      });
      client.on('message', (data) => void gate().then(async () => bridge.receive((data as Buffer).toString())));
      client.on('close', followed.stop);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return sockets;
}

async function openPage(
  browser: Browser,
  port: number,
  complaints: string[],
  options: BrowserContextOptions = {},
  prepare: (page: Page) => Promise<unknown> = () => Promise.resolve(),
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 1000 },
    locale: 'en-US',
    reducedMotion: 'reduce',
    ...options,
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await prepare(page);
  await page.goto(dashboardUrl(port, TOKEN, nodeClock.wall()));
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}
