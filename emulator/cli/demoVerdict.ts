/** The verdict of the demonstration: the journal's story against the files that came out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sampleFolder } from '../cluster/sampleFolder.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { readRecords } from '../tracking/journalReader.ts';
import { Verdict } from '../tracking/verdict.ts';
import { orderId } from './demoOrders.ts';

/** Public: what `demo --json` prints. Times in ms, from the kill by the wall clock. */
export interface DemoVerdict {
  /** Orders that were dropped. */
  readonly orchestrations: number;
  /** Orders with exactly one completed orchestration. */
  readonly completed: number;
  /** Instances that another host instance finished or carried on. */
  readonly resumed: number;
  /** Orders without a completed orchestration. */
  readonly lost: number;
  /** Commits, publications, consumptions or orders that counted twice. */
  readonly committedTwice: number;
  readonly outputsExpected: number;
  /** Orders whose invoice is there. */
  readonly outputsFound: number;
  /** Invoices that are there more than once. */
  readonly outputsTwice: number;
  /** Kill to the first commit of a lost orchestration by another host instance; the largest over all kills. */
  readonly firstResumedMs: number | null;
  readonly allResumedMs: number | null;
  /** Kill to the moment when every lost instance had a new owner. */
  readonly allTakenOverMs: number | null;
  readonly kills: readonly {
    readonly hostInstance: string;
    readonly at: string;
    readonly owned: number;
    readonly takenOverMs: number | null;
    readonly resumed: readonly { readonly instance: string; readonly to: string; readonly version: number; readonly afterMs: number }[];
  }[];
  readonly seed: number;
  /** What counted twice, in words. */
  readonly anomalies: readonly string[];
}

export interface KillMoment {
  readonly hostInstance: string;
  /** UTC ms */
  readonly at: number;
}

export async function judgeDemo(run: {
  dataFolder: string;
  orders: number;
  seed: number;
  kills: readonly KillMoment[];
}): Promise<DemoVerdict> {
  const verdict = new Verdict((properties) => (properties['OrderId'] === undefined ? undefined : String(properties['OrderId'])));
  for await (const found of readRecords(join(run.dataFolder, MESSAGE_BOX_FOLDER))) verdict.add(found);
  const byOrder = new Map<string, number>();
  for (const [, { key = '', ended }] of verdict.of('ProcessOrder'))
    byOrder.set(key, (byOrder.get(key) ?? 0) + (ended === 'completed' ? 1 : 0));
  const ids = Array.from({ length: run.orders }, (_, index) => orderId(index + 1));
  const outputs = await countInvoices(join(sampleFolder(run.dataFolder), 'out', 'invoices'));
  const doubled = ids.filter((id) => (byOrder.get(id) ?? 0) > 1).map((id) => `order ${id} was completed twice`);
  const kills = run.kills.map((kill) => explainKill(verdict, kill));
  return {
    orchestrations: run.orders,
    completed: ids.filter((id) => byOrder.get(id) === 1).length,
    resumed: verdict.resumptions.length,
    lost: ids.filter((id) => !byOrder.get(id)).length,
    committedTwice: verdict.twice.length + doubled.length,
    outputsExpected: run.orders,
    outputsFound: ids.filter((id) => outputs.has(id)).length,
    outputsTwice: ids.filter((id) => (outputs.get(id) ?? 0) > 1).length,
    firstResumedMs: largest(kills.map(({ resumed }) => (resumed.length > 0 ? Math.min(...resumed.map(({ afterMs }) => afterMs)) : null))),
    allResumedMs: largest(kills.flatMap(({ resumed }) => resumed.map(({ afterMs }) => afterMs))),
    allTakenOverMs: largest(kills.map(({ takenOverMs }) => takenOverMs)),
    kills,
    seed: run.seed,
    anomalies: [...verdict.twice.map(({ detail }) => detail), ...doubled],
  };
}

function explainKill(verdict: Verdict, { hostInstance, at }: KillMoment): DemoVerdict['kills'][number] {
  const loss = verdict.losses.find((candidate) => candidate.hostInstance === hostInstance && candidate.at >= at - 5);
  const resumed = verdict.resumptions.filter(({ from, lostAt }) => from === hostInstance && lostAt === loss?.at);
  return {
    hostInstance,
    at: new Date(at).toISOString(),
    owned: loss?.instances.length ?? 0,
    takenOverMs: largest(
      verdict.regrants.filter(({ from, lostAt }) => from === hostInstance && lostAt === loss?.at).map(({ grantedAt }) => grantedAt - at),
    ),
    resumed: resumed.map(({ instance, to, version, resumedAt }) => ({ instance, to, version, afterMs: resumedAt - at })),
  };
}

/** Invoices by order, from the files' content. */
async function countInvoices(folder: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.xml') || name.startsWith('.')) continue;
    const id = /<Id>([^<]+)<\/Id>/.exec(await readFile(join(folder, name), 'utf8'))?.[1];
    if (id !== undefined) found.set(id, (found.get(id) ?? 0) + 1);
  }
  return found;
}

function largest(values: readonly (number | null)[]): number | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length > 0 ? Math.max(...numbers) : null;
}
