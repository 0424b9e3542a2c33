/** Opens a MessageBox's folder: claims it, recovers the last durable state, begins a new generation. */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../core/apply.ts';
import { kindOf, recordFormat } from '../core/recordFormat.ts';
import { isNote, type JournalRecord } from '../core/records.ts';
import { fromSnapshot, type SnapshotContent, snapshotFormat } from '../core/snapshotState.ts';
import { emptyState } from '../core/state.ts';
import { type Clocks, Store } from '../core/store.ts';
import { nodeDisk } from '../storage/disk.ts';
import { FileStorage } from '../storage/fileStorage.ts';
import { MESSAGE_BOX_FOLDER } from '../storage/folders.ts';
import { claimFolder } from '../storage/ownerFile.ts';
import { RetiredBodies } from '../storage/retiredBodies.ts';
import type { SnapshotResult } from '../storage/snapshotWorker.ts';
import type { BodyStore, OpenStorage, RecordLog, Storage } from '../storage/storage.ts';

export interface OpenedStore {
  readonly storage: OpenStorage<JournalRecord>;
  readonly journal: RecordLog<JournalRecord>;
  readonly store: Store;
  readonly bodies: BodyStore;
  readonly retired: RetiredBodies;
}

/** Six letters and digits: a folder that was restored from a copy, or begun anew, does not repeat an id by chance. */
function newOrigin(): string {
  return randomInt(36 ** 5, 36 ** 6).toString(36);
}

/** The store in files below a data folder. @param snapshot makes one of the records up to a number */
export function filesOf(dataFolder: string, snapshot: (upTo: number) => Promise<SnapshotResult>): Storage<JournalRecord, SnapshotContent> {
  const folder = join(dataFolder, MESSAGE_BOX_FOLDER);
  return new FileStorage({
    ...{ disk: nodeDisk, folder, snapshot },
    formats: { record: recordFormat, snapshot: snapshotFormat },
    isNote: (json) => isNote(kindOf(json)),
    claim: () => {
      mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
      return claimFolder(folder);
    },
  });
}

/** @throws what `Storage.open` throws */
export async function openStore(
  files: Storage<JournalRecord, SnapshotContent>,
  clocks: Clocks,
  log: (line: string) => void,
): Promise<OpenedStore> {
  let state = emptyState();
  const storage = await files.open({
    begin: (data) => (state = fromSnapshot(data)),
    record: (record, sequence) => {
      apply(state, record, sequence);
    },
    segmentHeader: () => ({ kind: 'generation', at: store.now, generation: state.generation, origin: state.origin }),
  });
  const { log: journal, bodies, recovered } = storage;
  const { damagedSnapshot, cut, unmarked } = recovered;
  if (damagedSnapshot)
    log(`the snapshot ${damagedSnapshot.file} is damaged (${damagedSnapshot.reason}); recovered from the one before and the journal`);
  if (cut) log(`an interrupted write of ${String(cut.bytes)} bytes was cut from ${cut.file}`);
  if (unmarked) log(`the mark of the journal is ${unmarked}: a loss at the end of the journal would not have been noticed`);
  const retired = new RetiredBodies(bodies, (hash) => store.refersToBody(hash));
  const store: Store = new Store(state, journal, clocks, (hash) => {
    retired.note(hash, clocks.monotonic());
  });
  // What was put before a crash and never referred to.
  for (const hash of bodies.list()) if (!store.refersToBody(hash)) retired.note(hash, clocks.monotonic());
  store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: newOrigin() });
  await journal.flush();
  return { storage, journal, store, bodies, retired };
}
