/**
 * Judges a soak from what went in, what came out, and the bytes of the journal. It has a reader of its own: a mistake of the product's reader
 * would hide what it hides.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Call, hashOf, type Input } from './soakGroup.ts';

export interface Findings {
  /** Acknowledged and never answered, or not by everything that should. */
  readonly lost: string[];
  /** Committed, consumed or answered more than once. */
  readonly twice: string[];
  /** Anything else that must not be. */
  readonly wrong: string[];
  readonly counts: Readonly<Record<string, number>>;
}

interface Line {
  readonly sequence: number;
  readonly record: Record<string, unknown> & { readonly kind: string };
}

const HEADER = /^([0-9a-f]{8}) ([0-9a-f]{8}) (\d{9}) (\d{12}) (\d{12}) $/;
const HEADER_BYTES = 54;

/** All lines of all segments in order, sealed and live. @throws when a line in the middle is not intact, or one is missing */
export function journalLines(messageBoxFolder: string): Line[] {
  const lines = new Map<number, Line>();
  for (const folder of [join(messageBoxFolder, 'history'), messageBoxFolder]) {
    for (const name of namesIn(folder).filter((each) => /journal.*\d/.test(each))) {
      for (const line of linesOf(readFileSync(join(folder, name)), join(folder, name))) lines.set(line.sequence, line);
    }
  }
  return [...lines.values()].sort((a, b) => a.sequence - b.sequence);
}

function* linesOf(bytes: Buffer, file: string): Generator<Line> {
  for (let at = 0; at < bytes.length;) {
    const header = HEADER.exec(bytes.subarray(at, at + HEADER_BYTES).toString('latin1'));
    // A process that was killed may leave half a line at the end; everything acknowledged is before it.
    if (!header) return;
    const end = at + HEADER_BYTES + Number(header[3]);
    const crc = crc32(bytes.subarray(at + 9, end));
    if (end >= bytes.length || crc !== Number.parseInt(header[1] ?? '', 16)) return;
    const record = JSON.parse(bytes.subarray(at + HEADER_BYTES, end).toString('utf8')) as Line['record'];
    if (typeof record.kind !== 'string') throw new Error(`${file} at ${String(at)}: no record`);
    yield { sequence: Number(header[4]), record };
    at = end + 1;
  }
}

export function judge(messageBoxFolder: string, outFolder: string, inputs: readonly Input[], calls: readonly Call[]): Findings {
  const found: Findings & { counts: Record<string, number> } = { lost: [], twice: [], wrong: [], counts: {} };
  const lines = journalLines(messageBoxFolder);
  judgeJournal(lines, found);
  judgeFiles(outFolder, inputs, found);
  judgeCalls(inputs, calls, found);
  Object.assign(found.counts, { inputs: inputs.length, calls: calls.length, records: lines.length });
  return found;
}

/** Each instance's commits are 1, 2, 3, …, its last one ends it; each queue entry is consumed once; nothing is missing in the sequence. */
function judgeJournal(lines: readonly Line[], found: Findings & { counts: Record<string, number> }): void {
  const versions = new Map<string, number>();
  const ended = new Set<string>();
  const consumed = new Set<string>();
  const receiveIds = new Set<string>();
  let last = 0;
  for (const { sequence, record } of lines) {
    if (sequence !== last + 1) found.wrong.push(`after record ${String(last)} comes ${String(sequence)}`);
    last = sequence;
    found.counts[record.kind] = (found.counts[record.kind] ?? 0) + 1;
    if (record.kind === 'submit') {
      const id = String(record['receiveId']);
      if (receiveIds.has(id)) found.twice.push(`${id} was taken in twice`);
      receiveIds.add(id);
    }
    if (record.kind === 'forget') for (const id of record['receiveIds'] as string[]) receiveIds.delete(id);
    if (record.kind !== 'commit') continue;
    const { instance, version, outcome } = record as unknown as { instance: string; version: number; outcome: string };
    if (ended.has(instance)) found.twice.push(`${instance} committed version ${String(version)} after its end`);
    const before = versions.get(instance) ?? 0;
    if (version !== before + 1) found.twice.push(`${instance}: version ${String(version)} after ${String(before)}`);
    versions.set(instance, version);
    if (outcome === 'completed') ended.add(instance);
    if (outcome === 'suspended') found.wrong.push(`${instance} was suspended: ${JSON.stringify(record['error'])}`);
    for (const entry of (record['consumed'] as string[] | undefined) ?? []) {
      if (consumed.has(entry)) found.twice.push(`${entry} was consumed twice`);
      consumed.add(entry);
    }
  }
  for (const instance of versions.keys()) if (!ended.has(instance)) found.lost.push(`${instance} never ended`);
  for (const id of receiveIds) if (id.startsWith('Folder/')) found.wrong.push(`the receive id ${id} was never forgotten`);
}

function judgeFiles(folder: string, inputs: readonly Input[], found: Findings): void {
  const files = new Map<string, { name: string; hash: string }[]>();
  for (const name of namesIn(folder)) {
    const text = readFileSync(join(folder, name), 'utf8');
    const { soak = name } = JSON.parse(text) as { soak?: string };
    files.set(soak, [...(files.get(soak) ?? []), { name, hash: hashOf(text) }]);
  }
  for (const input of inputs) {
    const [first, ...more] = files.get(input.id) ?? [];
    if (first === undefined) found.lost.push(`${input.id}, given by ${input.by}: no file`);
    else if (first.hash !== hashOf(receiptOf(input))) found.wrong.push(`${input.id}: another content in ${first.name}`);
    if (more.length > 0) found.twice.push(`${input.id}: ${String(more.length + 1)} files`);
    files.delete(input.id);
  }
  for (const id of files.keys()) found.wrong.push(`a file of ${id}, which nobody gave`);
}

/** A call may come more than once, but always with the same key: that is what the other side needs. */
function judgeCalls(inputs: readonly Input[], calls: readonly Call[], found: Findings & { counts: Record<string, number> }): void {
  const keys = new Map<string, Set<string>>();
  const bodies = new Map<string, Set<string>>();
  for (const { key, id, hash } of calls) {
    keys.set(id, (keys.get(id) ?? new Set()).add(key));
    bodies.set(id, (bodies.get(id) ?? new Set()).add(hash));
  }
  for (const input of inputs) {
    const given = keys.get(input.id)?.size ?? 0;
    if (given === 0) found.lost.push(`${input.id}, given by ${input.by}: no call`);
    else if (given > 1) found.twice.push(`${input.id}: ${String(given)} keys`);
    if (given > 0 && (bodies.get(input.id)?.size !== 1 || !bodies.get(input.id)?.has(hashOf(receiptOf(input)))))
      found.wrong.push(`${input.id}: another body`);
  }
  found.counts['calls repeated'] = calls.length - keys.size;
}

function receiptOf({ id, steps, pad }: Input): string {
  return JSON.stringify({ soak: id, done: steps, total: (steps * (steps + 1)) / 2, pad });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name)
      .sort();
  } catch {
    // It has not been made.
    return [];
  }
}
