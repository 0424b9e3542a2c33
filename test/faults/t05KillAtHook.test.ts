/**
 * Guarantee T05 (G1, G2): the MessageBox killed at any place of its way to the disk loses no acknowledged commit and leaves no half one;
 * afterwards everything completes.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultPoints } from '../../emulator/faults/faultPoint.ts';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords, type ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { Verdict } from '../../emulator/tracking/verdict.ts';
import { newSeed, until } from './group.ts';
import { CountingHost, MessageBoxUnderTest } from './messageBox.ts';

const JOBS = 12;
const STEPS = 5;
const points = faultPoints.filter((point) => !point.startsWith('hostInstance.') && point !== 'body.beforeRename');
/** Passed only when a snapshot follows one: at the controlled end of a MessageBox that has made one already. */
const AT_THE_END = /^(segment\.(before|after)Archive)$/;

const seed = newSeed();
const random = seededRandom(seed);

for (const point of points) {
  test(`killed at ${point}`, { skip: process.platform === 'win32', timeout: 60_000 }, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'soh-t05-'));
    const messageBox = new MessageBoxUnderTest(folder);
    const host = new CountingHost('H@A', () => messageBox.port, STEPS);
    context.after(async () => {
      await host.stop();
      await messageBox.kill();
      await rm(folder, { recursive: true, force: true });
    });
    // What a snapshot and an archive need to have something to do.
    await messageBox.start();
    await host.submit(['first']);
    await messageBox.kill();
    const jobs: string[] = ['first'];
    for (const nth of point.startsWith('journal.') ? [1 + random.below(4), 5 + random.below(30)] : [1]) {
      const more = Array.from({ length: JOBS }, (_, index) => `${nth}-${index}`);
      await messageBox.start(`${point}:${nth}:kill`);
      let died = AT_THE_END.test(point);
      const submitting = (async () => {
        await host.submit(more);
        // A slow machine writes more in one group: whoever counts passes has to give it work until there were enough.
        while (!died) {
          const another = `${nth}-${more.length}`;
          more.push(another);
          await host.submit([another]);
        }
      })();
      if (AT_THE_END.test(point)) {
        await submitting;
        await until(() => messageBox.log.some((line) => line.includes('snapshot at record')), 'the first snapshot');
        await messageBox.kill('SIGTERM');
      }
      await until(() => messageBox.ended, `it dies at ${point}`);
      died = true;
      assert.equal(
        messageBox.child?.signalCode,
        'SIGKILL',
        `${point}:${nth}: exit code ${messageBox.child?.exitCode}: ${messageBox.log.slice(-3).join('')}`,
      );
      messageBox.port = undefined;
      const acknowledged = new Map(host.acknowledged);
      assertKept(await recordsOf(folder), acknowledged, host.submitted);
      await messageBox.start();
      await submitting;
      jobs.push(...more);
    }
    await until(async () => finished(await recordsOf(folder)) === jobs.length * (1 + STEPS), 'everything completes', 15_000);
    await messageBox.kill();
    assertWhole(await recordsOf(folder), jobs);
  });
}

async function recordsOf(folder: string): Promise<ReadRecord<JournalRecord>[]> {
  const records: ReadRecord<JournalRecord>[] = [];
  for await (const record of readRecords(join(folder, MESSAGE_BOX_FOLDER))) records.push(record);
  return records;
}

/** Every acknowledged commit and submission is in the journal. */
function assertKept(
  records: readonly ReadRecord<JournalRecord>[],
  acknowledged: ReadonlyMap<string, number>,
  submitted: ReadonlySet<string>,
): void {
  const versions = new Map<string, number>();
  const received = new Set<string>();
  for (const { record } of records) {
    if (record.kind === 'commit') versions.set(record.instance, record.version);
    else if (record.kind === 'submit') received.add(record.receiveId);
  }
  for (const [instance, version] of acknowledged)
    assert.ok((versions.get(instance) ?? 0) >= version, `acknowledged commit ${instance}#${version} is lost`);
  for (const id of submitted) assert.ok(received.has(id), `acknowledged submission ${id} is lost`);
}

function finished(records: readonly ReadRecord<JournalRecord>[]): number {
  return records.filter(({ record }) => record.kind === 'commit' && record.outcome === 'completed').length;
}

/** Nothing twice, every job once, and each step's message consumed by exactly one Sink. */
function assertWhole(records: readonly ReadRecord<JournalRecord>[], jobs: readonly string[]): void {
  const verdict = new Verdict(({ Job }) => (Job === undefined ? undefined : String(Job)));
  for (const record of records) verdict.add(record);
  assert.deepEqual(verdict.twice, []);
  const done = verdict.of('Job').map(([, { key, ended }]) => `${key ?? ''} ${ended ?? 'lost'}`);
  assert.deepEqual(done.sort(), jobs.map((job) => `${job} completed`).sort());
  const sinks = verdict.of('Sink');
  assert.equal(sinks.length, jobs.length * STEPS);
  assert.ok(sinks.every(([, { ended }]) => ended === 'completed'));
}
