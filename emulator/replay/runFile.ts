/**
 * A run in one file, `*.sohrun`: gzip of JSON lines, the first one a head, each other one a record of the journal with its number, in
 * order. The check sum of gzip covers all of it. Documented in docs/run-files.md.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip, gunzip } from 'node:zlib';
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { JournalRecord, RoutedMessage } from '../messagebox/core/records.ts';
import type { ReadRecord } from '../tracking/journalReader.ts';
import type { RunReader, RunSource } from './runSource.ts';

export const RUN_EXTENSION = 'sohrun';
const FORMAT = 'scaled-out-hosts-run';
const VERSION = 1;
/** Bytes of a run when it is unpacked: a file from anywhere may claim to be small. */
const LIMIT_BYTES = 512 * 1024 * 1024;
/** Records written in one piece. */
const STRETCH = 500;

export interface ExportOptions {
  readonly source: RunSource;
  readonly file: string;
  /** Leave out message bodies and the saved states of orchestrations, to give the file to somebody who must not see them. */
  readonly withoutContent: boolean;
  /** UTC ms */
  readonly now: number;
  readonly progress?: (records: number) => void;
  /** Ends it early: an AbortError is thrown, and no file is left. */
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly file: string;
  readonly records: number;
  /** UTC ms of the first and the last record. */
  readonly from: number;
  readonly to: number;
}

/**
 * Writes a run. The file has its name only when it is complete.
 * @throws SohError 'run.empty', 'run.notWritten', 'messageBox.damaged'
 */
export async function exportRun({ source, file, withoutContent, now, progress, signal }: ExportOptions): Promise<Exported> {
  const result = { file, records: 0, from: 0, to: 0 };
  const head = { format: FORMAT, version: VERSION, exportedAt: new Date(now).toISOString(), withoutContent };
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(head)}\n`;
    // Enlisted before the first record that is there, perhaps: a run can begin in the middle of a journal.
    yield lineOf({ sequence: 0, record: { kind: 'enlist', at: 0, services: await source.services() } });
    const next = source.records();
    for (let read = next(STRETCH); read.length > 0; read = next(STRETCH)) {
      if (result.records === 0) result.from = read[0]?.record.at ?? 0;
      result.records += read.length;
      result.to = read.at(-1)?.record.at ?? 0;
      yield read.map((entry) => lineOf(withoutContent ? { ...entry, record: emptied(entry.record) } : entry)).join('');
      progress?.(result.records);
    }
  }
  const unfinished = `${file}.part`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await pipeline(Readable.from(lines()), createGzip(), createWriteStream(unfinished, { mode: 0o600 }), { signal });
    if (result.records === 0) throw new SohError('run.empty');
    await rename(unfinished, file);
  } catch (error) {
    // Where it could not be made it cannot be removed either; the first error says why.
    await rm(unfinished, { force: true }).catch(() => undefined);
    if (error instanceof SohError || signal?.aborted === true) throw error;
    throw new SohError('run.notWritten', { file, reason: messageOf(error) }, error);
  }
  return result;
}

/**
 * Opens an exported run.
 * @param name as errors call it
 * @throws SohError 'run.unreadable', 'run.version', 'run.tooLarge'
 */
export async function fileSource(packed: Uint8Array, name: string): Promise<RunSource> {
  const text = await unpack(packed, name);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  checkHead(lines[0] ?? '', name);
  const entry = (index: number): ReadRecord<JournalRecord> => parse(lines[index] ?? '', index + 1, name);
  const enlisted = entry(1).record;
  const services: readonly Service[] = enlisted.kind === 'enlist' ? enlisted.services : [];
  return {
    name,
    services: () => Promise.resolve(services),
    records: () => lineReader(lines.length, entry),
    async *find(needle) {
      for (let index = 2; index < lines.length; index++) if (lines[index]?.includes(needle) === true) yield entry(index);
      return Promise.resolve();
    },
  };
}

function lineReader(end: number, entry: (index: number) => ReadRecord<JournalRecord>): RunReader {
  let place = 2;
  return (limit) => {
    const records: ReadRecord<JournalRecord>[] = [];
    while (place < end && records.length < limit) records.push(entry(place++));
    return records;
  };
}

async function unpack(packed: Uint8Array, name: string): Promise<string> {
  try {
    return (await promisify(gunzip)(packed, { maxOutputLength: LIMIT_BYTES })).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new SohError('run.tooLarge', { file: name, size: `> ${String(LIMIT_BYTES / 1024 / 1024)} MB` }, error);
    throw unreadable(name, messageOf(error), error);
  }
}

const headSchema = v.object({ format: v.literal(FORMAT), version: v.number() });

function checkHead(line: string, name: string): void {
  const head = v.safeParse(headSchema, jsonOf(line));
  if (!head.success) throw unreadable(name, 'it is no exported run');
  const { version } = head.output;
  if (version !== VERSION) throw new SohError('run.version', { file: name, found: version, known: VERSION });
}

const KINDS = [
  ...(['generation', 'enlist', 'session', 'sessionEnd', 'grant', 'submit'] as const),
  ...(['commit', 'timer', 'operate', 'suspend', 'forget', 'observed'] as const),
] satisfies readonly JournalRecord['kind'][];
const lineSchema = v.object({
  sequence: v.pipe(v.number(), v.safeInteger()),
  record: v.looseObject({ kind: v.picklist(KINDS), at: v.pipe(v.number(), v.finite()) }),
});

/** Only the frame of a record is checked: what a crafted one breaks is the look at this file, and nothing else. */
function parse(line: string, number: number, name: string): ReadRecord<JournalRecord> {
  const entry = v.safeParse(lineSchema, jsonOf(line));
  if (!entry.success) throw unreadable(name, `line ${String(number)} is no record`);
  return entry.output as unknown as ReadRecord<JournalRecord>;
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function lineOf({ sequence, record }: ReadRecord<JournalRecord>): string {
  return `${JSON.stringify({ sequence, record })}\n`;
}

/** Bodies and saved states hold the content of messages; promoted properties stay, because routing is shown with them. */
function emptied(record: JournalRecord): JournalRecord {
  switch (record.kind) {
    case 'commit': {
      const { published, state, ...rest } = record;
      return {
        ...rest,
        ...(state === undefined ? {} : { state: emptyState(state) }),
        ...(published ? { published: published.map(bodiless) } : {}),
      };
    }
    case 'submit':
      return { ...record, message: bodiless(record.message) };
    case 'operate':
      return record.routed ? { ...record, routed: bodiless(record.routed) } : record;
    default:
      return record;
  }
}

function bodiless({ id, type, properties, to, shape }: RoutedMessage): RoutedMessage {
  return { id, type, properties, to, ...(shape === undefined ? {} : { shape }) };
}

/** Where the orchestration stands stays (`t`, engine/state.ts). */
function emptyState(state: string): string {
  const { t } = JSON.parse(state) as { t?: unknown };
  return JSON.stringify({ t });
}

function unreadable(file: string, reason: string, cause?: unknown): SohError {
  return new SohError('run.unreadable', { file, reason }, cause);
}
