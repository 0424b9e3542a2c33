/** The command line in this process, in a world of its own. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { run } from '../../../emulator/cli/run.ts';
import type { World } from '../../../emulator/cli/world.ts';
import { nodeClock } from '../../../emulator/clock.ts';
import { checkClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import type { WireError } from '../../../emulator/errors.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** @param folder the working folder */
export async function runCli(folder: string, args: readonly string[], changes: Partial<World> = {}): Promise<Ran> {
  let out = '';
  let err = '';
  const missing = (): never => assert.fail('not in this test');
  const world: World = {
    out: (text) => (out += text),
    err: (text) => (err += text),
    columns: undefined,
    colour: false,
    language: 'en',
    workingFolder: folder,
    homeFolder: join(folder, 'home'),
    version: '1.2.3',
    clock: nodeClock,
    onInterrupt: () => () => undefined,
    confirm: undefined,
    openBrowser: missing,
    exit: missing,
    startSupervisor: missing,
    spawnSupervisor: missing,
    runDemo: missing,
    checkGroup: ({ text, fileName }) => Promise.resolve(checkClusterFile(text, fileName)),
    ...changes,
  };
  const code = await run(args, world);
  return { code, out, err };
}

export function errorIn({ out }: Pick<Ran, 'out'>): WireError {
  return (JSON.parse(out) as { error: WireError }).error;
}
