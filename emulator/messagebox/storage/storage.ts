/**
 * The store of a MessageBox as a port: a log of records with one claim on it, a source to read it from, bodies, snapshots. Files are one
 * (fileStorage.ts). What another one needs is allowed for: to append may fail because the claim is lost, snapshots may be made by somebody
 * else, a source may have to ask somebody, a body is there before the record that names it.
 */
import type { SohError } from '../../errors.ts';
import type { AnyRecord } from './journal.ts';
import type { RecoveryReport } from './recovery.ts';
import type { SnapshotData } from './snapshot.ts';
import type { SnapshotResult } from './snapshotWorker.ts';

export interface Storage<R extends AnyRecord, D extends SnapshotData> {
  /**
   * Claims the store and replays it. Nothing is changed before everything was read, and nothing at all when it is refused. Takes some seconds
   * when an owner that cannot be seen from here had it last. Errors: 'format.newer', 'messageBox.folderInUse',
   * 'messageBox.folderInUseElsewhere', 'messageBox.folderUnusable', 'messageBox.storageFull', 'messageBox.snapshotDamaged', and those of
   * `recover`.
   */
  open(replay: Replay<R, D>): Promise<OpenStorage<R>>;
  /** Also for a store that somebody else writes. */
  readonly source: RecordSource<R>;
}

/** What is done with what the store holds. */
export interface Replay<R, D> {
  /** First, once: the newest snapshot, or `undefined` when there is none; and where it is, for errors. */
  begin(data: D | undefined, file: string): void;
  /** Records that the snapshot has, where they are read on the way to those after it. What it throws refuses the store. */
  covered?(json: Buffer, sequence: number): void;
  /** Each record after it, in order. What it throws refuses the store. */
  record(record: R, sequence: number): void;
  /** First record of a segment that is begun because the one before is full; must not change any state. */
  segmentHeader(): R;
}

export interface OpenStorage<R> {
  readonly log: RecordLog<R>;
  readonly bodies: BodyStore;
  readonly recovered: RecoveryReport & {
    /** Last record of the snapshot it began with; 0 when there was none. */
    readonly snapshot: number;
    /** A snapshot that could not be read, although an older one and the log hold everything. */
    readonly damagedSnapshot?: { readonly file: string; readonly reason: string };
  };
  /** A snapshot of everything up to a record that is on the device; the one before stands when it fails. */
  readonly snapshot: (upTo: number) => Promise<SnapshotResult>;
  /** The latest time (UTC ms) that whoever had the store before is known to have had; it may be later than its last record. */
  readonly latest?: number;
  /** A sign of life, due each `BEAT_MS`, with the time (UTC ms). Throws 'messageBox.claimLost' when the store is somebody else's now. */
  beat(time: number): void;
  /** Gives the claim back. The log must be closed. */
  release(): void;
}

export interface RecordLog<R> {
  /** Last record appended. */
  readonly sequence: number;
  /** Last record that is on the device. */
  readonly durable: number;
  /** Bytes a restart would read. */
  readonly bytes: number;
  /** Last record that a snapshot may cover while the log is written. */
  readonly sealedSequence: number;
  /** Takes the record into the next write and returns its sequence. No input or output. Throws when the log has failed. */
  append(record: R): number;
  /** Resolves when everything appended before this call is on the device, however long it waits for room. A failure is for ever. */
  flush(): Promise<void>;
  /** What a snapshot at `sequence` or later covers becomes history. */
  archive(sequence: number): Promise<void>;
  close(): Promise<void>;
}

/** Message bodies too large for a record, by the sha256 of their bytes in lower-case hex. */
export interface BodyStore {
  has(hash: string): boolean;
  list(): string[];
  /** Resolves for the last chunk when the body is on the device. */
  putChunk(hash: string, offset: number, data: Uint8Array, last: boolean): Promise<void>;
  /** Bytes of a complete body; empty at its end. Undefined when there is no such body. */
  readChunk(hash: string, offset: number, length?: number): Buffer | undefined;
  delete(hash: string): void;
}

export interface ReadRecord<R> {
  readonly sequence: number;
  readonly record: R;
}

/** Records that cannot be read. */
export interface Gap {
  /** First and last of them. */
  readonly first: number;
  readonly last: number;
  readonly error: SohError;
}

export interface ReadOptions {
  /** First sequence wanted; default 1. History that was pruned is skipped. */
  readonly from?: number;
  /** Number of the last durable record: a power failure could take back what is behind it, so it is not read, except notes. */
  readonly durable?: () => number;
  /** Told of what cannot be read, and reading goes on behind it. Without it that is an error. */
  readonly onGap?: (gap: Gap) => void;
}

export interface RecordSource<R> {
  /** A reader of its own place. */
  follow(options?: ReadOptions): Follower<R>;
  /**
   * The records whose text holds `needle` as it stands in JSON, oldest first: a search over bytes, so it does not parse what it skips. Only
   * hits are checked for damage.
   */
  find(needle: string, options?: Pick<ReadOptions, 'onGap'>): AsyncIterable<ReadRecord<R>>;
}

/** Whether a record has to be parsed, by its JSON and its number. Asked once for each, in order. */
export type Wanted = (json: Buffer, sequence: number) => boolean;

export interface Follower<R> {
  /**
   * The next records, at most `limit` looked at. Without `wanted` all of them; with it only those it says yes to by their JSON, which are
   * parsed. `end`: there is nothing more at the moment. Errors: 'messageBox.damaged', 'segmentMissing', 'badRecord', 'format.newer'.
   */
  next(limit: number, wanted?: Wanted): Promise<{ readonly records: ReadRecord<R>[]; readonly end: boolean }>;
}
