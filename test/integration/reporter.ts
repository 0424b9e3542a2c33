import { appendFileSync, writeFileSync } from 'node:fs';
import { format } from 'node:util';
import Mocha from 'mocha';

/** What the suite leaves for the process that started VS Code. */
export interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
}

/** Mocha's usual report, written to the file TEST_REPORT, and the counts in TEST_RESULTS. */
export class FileReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    const report = process.env['TEST_REPORT'];
    if (report !== undefined) Mocha.reporters.Base.consoleLog = (...words: unknown[]) => appendFileSync(report, `${format(...words)}\n`);
    super(runner, options);
    runner.once('end', () => {
      const result: SuiteResult = { passed: this.stats.passes, failed: this.stats.failures };
      const file = process.env['TEST_RESULTS'];
      if (file !== undefined) writeFileSync(file, JSON.stringify(result));
    });
  }
}
