/** A small store on a simulated disk: appends numbered records, recovers them, and checks what a fault left. */
import assert from 'node:assert/strict';
import { isCode, type SohError } from '../../emulator/errors.ts';
import type { Format } from '../../emulator/format.ts';
import type { Disk } from '../../emulator/messagebox/storage/disk.ts';
import { JournalSource } from '../../emulator/messagebox/storage/follower.ts';
import { Journal, type JournalOptions } from '../../emulator/messagebox/storage/journal.ts';
import type { Cut } from '../../emulator/messagebox/storage/recovery.ts';
import { loadSnapshot } from '../../emulator/messagebox/storage/snapshot.ts';
import { makeSnapshot } from '../../emulator/messagebox/storage/snapshotWorker.ts';

export interface Entry {
  readonly kind: 'entry' | 'header';
  readonly at: number;
  readonly text?: string;
}

/** The state: text by record number, so any difference in any record is a difference in the state. */
export interface StateData {
  readonly sequence: number;
  readonly entries: Record<string, Entry>;
}

export const folder = '/data';

/** Text of varying length and with characters of two to four bytes. */
export function entry(at: number): Entry {
  return { kind: 'entry', at, text: `order ${String(at)} ${'é訂單🎉'.repeat(at % 7)}` };
}

/** Records are taken as they are. */
/** Records as they were appended: without what the journal says of segments. */
export const entryFormat: Format<Entry> = {
  ...anyFormat<Entry>('journal'),
  check: (record) => {
    const { kind, at, text } = record as Entry;
    return text === undefined ? { kind, at } : { kind, at, text };
  },
};
export const stateFormat = anyFormat<StateData>('snapshot');

/** For tests of what does not depend on what is in there. */
export function anyFormat<T>(name: string): Format<T> {
  return { name, version: 1, lifts: [], check: (value) => value as T };
}

/** The journal of a disk, for those that only read it. */
export function sourceOn(disk: Disk): JournalSource<Entry> {
  return new JournalSource({ disk, folder, format: entryFormat, isNote: () => false });
}

type More = Pick<JournalOptions<Entry>, 'confirm' | 'roomAgain'>;

export function openJournal(
  disk: Disk,
  from: number,
  onRecord: (record: Entry, sequence: number) => void,
  segmentBytes = 1 << 20,
  more: More = {},
) {
  return Journal.open<Entry>({
    ...{ disk, folder, from, onRecord, segmentBytes, ...more },
    format: entryFormat,
    segmentHeader: () => ({ kind: 'header', at: 0 }),
  });
}

export interface RecoveredStore {
  readonly entries: Map<number, Entry>;
  readonly journal: Journal<Entry>;
  readonly cut: Cut | undefined;
  readonly damagedSnapshot: string | undefined;
}

/** What a restart does: snapshot, then journal. */
export async function recoverStore(disk: Disk, segmentBytes?: number, more?: More): Promise<RecoveredStore> {
  const { data, sequence, damaged } = await loadSnapshot(disk, folder, stateFormat);
  const entries = new Map(Object.entries(data?.entries ?? {}).map(([at, value]) => [Number(at), value]));
  const { journal, recovered } = await openJournal(disk, sequence, (record, at) => void entries.set(at, record), segmentBytes, more);
  return { entries, journal, cut: recovered.cut, damagedSnapshot: damaged?.file };
}

export async function snapshotStore(disk: Disk, upTo: number): Promise<void> {
  await makeSnapshot<Entry, Map<string, Entry>, StateData>({
    disk,
    folder,
    upTo,
    recordFormat: entryFormat,
    snapshotFormat: stateFormat,
    load: (data) => new Map(Object.entries(data?.entries ?? {})),
    apply: (state, record, sequence) => void state.set(String(sequence), record),
    save: (state, sequence) => ({ sequence, entries: Object.fromEntries(state) }),
  });
}

/** The error of a refusal to open; anything else is a failure of the test. */
export async function refusal(opening: Promise<unknown>): Promise<SohError | undefined> {
  try {
    await opening;
    return undefined;
  } catch (error) {
    assert.ok(isCode(error, 'messageBox.damaged') || isCode(error, 'messageBox.snapshotDamaged'), String(error));
    return error;
  }
}
