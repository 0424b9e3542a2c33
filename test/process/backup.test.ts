/**
 * Guarantee: a backup made while the group works can be started in the place of data that was lost. What it holds finishes, and nothing that
 * is sent from then on is taken for something that was sent before the loss: ids are not repeated.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { TestGroup } from '../faults/group.ts';
import { runCli } from '../unit/cli/runCli.ts';

/** Receipts by ledger. */
function receipts(group: TestGroup): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const name of readdirSync(join(group.folder, 'out')).filter((one) => one.endsWith('.json'))) {
    const text = readFileSync(join(group.folder, 'out', name), 'utf8');
    const { ledger = 'echo' } = JSON.parse(text) as { ledger?: string };
    found.set(ledger, [...(found.get(ledger) ?? []), text]);
  }
  return found;
}

async function instancesIn(dataFolder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { record } of readRecords(join(dataFolder, MESSAGE_BOX_FOLDER)))
    if (record.kind === 'submit') for (const route of record.message.to) found.add(route.instance);
  return found;
}

test('a backup of a group that works takes the place of its data', { timeout: 180_000 }, async (context) => {
  const group = await TestGroup.start({ orchestrations: ['Ledger', 'Echo'] });
  context.after(() => group.remove());
  await group.dropLedgers(5, { steps: 2, pause: 0 });
  await group.until(() => group.completed() >= 5, 'some are done');
  await group.dropLedgers(5, { steps: 12, pause: 100 });
  await group.drop('big.json', JSON.stringify({ big: 'x'.repeat(300_000), size: 300_000 }));
  await group.until(() => group.processing.some(({ active }) => active > 0), 'others are at work');

  const copy = join(group.folder, 'copy');
  const made = await runCli(group.folder, ['backup', copy, '--data', group.dataFolder, '--json']);
  assert.equal(made.code, 0, made.out + made.err);
  const { sequence } = JSON.parse(made.out) as { sequence: number };
  assert.ok(sequence > 50);
  assert.deepEqual(readdirSync(copy), [MESSAGE_BOX_FOLDER]);
  const verified = await runCli(group.folder, ['verify', '--data', copy, '--json']);
  assert.equal(verified.code, 0, verified.out);
  const held = [...(await instancesIn(copy))];

  // The group goes on, over a restart, and sends more; then its data is lost.
  await group.allDone(60_000);
  await group.down();
  await group.up();
  await group.dropLedgers(5, { steps: 2, pause: 0 });
  await group.until(() => receipts(group).size >= group.ledgers.size, 'they are sent');
  await group.down();
  const lost = [...(await instancesIn(group.dataFolder))].filter((id) => !held.includes(id));
  assert.ok(lost.length >= 5);
  rmSync(group.dataFolder, { recursive: true });
  renameSync(copy, group.dataFolder);

  await group.up();
  assert.deepEqual(group.status.messageBox.notices ?? [], []);
  await group.until(() => group.quiet, 'what was at work finishes', 60_000);
  const before = new Set(group.ledgers.keys());
  await group.dropLedgers(8, { steps: 2, pause: 0 });
  const fresh = [...group.ledgers.keys()].filter((id) => !before.has(id));
  await group.until(() => fresh.every((id) => receipts(group).has(id)), 'nothing new is taken for something old');
  await group.down();

  const sent = receipts(group);
  for (const [id, { steps }] of group.ledgers) {
    const right = JSON.stringify({ ledger: id, done: steps, total: (steps * (steps + 1)) / 2 });
    // One that was at work in the copy may have been sent after it was made, too.
    assert.ok((sent.get(id) ?? []).every((text) => text === right) && sent.has(id), `${id}: ${JSON.stringify(sent.get(id))}`);
    if (fresh.includes(id)) assert.equal(sent.get(id)?.length, 1, id);
  }
  const now = [...(await instancesIn(group.dataFolder))].filter((id) => !held.includes(id));
  assert.ok(now.length >= fresh.length);
  assert.deepEqual(
    now.filter((id) => lost.includes(id)),
    [],
    'no id comes again',
  );
});
