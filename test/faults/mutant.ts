/**
 * Plants bugs for the tests of the tests: a module bundled from the product's sources with one place of one file changed. The product itself
 * has no switch for it.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { build, type Plugin } from 'esbuild';
import type { MessageBox } from '../../emulator/messagebox/core/messageBox.ts';

export interface PlantedBug {
  /** Path of a source, as the project has it. */
  readonly file: string;
  /** What is there once, and what is there instead. */
  readonly from: string;
  readonly to: string;
}

/** The entry's exports, with the bug in it. Fails when the source no longer has the place. */
export async function mutant(entry: string, { file, from, to }: PlantedBug): Promise<Readonly<Record<string, unknown>>> {
  const source = readFileSync(file, 'utf8');
  assert.equal(source.split(from).length, 2, `${file} has "${from}" not exactly once: the bug is not planted`);
  let planted = false;
  const plant: Plugin = {
    name: 'planted-bug',
    setup(bundle) {
      bundle.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (!path.replaceAll('\\', '/').endsWith(`/${file}`)) return undefined;
        planted = true;
        return { contents: source.replace(from, () => to), loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    ...{ entryPoints: [entry], bundle: true, write: false, platform: 'node', format: 'esm', plugins: [plant], logLevel: 'silent' },
  });
  assert.ok(planted, `${entry} does not use ${file}`);
  return (await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')}`)) as Record<
    string,
    unknown
  >;
}

/** The tests of a commit (docs/failure-model.md, 4.4, steps 1 to 3), and each without it. */
const CHECKS = {
  repeat: { from: 'if (last === frame.id)', to: 'if (false)' },
  lock: { from: 'if (!instance || !owned)', to: 'if (!instance)' },
  version: { from: 'if (instance.version !== frame.base)', to: 'if (false)' },
} as const;

/** The core of the MessageBox without one of its tests of a commit. */
export async function coreWithout(check: keyof typeof CHECKS): Promise<typeof MessageBox> {
  const bug = { file: 'emulator/messagebox/core/ownership.ts', ...CHECKS[check] };
  return (await mutant('emulator/messagebox/core/messageBox.ts', bug))['MessageBox'] as typeof MessageBox;
}
