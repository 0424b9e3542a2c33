/** Programs in Linux namespaces of their own: file systems, processes and networks that end with them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';

/** Kinds of namespaces, as `unshare` names them. */
export type Namespace = 'mount' | 'pid' | 'net';

const flags: Record<Namespace, readonly string[]> = {
  mount: ['--mount', '--propagation', 'private'],
  pid: ['--pid', '--fork', '--kill-child', '--mount-proc'],
  net: ['--net'],
};

/** Arguments of `unshare` that work here, or why none do. */
export function unshareArguments(kinds: readonly Namespace[]): readonly string[] | string {
  if (process.platform !== 'linux') return 'only Linux has namespaces';
  const wanted = kinds.flatMap((kind) => flags[kind]);
  let reason = '';
  for (const args of [wanted, ['--user', '--map-root-user', ...wanted]]) {
    const { status, stderr, error } = spawnSync('unshare', [...args, 'true'], { encoding: 'utf8' });
    if (status === 0) return args;
    reason = error?.message ?? stderr.trim();
  }
  return `no namespaces (${kinds.join(', ')}): ${reason}`;
}

/** The same, or the test is skipped; on a CI machine it fails. */
export function needNamespaces(context: TestContext, kinds: readonly Namespace[]): readonly string[] | undefined {
  const found = unshareArguments(kinds);
  if (typeof found !== 'string') return found;
  const ci = process.env['CI'] ?? 'false';
  if (process.platform === 'linux' && ci !== 'false') assert.fail(`a CI machine must have them: ${found}`);
  context.skip(found);
  return undefined;
}

/** Runs a shell script in the namespaces; `args` are its $1, $2, ... It ends with the test. */
export function inNamespaces(context: TestContext, unshare: readonly string[], script: string, args: readonly string[]): ChildProcess {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  const child = spawn('unshare', [...unshare, 'sh', '-c', script, 'sh', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  });
  return child;
}

/** Exit code and everything it printed. */
export async function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly output: string }> {
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => output.push(data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output.join('') };
}
