/**
 * `npm run host:install`: puts a complete VS Code (the npm package code-server: server, extension host, workbench for the browser) and the
 * Node it runs on into .vscode-test/code-server. About 800 MB and git-ignored, therefore no dependency of the project. Everything comes from the
 * npm registry; a second run finds it there and ends at once.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { firstLine } from './processes.ts';

const CODE_SERVER = '4.139.1';
/** The Node major that this code-server asks for. */
const NODE = '24.21.0';
/**
 * The only modules that must work for the tests and may come without a binary. Without spdlog every output channel stays empty, without
 * the watchdog an extension host outlives a killed server.
 */
const NATIVE = ['@vscode/spdlog', '@vscode/native-watchdog', 'node-pty', '@parcel/watcher'];
const COMPILER = ['g++', 'make', 'python3'];

const target = resolve(process.env['CODE_SERVER_HOME'] ?? '.vscode-test/code-server');

function npm(folder: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  const { status, error } = spawnSync('npm', [...args, ...quiet], { cwd: folder, env, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed in ${folder}`, { cause: error });
}

/** Compiles a native module that is there but cannot be loaded. */
function ensureNative(node: string, folder: string, name: string, env: NodeJS.ProcessEnv): void {
  const loads = () => spawnSync(node, ['-e', `require(${JSON.stringify(name)})`], { cwd: folder, env, stdio: 'ignore' }).status === 0;
  if (!existsSync(join(folder, 'node_modules', name)) || loads()) return;
  const missing = COMPILER.filter((tool) => firstLine(tool, ['--version']) === undefined);
  if (missing.length > 0)
    throw new Error(`${name} has to be compiled. Install ${missing.join(', ')} (Debian: apt-get install ${COMPILER.join(' ')}).`);
  console.log(`compiling ${name}`);
  npm(folder, ['rebuild', name], env);
  if (!loads()) throw new Error(`${name} was compiled and still cannot be loaded.`);
}

/** Installs into a folder beside the final one, so that a broken-off run leaves nothing that looks complete. */
function install(folder: string): void {
  const machine = `node-linux-${process.arch}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const bare = { ...process.env };
  // What `npm run` tells its scripts about this project must not reach the npm of another folder.
  for (const name of Object.keys(bare))
    if (/^npm_/i.test(name) && !/^npm_config_(registry|cache|userconfig)$/i.test(name)) delete bare[name];
  console.log(`installing code-server ${CODE_SERVER} and Node ${NODE} into ${target}`);
  npm(folder, ['install', '--ignore-scripts', `${machine}@${NODE}`, `code-server@${CODE_SERVER}`], bare);

  const nodePackage = join(folder, 'node_modules', machine);
  const env = {
    ...bare,
    PATH: [join(nodePackage, 'bin'), bare['PATH']].join(delimiter),
    // The package has Node's headers: the compiler needs no download.
    npm_package_config_node_gyp_nodedir: nodePackage,
  };
  const server = join(folder, 'node_modules', 'code-server', 'lib', 'vscode');
  // The package's own post-install compiles nine modules and wants system libraries for them; its two nested installs are all that is needed.
  for (const part of [server, join(server, 'extensions')]) npm(part, ['install', '--omit=dev', '--ignore-scripts'], env);
  const node = join(nodePackage, 'bin', 'node');
  ensureNative(node, folder, 'argon2', env);
  for (const name of NATIVE) ensureNative(node, server, name, env);
  symlinkSync(join('node_modules', machine, 'bin', 'node'), join(folder, 'node'));
  symlinkSync(join('node_modules', 'code-server'), join(folder, 'code-server'));
}

function installedVersion(folder: string): string | undefined {
  return firstLine(join(folder, 'node'), [join(folder, 'code-server', 'out', 'node', 'entry.js'), '--config', '/dev/null', '--version']);
}

function main(): void {
  if (process.platform !== 'linux') {
    throw new Error(
      'The VS Code host runs on Linux only. On this system use `npm run test:electron`, which downloads the desktop VS Code.',
    );
  }
  if (installedVersion(target)?.startsWith(CODE_SERVER) !== true) {
    const building = `${target}.new`;
    for (const folder of [building, target]) rmSync(folder, { recursive: true, force: true });
    install(building);
    renameSync(building, target);
  }
  const version = installedVersion(target);
  if (version?.startsWith(CODE_SERVER) !== true) throw new Error(`code-server in ${target} does not start.`);
  console.log(`VS Code host: code-server ${version} in ${target}`);
}

main();
