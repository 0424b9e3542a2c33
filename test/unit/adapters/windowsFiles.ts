/**
 * A file system in memory that behaves like Windows where that differs (docs/platforms.md, "FILE"): letter case does not count, devices
 * have names everywhere, dots and blanks at the end of a name vanish, paths end at 260 characters, a file that somebody has open cannot be
 * renamed or removed, one that is removed while it is read keeps its name, folders cannot be synced.
 */
import { posix } from 'node:path';
import type { Entry, Files, Found, Reading } from '../../../emulator/files/files.ts';

/** How another program has a file open. `scanner`: for reading, nobody may rename or remove it. `writer`: nobody may even read it. `viewer`: it may be removed. */
type Hold = 'scanner' | 'writer' | 'viewer';

interface Node {
  readonly kind: 'file' | 'folder';
  name: string;
  bytes: Buffer;
  mtimeMs: number;
  readonly children: Map<string, Node>;
  hold?: Hold;
  /** Removed while it was open: its name goes when it is closed. */
  pending?: boolean;
}

const MAX_PATH = 260;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9]) *(?:\.|$)/i;
const FORBIDDEN = /[<>:"|?*\u0000-\u001f]/;

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

const newNode = (kind: Node['kind'], name: string): Node => ({
  kind,
  name,
  bytes: Buffer.alloc(0),
  mtimeMs: Date.now(),
  children: new Map(),
});
const keyOf = (name: string): string => name.replace(/[. ]+$/, '').toLowerCase();

export class WindowsFiles implements Files {
  readonly syncsFolders = false;
  readonly #root = newNode('folder', '');
  readonly #watchers = new Map<string, Set<() => void>>();

  /** Another program opens a file; the returned function closes it. */
  open(path: string, hold: Hold): () => void {
    const node = this.#node(path) ?? this.#create(path, newNode('file', posix.basename(path)));
    node.hold = hold;
    return () => {
      delete node.hold;
      if (node.pending) this.#unlink(path);
    };
  }

  /** Another program writes a file. */
  put(path: string, content: string): void {
    const node = this.#node(path) ?? this.#create(path, newNode('file', posix.basename(path)));
    node.bytes = Buffer.from(content);
    node.mtimeMs = Date.now();
    this.#changed(path);
  }

  get(path: string): string | undefined {
    return this.#node(path)?.bytes.toString();
  }

  names(folder: string): string[] {
    return [...(this.#node(folder)?.children.values() ?? [])].map(({ name }) => name).sort();
  }

  /** Somebody removes a folder with everything in it. */
  removeTree(path: string): void {
    this.#unlink(path);
  }

  async makeFolder(path: string): Promise<string> {
    let at = '/';
    for (const part of path.split('/').filter((name) => name !== '')) {
      at = posix.join(at, part);
      const node = this.#node(at) ?? this.#create(at, newNode('folder', part));
      if (node.kind !== 'folder') throw failure('EEXIST', at);
    }
    return Promise.resolve(path);
  }

  async look(path: string): Promise<Found | undefined> {
    const node = this.#node(path);
    if (node?.pending) throw failure('EPERM', path);
    return Promise.resolve(node && { kind: node.kind, size: node.bytes.length, mtimeMs: node.mtimeMs, device: '1' });
  }

  async *list(folder: string): AsyncGenerator<Entry> {
    const node = this.#node(folder);
    if (node?.kind !== 'folder') throw failure('ENOENT', folder);
    for (const { name, kind } of [...node.children.values()]) yield await Promise.resolve({ name, kind });
  }

  async read(path: string, limit: number): Promise<Reading> {
    const node = this.#node(path);
    if (!node) return { kind: 'gone' };
    if (node.pending || node.hold === 'writer') throw failure(node.pending ? 'EPERM' : 'EBUSY', path);
    if (node.kind !== 'file') return { kind: 'notAFile', what: node.kind };
    if (node.bytes.length > limit) return { kind: 'tooLarge', size: node.bytes.length };
    const { mtimeMs } = node;
    return Promise.resolve({ kind: 'read', bytes: Buffer.from(node.bytes), size: node.bytes.length, mtimeMs });
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    if (this.#node(path)) throw failure('EEXIST', path);
    this.#create(path, { ...newNode('file', posix.basename(path)), bytes: Buffer.from(bytes) });
    return Promise.resolve();
  }

  async rename(from: string, to: string): Promise<void> {
    const node = this.#node(from);
    if (!node) throw failure('ENOENT', from);
    if (node.hold || node.pending) throw failure(node.hold === 'writer' ? 'EBUSY' : 'EPERM', from);
    const there = this.#node(to);
    if (there && there !== node && (there.hold ?? there.kind === 'folder')) throw failure('EPERM', to);
    this.#check(to);
    this.#unlink(from);
    if (there && there !== node) this.#unlink(to);
    node.name = posix.basename(to);
    this.#create(to, node);
    return Promise.resolve();
  }

  async link(from: string, to: string): Promise<void> {
    const node = this.#node(from);
    if (!node) throw failure('ENOENT', from);
    if (this.#node(to)) throw failure('EEXIST', to);
    this.#create(to, { ...node, name: posix.basename(to), children: new Map() });
    return Promise.resolve();
  }

  async remove(path: string): Promise<void> {
    const node = this.#node(path);
    if (!node) throw failure('ENOENT', path);
    if (node.pending || node.hold === 'scanner' || node.hold === 'writer') throw failure('EBUSY', path);
    if (node.hold === 'viewer') node.pending = true;
    else this.#unlink(path);
    return Promise.resolve();
  }

  async removeFolder(path: string): Promise<void> {
    const node = this.#node(path);
    if (!node) throw failure('ENOENT', path);
    if (node.children.size > 0) throw failure('ENOTEMPTY', path);
    this.#unlink(path);
    return Promise.resolve();
  }

  syncFolder(): Promise<void> {
    return Promise.resolve();
  }

  watch(folder: string, changed: () => void): () => void {
    const key = keyOf(folder);
    const watchers = this.#watchers.get(key) ?? new Set();
    this.#watchers.set(key, watchers.add(changed));
    return () => {
      watchers.delete(changed);
    };
  }

  isHeld(error: unknown): boolean {
    return ['EBUSY', 'EPERM', 'EACCES'].includes(String((error as NodeJS.ErrnoException).code));
  }

  #node(path: string): Node | undefined {
    let node: Node | undefined = this.#root;
    for (const part of path.split('/').filter((name) => name !== '')) node = node?.children.get(keyOf(part));
    return node;
  }

  #create(path: string, node: Node): Node {
    this.#check(path);
    const parent = this.#node(posix.dirname(path));
    if (parent?.kind !== 'folder') throw failure('ENOENT', path);
    node.name = posix.basename(path).replace(/[. ]+$/, '');
    parent.children.set(keyOf(node.name), node);
    this.#changed(path);
    return node;
  }

  #check(path: string): void {
    const name = posix.basename(path);
    if (path.length > MAX_PATH || DEVICE.test(name)) throw failure('ENOENT', path);
    if (FORBIDDEN.test(name)) throw failure('EINVAL', path);
  }

  #unlink(path: string): void {
    this.#node(posix.dirname(path))?.children.delete(keyOf(posix.basename(path)));
    this.#changed(path);
  }

  #changed(path: string): void {
    for (const changed of this.#watchers.get(keyOf(posix.dirname(path))) ?? []) changed();
  }
}
