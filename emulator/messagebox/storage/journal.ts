/**
 * The journal: every record in order, on disk before anyone hears of what follows from it. Records that arrive while the disk is busy
 * form the next write group, so a lone record waits for nobody and many share one sync (docs/failure-model.md, 4.4, P8-P10).
 */
import { join } from 'node:path';
import { isOutOfRoom, SohError } from '../../errors.ts';
import { faultPoint } from '../../faults/faultPoint.ts';
import { type DiskFile, storageFailed, writeAll } from './disk.ts';
import { LineBuffer } from './journalLine.ts';
import { type Mark, MarkFile, readMark } from './mark.ts';
import { recover, type Recovered, type RecoveryOptions, type RecoveryReport, type Segment } from './recovery.ts';
import { historyFolder, type SegmentHead, segmentName } from './segments.ts';

/** What every record has: its kind, and the wall clock in ms since 1970. */
export interface AnyRecord {
  readonly kind: string;
  readonly at: number;
  /** The journal puts it into the first record of a segment. */
  readonly segment?: SegmentHead;
}

/** The folder must exist. */
export interface JournalOptions<R> extends RecoveryOptions<R> {
  /** First record of a segment that is begun because the one before is full; must not change any state. */
  readonly segmentHeader: () => R;
  /** A segment is full from this size on, in bytes; default 64 MiB. */
  readonly segmentBytes?: number;
  /**
   * Called when records are on the device, before they count as durable: throws when the folder is not this process's any more. What it
   * throws ends the journal.
   */
  readonly confirm?: () => void;
  /**
   * Called when a write found no room; nothing of it is left then. Resolves when it is worth another try; what it rejects with ends the
   * journal. Missing: a full disk ends the journal.
   */
  readonly roomAgain?: () => Promise<void>;
}

const defaultSegmentBytes = 64 * 1024 * 1024;
/** Write groups in a row, while there is always another one waiting, after which the mark is moved on. */
const groupsUnmarked = 32;

/** Records of one write and one sync. */
interface Group {
  readonly lines: LineBuffer;
  first: number;
  last: number;
  /** crc32 of the last record. */
  crc: number;
  opensSegment: boolean;
}

/**
 * After `open` the first record begins a new segment, so it should be the new generation. Errors of `append` and `flush` after the first
 * failed write or sync: 'messageBox.storageFailed', for ever: what a failed sync leaves on the device is unknown (docs/failure-model.md, P10).
 * A write that finds no room is another matter: it is taken back, waits, and is tried again (P13).
 */
export class Journal<R extends AnyRecord> {
  readonly #options: JournalOptions<R>;
  readonly #segmentBytes: number;
  readonly #segments: Segment[];
  readonly #mark: MarkFile;
  #sequence: number;
  #durable: number;
  #crc: number;
  #durableCrc: number;
  #bytes: number;
  #unmarked = 0;
  /** Bytes of the segment that the next record goes to, waiting ones included. */
  #filled: number | undefined;
  #waiting: Group = emptyGroup();
  #spare: Group = emptyGroup();
  #file: DiskFile | undefined;
  #flight: Promise<void> | undefined;
  #following: Promise<void> | undefined;
  #dead: SohError | undefined;

  private constructor(options: JournalOptions<R>, { end, segments }: Recovered, mark: MarkFile) {
    this.#options = options;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#sequence = end.sequence;
    this.#durable = end.sequence;
    this.#crc = end.crc;
    this.#durableCrc = end.crc;
    this.#segments = segments;
    this.#bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#mark = mark;
  }

  /** Replays and opens. Errors: those of `recover` (nothing was changed), 'messageBox.storageFailed'. */
  static async open<R extends AnyRecord>(options: JournalOptions<R>): Promise<{ journal: Journal<R>; recovered: RecoveryReport }> {
    const recovered = await recover(options, readMark(options.disk, options.folder));
    const mark = await MarkFile.create(options.disk, options.folder, recovered.end);
    return { journal: new Journal(options, recovered, mark), recovered: recovered.report };
  }

  /** Last record appended. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Last record that is on the device. */
  get durable(): number {
    return this.#durable;
  }

