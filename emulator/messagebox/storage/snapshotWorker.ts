/** Makes a snapshot from files alone: the one before plus sealed segments. So it can run in a worker thread, off the hot path. */
import { Low } from 'lowdb';
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { type Format, lifted } from '../../format.ts';
import type { Disk } from './disk.ts';
import type { AnyRecord } from './journal.ts';
import { type Chain, headOf, intactLines, openSealed, segmentName, segmentsAfter } from './segments.ts';
import { DurableJsonFile, loadSnapshot, type SnapshotData, snapshotFile } from './snapshot.ts';

export interface SnapshotJob<R extends AnyRecord, S, D extends SnapshotData> {
  readonly disk: Disk;
  readonly folder: string;
  readonly recordFormat: Format<R>;
  readonly snapshotFormat: Format<D>;
  /** Last record of a sealed segment: everything up to it is on the device. */
  readonly upTo: number;
  /** Undefined: the empty state. */
  readonly load: (data: D | undefined) => S;
  readonly apply: (state: S, record: R, sequence: number) => void;
  /** The plain data of the state at `sequence`. */
  readonly save: (state: S, sequence: number) => D;
}

export interface SnapshotResult {
  readonly sequence: number;
  /** Records replayed. */
  readonly records: number;
}

/**
 * Loads the last snapshot, applies the records up to `upTo`, writes the new one durably; then the caller may archive the segments.
 * Errors: 'messageBox.damaged', 'messageBox.snapshotDamaged', 'messageBox.storageFailed'; the old snapshot stands then.
 */
export async function makeSnapshot<R extends AnyRecord, S, D extends SnapshotData>(job: SnapshotJob<R, S, D>): Promise<SnapshotResult> {
  const { disk, folder, upTo, recordFormat, snapshotFormat } = job;
  const { data, sequence: from, damaged } = await loadSnapshot<D>(disk, folder, snapshotFormat);
  if (upTo <= from) return { sequence: from, records: 0 };
  const state = job.load(data);
  for (const { json, sequence, version, path } of sealedRecords(disk, folder, from, upTo, recordFormat))
    job.apply(state, lifted(recordFormat, version, JSON.parse(json.toString()), path), sequence);
  const file = new DurableJsonFile<D>(disk, folder, snapshotFormat, snapshotFile, damaged === undefined);
  const database = new Low<D>(file, job.save(state, upTo));
  await database.write();
  return { sequence: upTo, records: upTo - from };
}

/** The records from + 1 ... upTo, each checked. */
function* sealedRecords(
  disk: Disk,
  folder: string,
  from: number,
  upTo: number,
  format: Format<unknown>,
): Generator<{ json: Buffer; sequence: number; version: number; path: string }> {
  const files = segmentsAfter(disk, folder, from) ?? [];
  const chain: Chain = { sequence: files[0]?.first ?? from + 1, prevCrc: undefined };
  for (const [index, { first, path }] of files.entries()) {
    if (first > upTo) break;
    if (first !== chain.sequence) throw new SohError('messageBox.damaged', { file: path, offset: 0, sequence: chain.sequence });
    const file = openSealed(disk, folder, format, first, files[index + 1]?.first);
    if (file === undefined) throw new SohError('messageBox.damaged', { file: path, offset: 0, sequence: chain.sequence });
    try {
      const version = headOf(file, format).format;
      const lines = intactLines(file, chain);
      let step = lines.next();
      for (; step.done !== true && step.value.sequence <= upTo; step = lines.next())
        if (step.value.sequence > from) yield { ...step.value, version, path };
      const damage = step.done === true ? step.value : undefined;
      if (damage !== undefined) throw new SohError('messageBox.damaged', { file: path, offset: damage.offset, sequence: damage.sequence });
    } finally {
      file.close();
    }
  }
  if (chain.sequence <= upTo)
    throw new SohError('messageBox.damaged', { file: join(folder, segmentName(chain.sequence)), offset: 0, sequence: chain.sequence });
}
