/** Starts and stops private code-servers: a real VS Code each, on a free loopback port, with folders of its own. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { InstalledHost } from './installedHost.ts';
import { USER_SETTINGS } from './userSettings.ts';

export interface CodeServerOptions {
  /** Default: a folder of this run. */
  readonly userDataFolder?: string;
  readonly extensionsFolder?: string;
  /** Packaged extensions to install before the start. */
  readonly packages?: readonly string[];
  /** On top of USER_SETTINGS; null leaves settings.json as it is. */
  readonly settings?: Readonly<Record<string, unknown>> | null;
  /** The extension host inherits it. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Display language. VS Code's own texts stay English: there is no language pack. */
  readonly locale?: string;
  /** Runs in Restricted Mode unless the user trusts the folder. Default: every folder is trusted. */
  readonly workspaceTrust?: boolean;
}

export interface CodeServer {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** `127.0.0.1:<port>`, the authority of vscode-remote URIs. */
  readonly authority: string;
  readonly userDataFolder: string;
  readonly extensionsFolder: string;
  readonly logFile: string;
  /** Leads the process group of everything this VS Code started. */
  readonly pid: number;
  /** Ends the server with its extension hosts and removes its folders. */
  stop(): Promise<void>;
}

const START_TIMEOUT = 60_000;
const STOP_TIMEOUT = 5_000;

/** What a VS Code terminal, a code-server or `node --test` around this process would change in the server. */
const FOREIGN =
  /^(VSCODE_(?!TEST)|ELECTRON_|CODE_SERVER_|PORT$|PASSWORD$|HASHED_PASSWORD$|NODE_OPTIONS$|NODE_CHANNEL_FD$|NODE_TEST_CONTEXT$)/;

function environment(folder: string, extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  return {
    ...Object.fromEntries(own),
    // No marketplace, hence no request to the outside.
    EXTENSIONS_GALLERY: '{}',
    // Logs, heartbeat and sockets stay in the folder of the run.
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: folder,
    ...extra,
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Waits for a page: the health address answers before the VS Code part is loaded, and only a page shows that part's errors. */
async function pageServed(url: string, child: ChildProcess): Promise<string | undefined> {
  const deadline = performance.now() + START_TIMEOUT;
  let last = 'no answer';
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    try {
      const response = await fetch(`${url}/?ew=true`, { signal: AbortSignal.timeout(30_000) });
      if (response.ok) return undefined;
      last = `HTTP ${response.status}: ${(await response.text()).slice(0, 500)}`;
      if (response.status >= 500) return last;
    } catch (error) {
      last = String(error);
    }
    await wait(100);
  }
  return child.exitCode === null ? last : `it ended with ${child.exitCode}`;
}

interface Prepared {
  readonly userDataFolder: string;
  readonly extensionsFolder: string;
  readonly env: NodeJS.ProcessEnv;
  /** What each call of code-server gets. */
  readonly common: readonly string[];
}

/** What an installed language pack leaves behind, without a single translation: VS Code takes the language as its own. */
function pretendLanguagePack(userDataFolder: string, locale: string): void {
  const translations = join(userDataFolder, 'translations.json');
  writeFileSync(translations, JSON.stringify({ version: '1.0.0', contents: {} }));
  const pack = {
    hash: 'without-texts',
    label: locale,
    extensions: [{ extensionIdentifier: { id: 'tests.language-pack' }, version: '1.0.0' }],
    translations: { vscode: translations },
  };
  writeFileSync(join(userDataFolder, 'languagepacks.json'), JSON.stringify({ [locale]: pack }));
}

/** Makes the folders and the settings, and installs the packages. */
function prepare(host: InstalledHost, folder: string, options: CodeServerOptions): Prepared {
  const userDataFolder = options.userDataFolder ?? join(folder, 'user');
  const extensionsFolder = options.extensionsFolder ?? join(folder, 'extensions');
  mkdirSync(join(userDataFolder, 'User'), { recursive: true });
  mkdirSync(extensionsFolder, { recursive: true });
  if (options.settings !== null) {
    writeFileSync(join(userDataFolder, 'User', 'settings.json'), JSON.stringify({ ...USER_SETTINGS, ...options.settings }, null, 2));
  }
  if (options.locale !== undefined) pretendLanguagePack(userDataFolder, options.locale);
  const config = join(folder, 'config.yaml');
  writeFileSync(config, 'auth: none\ncert: false\n');
  const env = environment(folder, options.environment);
  const common = [host.entry, '--config', config, '--user-data-dir', userDataFolder, '--extensions-dir', extensionsFolder];
  for (const file of options.packages ?? []) {
    const { status, stdout, stderr } = spawnSync(host.node, [...common, '--install-extension', resolve(file), '--force'], {
      env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${file} cannot be installed: ${stdout}${stderr}`);
  }
  return { userDataFolder, extensionsFolder, env, common };
}

/**
 * Starts a code-server and waits until it serves the workbench.
 * @throws with the end of its log where it does not start
 */
export async function startCodeServer(host: InstalledHost, options: CodeServerOptions = {}): Promise<CodeServer> {
  // A short path: unix sockets lie in it, and their names end at 107 bytes.
  const folder = mkdtempSync(join(tmpdir(), 'soh-cs-'));
  const { userDataFolder, extensionsFolder, env, common } = prepare(host, folder, options);
  const authority = `127.0.0.1:${await freePort()}`;
  const flags = ['--auth', 'none', '--bind-addr', authority, '--disable-telemetry', '--disable-update-check'];
  const quiet = ['--disable-getting-started-override', '--disable-proxy', '--ignore-last-opened'];
  const trust = options.workspaceTrust === true ? [] : ['--disable-workspace-trust'];
  const language = options.locale === undefined ? [] : ['--locale', options.locale];
  const logFile = join(folder, 'code-server.log');
  const log = openSync(logFile, 'w');
  // Detached: extension host and terminals are grandchildren, and the group is the way to end them all.
  const child = spawn(host.node, [...common, ...flags, ...quiet, ...trust, ...language], {
    env,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const killAtExit = () => signalGroup(child, 'SIGKILL');
  process.once('exit', killAtExit);

  async function stop(): Promise<void> {
    signalGroup(child, 'SIGTERM');
    await Promise.race([ended, wait(STOP_TIMEOUT, undefined, { ref: false })]);
    signalGroup(child, 'SIGKILL');
    process.removeListener('exit', killAtExit);
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }

  const url = `http://${authority}`;
  const trouble = await pageServed(url, child);
  if (trouble !== undefined) {
    const end = readFileSync(logFile, 'utf8').slice(-4000);
    await stop();
    throw new Error(`code-server did not start: ${trouble}\n${end}`);
  }
  return { url, authority, userDataFolder, extensionsFolder, logFile, pid: child.pid ?? 0, stop };
}
