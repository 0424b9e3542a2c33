/**
 * Guarantee: the bundles that ship run on the oldest Node a user may have (`engines.node`), without the project's node_modules.
 * `npm test -- smoke20` hands over that Node in SMOKE_NODE.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const node = process.env['SMOKE_NODE'] ?? process.execPath;

describe('the bundles on their own', () => {
  const folder = mkdtempSync(join(tmpdir(), 'soh-smoke-'));
  const cli = (...args: string[]) =>
    spawnSync(node, [join(folder, 'dist', 'cli.mjs'), ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });

  // What ships and is needed at run time: the bundles and the samples.
  before(() => {
    for (const shipped of ['dist', 'samples']) cpSync(shipped, join(folder, shipped), { recursive: true });
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('--help names the commands', () => {
    const { status, stdout, stderr } = cli('--help');
    assert.equal(status, 0, stderr);
    for (const command of ['start', 'status', 'demo']) assert.match(stdout, new RegExp(`\\b${command}\\b`));
  });

  test('the demonstration ends with a clean verdict', () => {
    const { status, stdout, stderr } = cli('demo', '--json', '--seed', '20', '--orchestrations', '40');
    assert.equal(status, 0, `${stdout}${stderr}`);
    const verdict = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([verdict['completed'], verdict['lost'], verdict['committedTwice']], [40, 0, 0]);
  });
});
