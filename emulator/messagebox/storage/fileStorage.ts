/** The store of a MessageBox in one folder of a disk. */
import { join } from 'node:path';
import { isCode } from '../../errors.ts';
import type { Format } from '../../format.ts';
import { Bodies } from './bodies.ts';
import type { Disk } from './disk.ts';
import { JournalSource } from './follower.ts';
import { type AnyRecord, Journal } from './journal.ts';
import { readMark } from './mark.ts';
import { headOf, historyFolder, listSegments } from './segments.ts';
import { loadSnapshot, previousSnapshotFile, type SnapshotData, snapshotFile, snapshotVersion } from './snapshot.ts';
import type { SnapshotResult } from './snapshotWorker.ts';
import type { OpenStorage, RecordSource, Replay, Storage } from './storage.ts';

/** What is kept in the folder. */
export interface Formats<R, D> {
  readonly record: Format<R>;
  readonly snapshot: Format<D>;
}

/** What the store needs of a claim on its folder. */
export interface FolderOwnership {
  /** The latest time (UTC ms) of the owner before. */
  readonly latest?: number;
  /** Throws when the folder is somebody else's now. */
  confirm(): void;
  beat(time: number): void;
  release(): void;
}

/** Each resolves when what found no room may be tried again; what it rejects with ends the journal, or the body. */
export interface Waiting {
  forRecord(): Promise<void>;
  forBody(): Promise<void>;
}

export interface FileStorageOptions<R, D> {
  readonly disk: Disk;
  readonly folder: string;
  readonly formats: Formats<R, D>;
  /** By the JSON of a record: kept for the history only. */
  readonly isNote: (json: Buffer) => boolean;
  /** Makes this process the owner of the folder. Errors: those of `claimFolder`. */
  readonly claim: () => Promise<FolderOwnership>;
  /** What waits for room on a full disk; without it a full disk is a failure like any other. */
  readonly room?: Waiting;
  /** Makes a snapshot, off the hot path. */
  readonly snapshot: (upTo: number) => Promise<SnapshotResult>;
  /** A segment is full from this size on, in bytes. */
  readonly segmentBytes?: number;
}

export class FileStorage<R extends AnyRecord, D extends SnapshotData> implements Storage<R, D> {
  readonly source: RecordSource<R>;
  readonly #options: FileStorageOptions<R, D>;

  constructor(options: FileStorageOptions<R, D>) {
    const { disk, folder, formats, isNote } = options;
    this.#options = options;
    this.source = new JournalSource({ disk, folder, format: formats.record, isNote });
  }

  async open(replay: Replay<R, D>): Promise<OpenStorage<R>> {
    const { disk, folder, formats, claim: claimFolder } = this.#options;
    refuseNewer(disk, folder, formats);
    const claim = await claimFolder();
    try {
      return await this.#replayed(replay, claim);
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  async #replayed(replay: Replay<R, D>, claim: FolderOwnership): Promise<OpenStorage<R>> {
    const { disk, folder, formats, segmentBytes, snapshot, room } = this.#options;
    const { data, sequence: from, damaged, file } = await loadSnapshot(disk, folder, formats.snapshot);
    replay.begin(data, file);
    const { journal, recovered } = await Journal.open<R>({
      ...{ disk, folder, format: formats.record, from },
      onRecord: (record, sequence) => {
        replay.record(record, sequence);
      },
      onCovered: (json, sequence) => {
        replay.covered?.(json, sequence);
      },
      segmentHeader: () => replay.segmentHeader(),
      confirm: () => {
        claim.confirm();
      },
      ...(room && { roomAgain: () => room.forRecord() }),
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    return {
      log: journal,
      bodies: new Bodies(disk, folder, room && (() => room.forBody())),
      recovered: { ...recovered, snapshot: from, ...(damaged && { damagedSnapshot: damaged }) },
      snapshot,
      ...(claim.latest === undefined ? {} : { latest: claim.latest }),
      beat: (time) => {
        claim.beat(time);
      },
      release: () => {
        claim.release();
      },
    };
  }
}

/**
 * Refuses a folder in which anything was written by a newer program: 'format.newer'. Only reads the heads of files, so it costs the same
 * whatever is in them; damage is for those to tell who read the whole.
 */
export function refuseNewer(disk: Disk, folder: string, formats: Formats<unknown, unknown>): void {
  for (const name of [snapshotFile, previousSnapshotFile]) {
    try {
      snapshotVersion(disk, folder, name, formats.snapshot);
    } catch (error) {
      if (!isCode(error, 'messageBox.snapshotDamaged')) throw error;
    }
  }
  for (const { path } of [...listSegments(disk, join(folder, historyFolder)).slice(-1), ...listSegments(disk, folder)]) {
    const file = disk.open(path, 'read');
    try {
      headOf(file, formats.record);
    } finally {
      file.close();
    }
  }
  readMark(disk, folder);
}
