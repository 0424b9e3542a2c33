/**
 * The part of a long list that the page knows: rows by their place, around what was looked at last. What is far away is forgotten, so that
 * 100,000 instances cost the page no more than a thousand.
 */
import type { InstancePage, InstanceSummary } from '../../emulator/control/instances.ts';

export interface InstanceRows {
  /** The last answer without its rows; `null` before the first one. */
  readonly answer: Omit<InstancePage, 'instances'> | null;
  readonly rows: ReadonlyMap<number, InstanceSummary>;
}

export const NO_ROWS: InstanceRows = { answer: null, rows: new Map() };

/** Rows asked for on each side of those in view, so that a turn of the wheel finds them there. */
const AROUND = 60;
/** Rows kept on each side of those last asked for. */
const KEPT = 400;
/** The most that the group gives without holding anybody up. */
const MOST = 500;

/** What to ask for when these rows are in view. */
export function questionFor(first: number, end: number): { readonly offset: number; readonly limit: number } {
  const offset = Math.max(0, first - AROUND);
  return { offset, limit: Math.min(MOST, end + AROUND - offset) };
}

/**
 * With an answer to a question for `limit` rows from `offset`. `held`: rows that are known stay where they are, and only what they say
 * goes on.
 */
export function withAnswer(known: InstanceRows, offset: number, limit: number, page: InstancePage, held: boolean): InstanceRows {
  const { instances, ...answer } = page;
  const rows = new Map<number, InstanceSummary>();
  for (const [index, row] of known.rows) {
    const near = index >= offset - KEPT && index < offset + limit + KEPT && index < page.total;
    const asked = index >= offset && index < offset + limit;
    if (near && (held || !asked)) rows.set(index, row);
  }
  const news = new Map(instances.map((instance) => [instance.id, instance]));
  for (const [index, row] of rows) rows.set(index, news.get(row.id) ?? row);
  for (const [place, instance] of instances.entries()) if (!rows.has(offset + place)) rows.set(offset + place, instance);
  return { answer, rows };
}

/** With what the feed says of instances that are known; the same object when it says nothing of them. */
export function withChanges(known: InstanceRows, changed: readonly InstanceSummary[]): InstanceRows {
  const news = new Map(changed.map((instance) => [instance.id, instance]));
  const touched = [...known.rows].filter(([, { id }]) => news.has(id));
  if (touched.length === 0) return known;
  const rows = new Map(known.rows);
  for (const [index, row] of touched) rows.set(index, news.get(row.id) ?? row);
  return { ...known, rows };
}

/** True when a row of these is missing that the list is known to have. */
export function lacks({ answer, rows }: InstanceRows, first: number, end: number): boolean {
  if (answer === null) return true;
  for (let index = first; index < Math.min(end, answer.total); index += 1) if (!rows.has(index)) return true;
  return false;
}

/** Where an instance is, if it is known. */
export function placeOf({ rows }: InstanceRows, id: string): number | undefined {
  for (const [index, row] of rows) if (row.id === id) return index;
  return undefined;
}
