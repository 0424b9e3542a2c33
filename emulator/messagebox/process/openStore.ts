/** Opens a MessageBox's folder: claims it, recovers the last durable state, begins a new generation. */
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { apply } from '../core/apply.ts';
import type { JournalRecord } from '../core/records.ts';
import { RetiredBodies } from '../storage/retiredBodies.ts';
import { fromSnapshot, type SnapshotContent } from '../core/snapshotState.ts';
import { Bodies } from '../storage/bodies.ts';
import { nodeDisk } from '../storage/disk.ts';
import { MESSAGE_BOX_FOLDER } from '../storage/folders.ts';
import { Journal } from '../storage/journal.ts';
import { type Claim, claimFolder } from '../storage/ownerFile.ts';
import { loadSnapshot } from '../storage/snapshot.ts';
import { type Clocks, Store } from '../core/store.ts';

export interface OpenedStore {
  readonly folder: string;
  readonly claim: Claim;
  readonly journal: Journal<JournalRecord>;
  readonly store: Store;
  readonly bodies: Bodies;
  readonly retired: RetiredBodies;
  readonly recovered: { readonly records: number; readonly cutBytes: number };
}

/** Four letters and digits: outputs of one folder after another do not meet by chance. */
function newOrigin(): string {
  return randomInt(36 ** 3, 36 ** 4).toString(36);
}

/** @throws SohError 'messageBox.folderInUse', 'messageBox.damaged', 'messageBox.snapshotDamaged', 'messageBox.folderUnusable' */
export async function openStore(dataFolder: string, clocks: Clocks, log: (line: string) => void): Promise<OpenedStore> {
  const folder = join(dataFolder, MESSAGE_BOX_FOLDER);
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const claim = claimFolder(folder);
  const snapshot = await loadSnapshot<SnapshotContent>(nodeDisk, folder);
  if (snapshot.damaged) {
    log(`the snapshot ${snapshot.damaged.file} is damaged (${snapshot.damaged.reason}); recovered from the one before and the journal`);
  }
  const state = fromSnapshot(snapshot.data);
  const { journal, recovered } = await Journal.open<JournalRecord>({
    disk: nodeDisk,
    folder,
    from: snapshot.sequence,
    onRecord: (record, sequence) => {
      apply(state, record, sequence);
    },
    segmentHeader: (): JournalRecord => ({ kind: 'generation', at: store.now, generation: state.generation, origin: state.origin }),
  });
  if (recovered.cut) log(`an interrupted write of ${String(recovered.cut.bytes)} bytes was cut from ${recovered.cut.file}`);
  const bodies = new Bodies(nodeDisk, folder);
  const retired = new RetiredBodies(bodies, (hash) => store.refersToBody(hash));
  const store: Store = new Store(state, journal, clocks, (hash) => {
    retired.note(hash, clocks.monotonic());
  });
  // What was put before a crash and never referred to.
  for (const hash of bodies.list()) if (!store.refersToBody(hash)) retired.note(hash, clocks.monotonic());
  store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: state.origin || newOrigin() });
  await journal.flush();
  return { folder, claim, journal, store, bodies, retired, recovered: { records: recovered.records, cutBytes: recovered.cut?.bytes ?? 0 } };
}
