import { spawn, spawnSync, type SpawnOptions } from 'node:child_process';

/** Runs a program to its end with this process's own output; its exit code, 1 where a signal ended it. */
export function run(program: string, args: readonly string[], options: SpawnOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], ...options });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** The first line a program prints, or undefined where it is not there or fails. */
export function firstLine(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): string | undefined {
  const { status, stdout } = spawnSync(program, args, { env, encoding: 'utf8' });
  return status === 0 ? stdout.split('\n', 1)[0]?.trim() : undefined;
}
