/**
 * A disk in memory that can fail and lose power. It promises only what the `Disk` port says: content counts after `dataSync`, names count
 * after `syncFolder`, and a power loss keeps any subset of the rest, sector by sector and name by name. That is weaker than real file
 * systems, so what survives here survives there (docs/failure-model.md, T06).
 */
import { dirname, normalize } from 'node:path';
import type { Disk, DiskFile, OpenMode } from '../messagebox/storage/disk.ts';
import type { SeededRandom } from '../faults/seededRandom.ts';

export type DiskOperation = 'open' | 'write' | 'overwrite' | 'read' | 'truncate' | 'dataSync' | 'list' | 'rename' | 'remove' | 'syncFolder';

/** Makes operations fail: the `nth` from now on of that kind, once or for ever. */
export interface DiskFault {
  readonly operation: DiskOperation;
  /** 1 is the next one. */
  readonly nth: number;
  /** System error code, e.g. ENOSPC, EIO. */
  readonly code: string;
  readonly forEver?: boolean;
  /** A write that fails first writes this many bytes and tells so, as a full disk does. */
  readonly shortBy?: number;
}

interface Inode {
  /** What a reader sees. */
  seen: Buffer;
  /** What is on the device. */
  stored: Buffer;
  unsynced: Change[];
}

type Change = { readonly position: number; readonly bytes: Buffer } | { readonly length: number };
type NameChange = { readonly folder: string; readonly apply: (names: Map<string, Inode>) => void };

const sectorBytes = 512;

export class SimulatedDisk implements Disk {
  readonly #random: SeededRandom;
  #names = new Map<string, Inode>();
  #storedNames = new Map<string, Inode>();
  #unsyncedNames: NameChange[] = [];
  #faults: { fault: DiskFault; left: number }[] = [];
  #boot = 0;
  /** Probability that a write is short. */
  shortWrites = 0;
  /**
   * Names as NTFS keeps them, where a folder cannot be synced: changes of names become durable one after the other, and syncing any file makes
   * those before it durable.
   */
  namesInOrder = false;
  /** Bytes all files together may have; what is over it is refused, after a short write, as full disks do. */
  capacity = Infinity;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  failWith(fault: DiskFault): void {
    this.#faults.push({ fault, left: fault.nth });
  }

  heal(): void {
    this.#faults = [];
  }

  /** The processes die, the machine goes on: open files are gone, all content is kept. */
  crash(): void {
    this.#boot++;
  }

