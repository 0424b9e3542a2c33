/** The snapshots of a folder, without one that is of another group: it is intact, but what is decided on it would be wrong. */
import { join } from 'node:path';
import { SohError } from '../../errors.ts';
import { knowsStart, snapshotForeign, type Start } from '../core/sameJournal.ts';
import { messageBoxFormats, type SnapshotContent } from '../core/snapshotState.ts';
import { DurableJsonFile, previousSnapshotFile, snapshotFile } from '../storage/snapshot.ts';
import { type CertainStart, headOf, type Place } from './ownSegments.ts';

export interface UsableSnapshot {
  readonly file: string;
  readonly data: SnapshotContent;
}

export interface Snapshots {
  /** Those that can be used, newest first. */
  readonly usable: readonly UsableSnapshot[];
  /** Why the others cannot be: 'messageBox.snapshotDamaged', 'messageBox.snapshotForeign'. */
  readonly unusable: readonly SohError[];
}

/** Reads the two snapshots there may be. @param starts those that are certain, newest first @throws SohError 'format.newer' */
export async function snapshotsOf(place: Place, starts: readonly CertainStart[]): Promise<Snapshots> {
  const found: UsableSnapshot[] = [];
  const unusable: SohError[] = [];
  for (const name of [snapshotFile, previousSnapshotFile]) {
    const file = join(place.folder, name);
    try {
      const data = await new DurableJsonFile<SnapshotContent>(place.disk, place.folder, messageBoxFormats.snapshot, name).read();
      if (data !== null) found.push({ file, data });
    } catch (error) {
      if (!(error instanceof SohError) || error.code === 'format.newer') throw error;
      unusable.push(error);
    }
  }
  const usable: UsableSnapshot[] = [];
  for (const snapshot of found) {
    const others = found.filter((one) => one !== snapshot).map(({ data }) => data);
    const stranger = strangerTo(snapshot.data, starts) ?? (starts.length > 0 ? undefined : outvoted(snapshot.data, place, others));
    if (stranger === undefined) usable.push(snapshot);
    else unusable.push(snapshotForeign(snapshot.file, snapshot.data, stranger));
  }
  return { usable, unusable };
}

/** The first record of a start that shows that a snapshot is of another group; undefined when none does. */
function strangerTo(data: SnapshotContent, starts: readonly CertainStart[]): number | undefined {
  // A start settles the mark before it writes: what is marked is of the last start, or of the one before.
  const contradicts = (start: CertainStart): boolean =>
    (start.marked && data.generation > start.generation + 1) || !knowsStart(data, start, start.sequence);
  return starts.find(contradicts)?.sequence;
}

/** Where no start is certain to be of this folder: one that contradicts the snapshot counts when nothing else knows the snapshot's. */
function outvoted(data: SnapshotContent, { disk, folder, segments }: Place, others: readonly SnapshotContent[]): number | undefined {
  const same = ({ generation, origin }: Start): boolean => generation === data.generation && origin === data.origin;
  const heads = segments.flatMap(({ first }) => {
    const { start } = headOf(disk, folder, first) ?? {};
    return start === undefined ? [] : [{ ...start, sequence: first }];
  });
  if (others.some(same) || heads.some(same)) return undefined;
  return heads.find((start) => !knowsStart(data, start, start.sequence))?.sequence;
}
