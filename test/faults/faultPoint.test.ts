/** Guarantee: a named fault happens exactly at the nth pass in a real process, and a misspelt one cannot make a test pass by doing nothing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const module = new URL('../../emulator/faults/faultPoint.ts', import.meta.url).href;
const code = `
  const { faultPoint } = await import(${JSON.stringify(module)});
  for (let pass = 1; pass <= 3; pass++) {
    process.stdout.write(String(pass));
    faultPoint('journal.beforeWrite');
    faultPoint('journal.afterSync');
  }`;

function run(fault: string | undefined): { output: string; signal: string | null; status: number | null; errors: string } {
  const env = { ...process.env };
  delete env['SOH_FAULT'];
  if (fault !== undefined) env['SOH_FAULT'] = fault;
  const { stdout, stderr, signal, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    env,
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { output: stdout, errors: stderr, signal, status };
}

test('nothing happens when nothing is planned', () => {
  assert.deepEqual(run(undefined), { output: '123', errors: '', signal: null, status: 0 });
  assert.equal(run('journal.beforeSync:1:kill').output, '123');
});

test('the process dies at the nth pass', { skip: process.platform === 'win32' }, () => {
  const { output, signal } = run('journal.afterSync:2:kill');
  assert.deepEqual({ output, signal }, { output: '12', signal: 'SIGKILL' });
});

test('the point throws at the nth pass', () => {
  const { output, errors, status } = run('journal.beforeWrite:3:throw,journal.beforeSync:1:kill');
  assert.deepEqual({ output, status }, { output: '123', status: 1 });
  assert.match(errors, /fault point journal\.beforeWrite/);
});

test('an unknown place or action is an error', () => {
  for (const fault of ['journal.typo:1:kill', 'journal.beforeWrite:0:kill', 'journal.beforeWrite:1:explode', 'journal.beforeWrite']) {
    assert.match(run(fault).errors, /is not name:nth:action/, fault);
  }
});