  /** The machine loses power: of what was not synced any subset is kept. */
  losePower(): void {
    this.crash();
    for (const change of this.#keptNames()) change.apply(this.#storedNames);
    this.#unsyncedNames = [];
    this.#names = new Map(this.#storedNames);
    for (const inode of new Set(this.#names.values())) {
      for (const change of inode.unsynced) inode.stored = this.#keepSome(inode.stored, change);
      inode.unsynced = [];
      inode.seen = inode.stored;
    }
  }

  /** The disk as one process sees it: after the next crash or power loss every operation of it fails. */
  forProcess(): Disk {
    const boot = this.#boot;
    const alive = (): this => {
      if (boot !== this.#boot) throw systemError('EIO', 'the process is dead');
      return this;
    };
    return {
      open: (path, mode) => alive().open(path, mode),
      list: (folder) => alive().list(folder),
      makeFolder: () => {
        alive().makeFolder();
      },
      rename: async (from, to) => alive().rename(from, to),
      remove: (path) => {
        alive().remove(path);
      },
      syncFolder: async (folder) => alive().syncFolder(folder),
      freeBytes: () => alive().freeBytes(),
    };
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.#mayFail('open', path);
    const key = normalize(path);
    const existing = this.#names.get(key);
    if (existing && mode === 'create') throw systemError('EEXIST', path);
    if (!existing && (mode === 'read' || mode === 'change')) throw systemError('ENOENT', path);
    if (!existing && this.freeBytes() === 0) throw systemError('ENOSPC', path);
    const inode = existing ?? { seen: Buffer.alloc(0), stored: Buffer.alloc(0), unsynced: [] };
    if (!existing) this.#rename(dirname(key), (names) => names.set(key, inode));
    else if (mode === 'replace') change(inode, { length: 0 });
    return this.#file(path, inode);
  }

  list(folder: string): string[] {
    this.#mayFail('list', folder);
    const prefix = `${normalize(folder)}/`;
    const inside = [...this.#names.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
    return inside.filter((name) => !name.includes('/'));
  }

  /** Folders need no creating here. */
  makeFolder(): void {}

  async rename(from: string, to: string): Promise<void> {
    const boot = this.#boot;
    await Promise.resolve();
    if (boot !== this.#boot) throw systemError('EIO', from);
    this.#mayFail('rename', from);
    const [source, target] = [normalize(from), normalize(to)];
    const inode = this.#names.get(source);
    if (!inode) throw systemError('ENOENT', from);
    this.#rename(dirname(source), (names) => {
      names.delete(source);
      names.set(target, inode);
    });
  }

  remove(path: string): void {
    this.#mayFail('remove', path);
    const key = normalize(path);
    if (this.#names.has(key)) this.#rename(dirname(key), (names) => names.delete(key));
  }

  async syncFolder(folder: string): Promise<void> {
    const boot = this.#boot;
    await Promise.resolve();
    if (boot !== this.#boot) throw systemError('EIO', folder);
    this.#mayFail('syncFolder', folder);
    if (this.namesInOrder) return;
    const key = normalize(folder);
    for (const { folder: of, apply } of this.#unsyncedNames) if (of === key) apply(this.#storedNames);
    this.#unsyncedNames = this.#unsyncedNames.filter((name) => name.folder !== key);
  }

  freeBytes(): number {
    const used = [...new Set(this.#names.values())].reduce((sum, { seen }) => sum + seen.length, 0);
    return Math.max(0, this.capacity - used);
  }

  /** What a reader sees, for tests that damage a file on purpose. */
  content(path: string): Buffer {
    const inode = this.#names.get(normalize(path));
    if (!inode) throw systemError('ENOENT', path);
    return Buffer.from(inode.seen);
  }

  /** Puts a file in place, content and name synced. */
  put(path: string, content: Uint8Array): void {
    const bytes = Buffer.from(content);
    const inode = { seen: bytes, stored: bytes, unsynced: [] };
    this.#names.set(normalize(path), inode);
    this.#storedNames.set(normalize(path), inode);
  }

  /** All paths, for a copy of the disk. */
  paths(): string[] {
    return [...this.#names.keys()];
  }

  #rename(folder: string, apply: (names: Map<string, Inode>) => void): void {
    apply(this.#names);
    this.#unsyncedNames.push({ folder, apply });
  }

  #file(path: string, inode: Inode): DiskFile {
    const boot = this.#boot;
    const check = (operation?: DiskOperation): void => {
      if (boot !== this.#boot) throw systemError('EBADF', path);
      if (operation) this.#mayFail(operation, path);
    };
    return {
      path,
      write: (bytes, from, length) => {
        check();
        const count = this.#writable(path, length);
        change(inode, { position: inode.seen.length, bytes: Buffer.from(bytes.subarray(from, from + count)) });
        return count;
      },
      read: (into, position) => {
        check('read');
        return inode.seen.copy(into, 0, Math.min(position, inode.seen.length));
      },
      overwrite: (position, bytes) => {
        check('overwrite');
        change(inode, { position, bytes: Buffer.from(bytes) });
      },
      size: () => inode.seen.length,
      truncate: (length) => {
        check('truncate');
        change(inode, { length });
      },
      dataSync: async () => {
        try {
          check('dataSync');
        } catch (error) {
          // As real file systems do: after a failed sync the pages count as clean, though they never reached the device (docs/failure-model.md, P10).
          if (boot === this.#boot) inode.unsynced = [];
          throw error;
        }
        const count = inode.unsynced.length;
        const names = this.namesInOrder ? this.#unsyncedNames.length : 0;
        await Promise.resolve();
        // Until here a power loss still finds them unsynced.
        if (boot !== this.#boot) throw systemError('EIO', path);
        inode.stored = inode.unsynced.splice(0, count).reduce(applyChange, inode.stored);
        for (const change of this.#unsyncedNames.splice(0, names)) change.apply(this.#storedNames);
      },
      close: () => undefined,
    };
  }

  /** How many bytes this write takes. */
  #writable(path: string, length: number): number {
    const due = this.#due('write');
    if (due?.shortBy !== undefined && length > due.shortBy) {
      this.#faults.push({ fault: { ...due, nth: 1, forEver: true }, left: 1 });
      return length - due.shortBy;
    }
    if (due) throw systemError(due.code, path);
    const room = this.capacity === Infinity ? length : Math.min(length, this.freeBytes());
    if (room < length) {
      if (room === 0) throw systemError('ENOSPC', path);
      return room;
    }
    return length > 1 && this.#random.chance(this.shortWrites) ? 1 + this.#random.below(length - 1) : length;
  }

  #mayFail(operation: DiskOperation, path: string): void {
    const due = this.#due(operation);
    if (due) throw systemError(due.code, path);
  }

  #due(operation: DiskOperation): DiskFault | undefined {
    let due: DiskFault | undefined;
    for (const planned of this.#faults) {
      if (planned.fault.operation !== operation) continue;
      planned.left--;
      if (planned.left === 0 || (planned.left < 0 && planned.fault.forEver === true)) due = planned.fault;
    }
    return due;
  }

  /** Changes of names that a power loss keeps although nobody synced them. */
  #keptNames(): readonly NameChange[] {
    if (this.namesInOrder) return this.#unsyncedNames.slice(0, this.#random.below(this.#unsyncedNames.length + 1));
    return this.#unsyncedNames.filter(() => this.#random.chance(0.5));
  }

  #keepSome(stored: Buffer, lost: Change): Buffer {
    if (!('bytes' in lost)) return this.#random.chance(0.5) ? applyChange(stored, lost) : stored;
    // The length may have reached the device without the content: such bytes read as zero.
    const kept = Buffer.alloc(this.#random.below(lost.bytes.length + 1));
    for (let at = 0; at < kept.length; at += sectorBytes) {
      if (this.#random.chance(0.5)) lost.bytes.copy(kept, at, at, Math.min(at + sectorBytes, kept.length));
    }
    return kept.length === 0 ? stored : applyChange(stored, { position: lost.position, bytes: kept });
  }
}

function change(inode: Inode, step: Change): void {
  inode.seen = applyChange(inode.seen, step);
  inode.unsynced.push(step);
}

function applyChange(content: Buffer, step: Change): Buffer {
  if (!('bytes' in step)) return Buffer.from(content.subarray(0, step.length));
  const result = Buffer.alloc(Math.max(content.length, step.position + step.bytes.length));
  content.copy(result);
  step.bytes.copy(result, step.position);
  return result;
}

function systemError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