  /** Bytes a restart would find in live segments, those that wait for the disk included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Last record of the sealed segments: a snapshot may cover everything up to it. 0 while the first segment is written. */
  get sealedSequence(): number {
    return (this.#segments.at(-1)?.first ?? 1) - 1;
  }

  /** Takes the record into the next write group and returns its sequence. No input or output. */
  append(record: R): number {
    if (this.#dead) throw this.#dead;
    const group = this.#waiting;
    const head = group.lines.length === 0 ? this.#begin(group) : undefined;
    return this.#add(group, JSON.stringify(head === undefined ? record : { ...record, segment: head }));
  }

  /**
   * Resolves when everything appended before this call is on the device. One write and one sync at a time; calls that come meanwhile
   * share the next one.
   */
  flush(): Promise<void> {
    if (this.#dead) return Promise.reject(this.#dead);
    if (this.#flight === undefined) return this.#start();
    this.#following ??= this.#flight.then(() => {
      this.#following = undefined;
      return this.flush();
    });
    return this.#following;
  }

  /** Names of the segments that are no longer written and hold no record after `sequence`. */
  sealedBefore(sequence: number): string[] {
    return this.#sealed(sequence).map(({ name }) => name);
  }

  /** Moves those segments to `history/`, oldest first. Call it when a snapshot at `sequence` or later is on the device. */
  async archive(sequence: number): Promise<void> {
    const { disk, folder } = this.#options;
    const sealed = this.#sealed(sequence);
    if (sealed.length === 0) return;
    const history = join(folder, historyFolder);
    try {
      disk.makeFolder(history);
      for (const segment of sealed) {
        faultPoint('segment.beforeArchive');
        await disk.rename(segment.path, join(history, segment.name));
        this.#segments.splice(this.#segments.indexOf(segment), 1);
        this.#bytes -= segment.bytes;
      }
      faultPoint('segment.afterArchive');
      await disk.syncFolder(history);
      await disk.syncFolder(folder);
    } catch (error) {
      throw storageFailed(history, error);
    }
  }

  /** Flushes, unless the journal is dead, and closes the file. */
  async close(): Promise<void> {
    try {
      if (this.#dead) return;
      await this.flush();
      await this.#mark.settle(this.#acknowledged);
    } finally {
      this.#dead ??= new SohError('messageBox.storageFailed', { file: this.#options.folder, reason: 'the journal is closed' });
      this.#file?.close();
      this.#file = undefined;
      this.#mark.close();
    }
  }

  /** The head that the record to be added has to carry, because it is the first of a segment. */
  #begin(group: Group): SegmentHead | undefined {
    group.first = this.#sequence + 1;
    group.opensSegment = this.#filled === undefined || this.#filled >= this.#segmentBytes;
    if (!group.opensSegment) return undefined;
    const goesOn = this.#filled !== undefined;
    const head = this.#nextHead();
    this.#filled = 0;
    if (!goesOn) return head;
    this.#add(group, JSON.stringify({ ...this.#options.segmentHeader(), segment: head }));
    return undefined;
  }

  #nextHead(): SegmentHead {
    const { version } = this.#options.format;
    const before = this.#segments.at(-1);
    if (before === undefined) return { format: version };
    return { format: version, sealed: { first: before.first, bytes: this.#filled ?? before.bytes } };
  }

  #add(group: Group, json: string): number {
    const before = group.lines.length;
    group.last = ++this.#sequence;
    this.#crc = group.lines.add(this.#crc, group.last, group.first, json);
    group.crc = this.#crc;
    const added = group.lines.length - before;
    this.#filled = (this.#filled ?? 0) + added;
    this.#bytes += added;
    return group.last;
  }

  #start(): Promise<void> {
    const group = this.#waiting;
    if (group.lines.length === 0) return Promise.resolve();
    this.#waiting = this.#spare;
    this.#spare = group;
    this.#flight = this.#write(group).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  /**
   * Only the sync leaves the event loop: a write to the page cache takes microseconds, and a trip to the thread pool for it costs more
   * (a lone record took 0.36 ms this way and 0.41 ms with both asynchronous).
   */
  async #write(group: Group): Promise<void> {
    const { disk, folder, confirm } = this.#options;
    const path = group.opensSegment ? join(folder, segmentName(group.first)) : (this.#file?.path ?? folder);
    try {
      faultPoint('journal.beforeWrite');
      if (group.opensSegment) confirm?.();
      const { file, segment } = await this.#put(group, path);
      faultPoint('journal.beforeSync');
      await file.dataSync();
      if (group.opensSegment) {
        faultPoint('segment.beforeDirectorySync');
        await disk.syncFolder(folder);
      }
      faultPoint('journal.afterSync');
      confirm?.();
      segment.last = group.last;
      segment.bytes += group.lines.length;
      this.#durable = group.last;
      this.#durableCrc = group.crc;
      group.lines.clear();
      this.#note();
    } catch (error) {
      this.#dead = storageFailed(path, error);
      throw this.#dead;
    }
  }

  /** Moves the mark on when the disk rests, and now and then when it never does. */
  #note(): void {
    if (this.#waiting.lines.length > 0 && ++this.#unmarked < groupsUnmarked) return;
    this.#unmarked = 0;
    try {
      this.#mark.note(this.#acknowledged);
    } catch (error) {
      // Some file systems need room to replace bytes. A mark that stays behind is true, it only knows less.
      if (!isOutOfRoom(error)) throw error;
    }
  }

  get #acknowledged(): Mark {
    const segment = this.#segments.at(-1);
    return { sequence: this.#durable, crc: this.#durableCrc, segment: segment?.first ?? 1, bytes: segment?.bytes ?? 0 };
  }

  /** Writes the group, at once when there is room. A disk that is full first shortens a write, then fails (docs/failure-model.md, P8). */
  async #put(group: Group, path: string): Promise<{ readonly file: DiskFile; readonly segment: Segment }> {
    const { roomAgain } = this.#options;
    for (;;) {
      try {
        if (group.opensSegment && this.#segments.at(-1)?.first !== group.first) this.#openSegment(path, group.first);
        const segment = this.#segments.at(-1);
        if (this.#file === undefined || segment === undefined) throw new Error('no segment is open');
        writeAll(this.#file, group.lines.content);
        return { file: this.#file, segment };
      } catch (error) {
        if (roomAgain === undefined || !isOutOfRoom(error)) throw error;
      }
      const segment = this.#segments.at(-1);
      if (!group.opensSegment || segment?.first === group.first) this.#file?.truncate(segment?.bytes ?? 0);
      await roomAgain();
    }
  }

  #openSegment(path: string, first: number): void {
    faultPoint('segment.beforeCreate');
    const file = this.#options.disk.open(path, 'create');
    this.#file?.close();
    this.#file = file;
    this.#segments.push({ first, path, name: segmentName(first), last: first - 1, bytes: 0 });
  }

  #sealed(sequence: number): Segment[] {
    return this.#segments.slice(0, -1).filter(({ last }) => last <= sequence);
  }
}

function emptyGroup(): Group {
  return { lines: new LineBuffer(), first: 0, last: 0, crc: 0, opensSegment: false };
}
