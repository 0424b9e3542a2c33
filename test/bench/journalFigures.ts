/** What the journal says about a part of a run: the figures come from what is on disk, not from counters. */
import type { CommitRecord, JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { percentile } from './statistics.ts';

export interface RunFigures {
  readonly orders: number;
  readonly commits: number;
  /** From the first submission to the last commit, in ms by the MessageBox's clock. */
  readonly ms: number;
  /** Median length of the saved states, in characters. */
  readonly stateLength: number;
}

/** The orders of one orchestration host that were submitted after record `from`. */
export async function runFigures(folder: string, from: number): Promise<RunFigures> {
  let first = Infinity;
  let last = 0;
  let orders = 0;
  let commits = 0;
  const states: number[] = [];
  for await (const { record } of readRecords(folder, { from: from + 1 })) {
    if (record.kind === 'submit') first = Math.min(first, record.at);
    if (record.kind !== 'commit' || record.hostInstance.startsWith('BenchHost')) continue;
    commits++;
    last = record.at;
    if (record.outcome === 'completed') orders++;
    if (record.state !== undefined && states.length < 1000) states.push(record.state.length);
  }
  return { orders, commits, ms: last - first, stateLength: percentile(states, 0.5) };
}

export interface Takeover {
  /** Orchestrations the victim owned. */
  readonly owned: number;
  /** From the kill to the end of the victim's session: the operating system takes the process down, then its socket closes. */
  readonly noticedMs: number;
  /** From the kill to the first and to the last of their commits by another host instance, in ms. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** How the orchestrations of a victim went on that was killed at `killedAt` (UTC ms). */
export async function takeoverFigures(folder: string, from: number, victim: string, killedAt: number): Promise<Takeover> {
  let lost: Set<string> | undefined;
  const resumed: number[] = [];
  let owned = 0;
  let noticedMs = Number.NaN;
  for await (const { record } of readRecords(folder, { from: from + 1 })) {
    if (!lost) {
      if (record.kind === 'sessionEnd' && record.hostInstance === victim) {
        lost = new Set(record.lost.map(({ instance }) => instance));
        noticedMs = record.at - killedAt;
      }
      owned = lost?.size ?? 0;
    } else if (isCommitOf(record, lost)) {
      resumed.push(record.at - killedAt);
      lost.delete(record.instance);
    }
  }
  if (lost?.size !== 0) throw new Error(`${String(lost?.size)} orchestrations of ${victim} were not resumed`);
  return { owned, noticedMs, firstMs: Math.min(...resumed), lastMs: Math.max(...resumed) };
}

function isCommitOf(record: JournalRecord, instances: ReadonlySet<string>): record is CommitRecord {
  return record.kind === 'commit' && instances.has(record.instance);
}
