/**
 * `npm test`: all parts, or the named ones (`npm test -- unit faults`). Prints how long each took, what was left out and why, and at the
 * end what failed, once more, because the parts print much, and one line `N passed, N failed` over all of them.
 */
import { parts, defaultParts, type PartName, type Outcome } from './testParts.ts';

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}

function describe({ passed, failed, leftOut }: Outcome): string {
  return leftOut === undefined ? `${passed} passed, ${failed} failed` : `LEFT OUT: ${leftOut}`;
}

async function run(name: PartName): Promise<Outcome> {
  try {
    return await parts[name]();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1 };
  }
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in parts));
  if (unknown.length > 0) {
    console.error(`There is no part "${unknown.join('", "')}". The parts are: ${Object.keys(parts).join(', ')}.`);
    return 2;
  }
  const chosen = names.length > 0 ? (names as readonly PartName[]) : defaultParts;
  const started = performance.now();
  const summary: string[] = [];
  const failures: string[] = [];
  let passed = 0;
  let failed = 0;
  for (const name of chosen) {
    console.log(`\n=== ${name}`);
    const partStarted = performance.now();
    const outcome = await run(name);
    passed += outcome.passed;
    failed += outcome.failed;
    failures.push(...(outcome.failures ?? []));
    summary.push(`${name.padEnd(12)} ${seconds(partStarted).padStart(8)}  ${describe(outcome)}`);
    console.log(`=== ${summary.at(-1) ?? ''}`);
  }
  for (const failure of failures) console.log(`\n${failure}`);
  console.log(`\n${summary.join('\n')}\n${seconds(started)} in all\n${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
