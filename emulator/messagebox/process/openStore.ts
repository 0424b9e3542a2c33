/** Opens a MessageBox's folder: claims it, recovers the last durable state, begins a new generation. */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, TimeSource } from '../../clock.ts';
import { isCode, type WireError } from '../../errors.ts';
import { type Claim, claimFolder } from '../../wire/folderClaim.ts';
import { apply } from '../core/apply.ts';
import { kindOf } from '../core/recordFormat.ts';
import { isNote, type JournalRecord } from '../core/records.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent } from '../core/snapshotState.ts';
import { sameJournal } from '../core/sameJournal.ts';
import { emptyState } from '../core/state.ts';
import { Store } from '../core/store.ts';
import type { MessageBoxSettings } from '../protocol/settings.ts';
import { Ballast, BALLAST_BYTES } from '../storage/ballast.ts';
import { nodeDisk } from '../storage/disk.ts';
import { FileStorage, type FolderOwnership } from '../storage/fileStorage.ts';
import { MESSAGE_BOX_FOLDER } from '../storage/folders.ts';
import { RetiredBodies } from '../storage/retiredBodies.ts';
import type { SnapshotResult } from '../storage/snapshotWorker.ts';
import { recoveryNotices } from './recoveryNotices.ts';
import type { BodyStore, OpenStorage, RecordLog, Storage } from '../storage/storage.ts';
import { Room } from './room.ts';

export interface OpenedStore {
  readonly storage: OpenStorage<JournalRecord>;
  readonly journal: RecordLog<JournalRecord>;
  readonly store: Store;
  readonly bodies: BodyStore;
  readonly retired: RetiredBodies;
  /** What was found on the way. */
  readonly notices: readonly WireError[];
}

/** Five letters and digits: a folder that was restored from a copy, or begun anew, does not repeat an id by chance. */
function newOrigin(): string {
  return randomInt(36 ** 4, 36 ** 5).toString(36);
}

export interface Files {
  readonly storage: Storage<JournalRecord, SnapshotContent>;
  readonly room: Room;
}

/** The store in files below a data folder. @param snapshot makes one of the records up to a number */
export function filesOf(
  settings: Pick<MessageBoxSettings, 'folder' | 'ballastBytes'>,
  clock: Clock,
  snapshot: (upTo: number) => Promise<SnapshotResult>,
): Files {
  const folder = join(settings.folder, MESSAGE_BOX_FOLDER);
  const ballast = new Ballast(nodeDisk, folder, settings.ballastBytes ?? BALLAST_BYTES);
  const room = new Room(ballast, clock, folder);
  const storage = new FileStorage({
    ...{ disk: nodeDisk, folder, snapshot, room },
    formats: messageBoxFormats,
    isNote: (json) => isNote(kindOf(json)),
    claim: async () => {
      mkdirSync(settings.folder, { recursive: true, mode: 0o700 });
      return ownershipOf(await claimWithRoom(folder, clock, ballast));
    },
  });
  return { storage, room };
}

/** Even the owner file needs a little room. */
async function claimWithRoom(folder: string, clock: Clock, ballast: Ballast): Promise<Claim> {
  try {
    return await claimFolder(folder, clock);
  } catch (error) {
    if (!isCode(error, 'messageBox.storageFull') || !ballast.give()) throw error;
    return claimFolder(folder, clock);
  }
}

function ownershipOf(claim: Claim): FolderOwnership {
  return {
    ...(claim.previous?.time === undefined ? {} : { latest: claim.previous.time }),
    confirm: () => {
      claim.confirm();
    },
    beat: (time) => {
      claim.beat(time);
    },
    release: () => {
      claim.release();
    },
  };
}

/** @param goesOn called with every record that is read. @throws what `Storage.open` throws */
export async function openStore(
  files: Storage<JournalRecord, SnapshotContent>,
  clock: TimeSource,
  log: (line: string) => void,
  goesOn: () => void,
): Promise<OpenedStore> {
  let state = emptyState();
  let same = sameJournal(undefined, '');
  const storage = await files.open({
    begin: (data, file) => {
      goesOn();
      state = fromSnapshot(data);
      same = sameJournal(data, file);
    },
    covered: (json, sequence) => {
      goesOn();
      same.covered(json, sequence);
    },
    record: (record, sequence) => {
      goesOn();
      same.record(record, sequence);
      apply(state, record, sequence);
    },
    segmentHeader: () => sameGeneration(store),
  });
  const { log: journal, bodies } = storage;
  const notices = recoveryNotices(storage.recovered);
  for (const { message } of notices) log(message);
  const retired = new RetiredBodies(bodies, (hash) => store.refersToBody(hash));
  const bodyGone = (hash: string): void => {
    retired.note(hash, clock.monotonic());
  };
  const store: Store = new Store(state, journal, clock, bodyGone, storage.latest);
  // What was put before a crash and never referred to.
  for (const hash of bodies.list()) if (!store.refersToBody(hash)) retired.note(hash, clock.monotonic());
  store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: newOrigin() });
  await journal.flush();
  return { storage, journal, store, bodies, retired, notices };
}

/** The same generation goes on: changes nothing but the latest time on record. */
export function sameGeneration({ now, state: { generation, origin } }: Store): JournalRecord {
  return { kind: 'generation', at: now, generation, origin };
}
