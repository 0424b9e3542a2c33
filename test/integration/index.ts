/** The suite's entry: the extension host of either VS Code requires this module and awaits run(). */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { FileReporter } from './reporter.ts';

/** Runs every bundled test file beside this one. MOCHA_GREP selects tests. Throwing is what makes VS Code end with a failure. */
export async function run(): Promise<void> {
  const grep = process.env['MOCHA_GREP'];
  const mocha = new Mocha({
    ui: 'bdd',
    timeout: 20_000,
    forbidOnly: process.env['CI'] !== undefined,
    reporter: FileReporter,
    ...(grep === undefined ? {} : { grep }),
  });
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.cjs'));
  for (const file of files.sort()) mocha.addFile(join(import.meta.dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} of the integration tests failed.`);
}
