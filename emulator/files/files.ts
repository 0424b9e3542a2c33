/**
 * The port between whoever exchanges files and the file system: what they need of it, and where systems differ. `nodeFiles.ts` is the real one; the
 * tests have one that behaves like Windows (docs/platforms.md, "FILE"). Nothing is followed: a link is a link (docs/failure-model.md, P29).
 *
 * Errors are those of the system, with their `code`.
 */

export type EntryKind = 'file' | 'folder' | 'link' | 'other';

export interface Entry {
  readonly name: string;
  /** `undefined` where the file system does not say it while listing. */
  readonly kind: EntryKind | undefined;
}

export interface Found {
  readonly kind: EntryKind;
  /** Bytes. */
  readonly size: number;
  /** ms since 1970, by the clock of whoever keeps the files. */
  readonly mtimeMs: number;
  /** Tells file systems of one machine apart. */
  readonly device: string;
}

/** What reading a whole file came to. `changing`: it changed while it was read, so what was read is not the file. */
export type Reading =
  | { readonly kind: 'read'; readonly bytes: Buffer; readonly size: number; readonly mtimeMs: number }
  | { readonly kind: 'gone' }
  | { readonly kind: 'changing' }
  | { readonly kind: 'notAFile'; readonly what: Exclude<EntryKind, 'file'> }
  | { readonly kind: 'tooLarge'; readonly size: number };

export interface Files {
  /** Creates a folder and the ones above it if need be. Resolves to its real path. */
  makeFolder(path: string): Promise<string>;
  /** `undefined` when it is gone. */
  look(path: string): Promise<Found | undefined>;
  list(folder: string): AsyncIterable<Entry>;
  /** A whole regular file of at most `limit` bytes. */
  read(path: string, limit: number): Promise<Reading>;
  /** Writes a new file; its content is on the device when this resolves, unless that is not wanted. EEXIST when the name is taken. */
  write(path: string, bytes: Uint8Array, synced?: boolean): Promise<void>;
  /** Replaces what has the new name. */
  rename(from: string, to: string): Promise<void>;
  /** A second name for a file. EEXIST when the name is taken. */
  link(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes an empty folder. */
  removeFolder(path: string): Promise<void>;
  /** Makes the names in a folder durable, where the system can do that (docs/failure-model.md, P11): `syncsFolders` says. */
  syncFolder(path: string): Promise<void>;
  /** False where a power cut may undo a rename of the last seconds, whatever was synced. */
  readonly syncsFolders: boolean;
  /** Calls `changed` when something in the folder may have changed, until the returned function is called. Calls may be lost. */
  watch(folder: string, changed: () => void, ended: (error: unknown) => void): () => void;
  /** True when another program holds the file for the moment, as virus scanners do: the same call may work in a while. */
  isHeld(error: unknown): boolean;
}
