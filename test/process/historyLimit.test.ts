/**
 * Guarantee: however often a MessageBox is started and stopped, the folder does not grow without end: what two snapshots cover goes to the history,
 * the history keeps to its limit, and everything that was acknowledged is still there.
 */
import assert from 'node:assert/strict';
import { readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { CountingHost, MessageBoxUnderTest } from '../faults/messageBox.ts';

test('twelve starts and stops leave the last segments and a history of the size that was set', { timeout: 120_000 }, async (context) => {
  const data = await mkdtemp(join(tmpdir(), 'soh-history-'));
  const folder = join(data, MESSAGE_BOX_FOLDER);
  const messageBox = new MessageBoxUnderTest(data);
  const host = new CountingHost('H@A', () => messageBox.port, 2);
  context.after(async () => {
    await host.stop();
    await messageBox.kill();
    await rm(data, { recursive: true, force: true });
  });
  const historyBytes = 20_000;
  const segments = (place: string): string[] => readdirSync(place).filter((name) => name.startsWith('journal-'));
  for (let round = 0; round < 12; round++) {
    await messageBox.start(undefined, { historyBytes });
    await host.submit([`${String(round)}-a`, `${String(round)}-b`, `${String(round)}-c`]);
    await messageBox.kill('SIGTERM');
    assert.equal(messageBox.child?.exitCode, 0, messageBox.log.join(''));
    // Those that the newest snapshot but one does not cover.
    assert.ok(segments(folder).length <= 3, `round ${String(round)}: ${String(segments(folder))}`);
  }
  const history = join(folder, 'history');
  const size = segments(history).reduce((sum, name) => sum + statSync(join(history, name)).size, 0);
  const largest = Math.max(...segments(history).map((name) => statSync(join(history, name)).size));
  assert.ok(size <= historyBytes + 2 * largest, `${String(size)} bytes of history`);
  assert.ok(!segments(history).includes('journal-000000000001.log'), 'the oldest is gone');
  await messageBox.start(undefined, { historyBytes });
  assert.equal(messageBox.notice?.kind, 'listening');
  // What was acknowledged is known: submitting it again is recognised.
  const again = new CountingHost('H@B', () => messageBox.port, 2);
  context.after(() => again.stop());
  await again.submit(Array.from({ length: 12 }, (_, round) => `${String(round)}-a`));
});
