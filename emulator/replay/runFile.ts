/**
 * A run in one file, `*.sohrun`: gzip of JSON lines, the first one a head, each other one a record of the journal with its number, in
 * order. The check sum of gzip covers all of it. Its version is that of the records in it. Documented in docs/run-files.md.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import { lifted } from '../format.ts';
import { recordFormat } from '../messagebox/core/recordFormat.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import type { JournalRecord, RoutedMessage } from '../messagebox/core/records.ts';
import type { ReadRecord } from '../tracking/journalReader.ts';
import type { RunReader, RunSource } from './runSource.ts';

export const RUN_EXTENSION = 'sohrun';
const FORMAT = 'scaled-out-hosts-run';
const MB = 1024 * 1024;
/** Bytes of a run when it is unpacked, and of one line of it: a file from anywhere may claim to be small. */
const LIMIT_BYTES = 512 * MB;
const LINE_LIMIT_BYTES = 64 * MB;
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
  const head = { format: FORMAT, version: recordFormat.version, exportedAt: new Date(now).toISOString(), withoutContent };
  async function* lines(): AsyncGenerator<string> {
    yield `${JSON.stringify(head)}\n`;
    // Enlisted before the first record that is there, perhaps: a run can begin in the middle of a journal.
    yield lineOf({ sequence: 0, record: { kind: 'enlist', at: 0, services: await source.services() } });
    const next = source.records();
    for (let read = await next(STRETCH); read.length > 0; read = await next(STRETCH)) {
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
 * Opens an exported run. It is unpacked anew, piece by piece, each time it is read: what it holds is never in memory as a whole.
 * @param name as errors call it
 * @throws SohError 'run.unreadable', 'run.version', 'run.tooLarge'
 */
export async function fileSource(packed: Uint8Array, name: string): Promise<RunSource> {
  let version = 0;
  let enlisted: JournalRecord | undefined;
  for await (const { number, text } of linesOf(packed, name)) {
    if (number === 1) version = versionOf(text.toString(), name);
    else if (number === 2) enlisted = parse(text, number, version, name).record;
  }
  if (version === 0) throw unreadable(name, 'it is no exported run');
  const services: readonly Service[] = enlisted?.kind === 'enlist' ? enlisted.services : [];
  return {
    name,
    foreign: true,
    services: () => Promise.resolve(services),
    records: () => readerOf(packed, version, name),
    async *find(needle) {
      const bytes = Buffer.from(needle);
      for await (const { number, text } of linesOf(packed, name)) {
        if (number > 2 && text.includes(bytes)) yield parse(text, number, version, name);
      }
    },
  };
}

function readerOf(packed: Uint8Array, version: number, name: string): RunReader {
  const lines = linesOf(packed, name);
  return async (limit) => {
    const records: ReadRecord<JournalRecord>[] = [];
    while (records.length < limit) {
      const next = await lines.next();
      if (next.done === true) break;
      const { number, text } = next.value;
      if (number > 2) records.push(parse(text, number, version, name));
    }
    return records;
  };
}

interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: Buffer;
}

/** The lines of a packed file; what is not needed yet is not unpacked. */
async function* linesOf(packed: Uint8Array, name: string): AsyncGenerator<Line> {
  const unpacked = Readable.from([packed]).pipe(createGunzip());
  let size = 0;
  let number = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  try {
    for await (const piece of unpacked as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > LIMIT_BYTES) throw tooLarge(name, `> ${String(LIMIT_BYTES / MB)} MB`);
      let start = 0;
      for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
        yield { number: ++number, text: Buffer.concat([...begun, piece.subarray(start, end)]) };
        begun = [];
        begunBytes = 0;
        start = end + 1;
      }
      begun.push(piece.subarray(start));
      begunBytes += piece.length - start;
      if (begunBytes > LINE_LIMIT_BYTES) throw tooLarge(name, `line ${String(number + 1)} > ${String(LINE_LIMIT_BYTES / MB)} MB`);
    }
  } catch (error) {
    throw error instanceof SohError ? error : unreadable(name, messageOf(error), error);
  }
  if (begunBytes > 0) yield { number: number + 1, text: Buffer.concat(begun) };
}

const headSchema = v.object({ format: v.literal(FORMAT), version: v.number() });

function versionOf(line: string, name: string): number {
  const head = v.safeParse(headSchema, jsonOf(line));
  if (!head.success) throw unreadable(name, 'it is no exported run');
  const { version } = head.output;
  if (version > recordFormat.version) throw new SohError('run.version', { file: name, found: version, known: recordFormat.version });
  if (!Number.isInteger(version) || version < 1) throw unreadable(name, `its version is ${String(version)}`);
  return version;
}

const lineSchema = v.object({ sequence: v.pipe(v.number(), v.safeInteger()), record: v.unknown() });

function parse(text: Buffer, number: number, version: number, name: string): ReadRecord<JournalRecord> {
  const entry = v.safeParse(lineSchema, jsonOf(text.toString()));
  if (!entry.success) throw unreadable(name, `line ${String(number)} is no record`);
  const { sequence, record } = entry.output;
  try {
    return { sequence, record: lifted(recordFormat, version, record, name) };
  } catch (error) {
    throw unreadable(name, `line ${String(number)}: ${messageOf(error)}`, error);
  }
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
    case 'unrouted':
      return { ...record, message: bodiless(record.message) };
    case 'operate':
    case 'suspend':
      return record.routed ? { ...record, routed: bodiless(record.routed) } : record;
    default:
      return record;
  }
}

function bodiless({ id, type, properties, to, shape }: RoutedMessage): RoutedMessage {
  return { id, type, properties, to, ...(shape === undefined ? {} : { shape }) };
}

/** Where the orchestration stands stays (`t`, engine/savedState.ts), and the format of that. */
function emptyState(state: string): string {
  const { f, t } = JSON.parse(state) as { f?: unknown; t?: unknown };
  return JSON.stringify({ f, t });
}

function tooLarge(file: string, size: string): SohError {
  return new SohError('run.tooLarge', { file, size });
}

function unreadable(file: string, reason: string, cause?: unknown): SohError {
  return new SohError('run.unreadable', { file, reason }, cause);
}
