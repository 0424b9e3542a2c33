/** A real group for a fault test: supervisor in this process, everything else in processes of their own, judged by the journal alone. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { nodeClock } from '../../emulator/clock.ts';
import type { GroupStatus, HostInstanceStatus } from '../../emulator/control/status.ts';
import { signal } from '../../emulator/group/childProcess.ts';
import { ControlClient } from '../../emulator/control/client.ts';
import { startSupervisor, type Supervisor } from '../../emulator/group/supervisor.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords, type ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { Verdict } from '../../emulator/tracking/verdict.ts';

/** Bundles with fault points: `scripts/build.ts --test`, made once by `npm test`. */
export const BUNDLES = fileURLToPath(new URL('../../out/test-dist/', import.meta.url));
const LEDGER = fileURLToPath(new URL('../fixtures/ledger/ledger.ts', import.meta.url));
const POISON = fileURLToPath(new URL('../fixtures/ledger/poison.ts', import.meta.url));
const OWN_MODULE = 'own.ts';
/** Nobody may wait longer for anything, in ms. */
const DEADLINE_MS = 20_000;
const LOOK_MS = 20;

/** The seed of this run; SEED in the environment repeats one. */
export function newSeed(): number {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));
  console.log(`seed ${seed}`);
  return seed;
}

/** Waits until `condition` gives something. @throws when it does not in time */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  ms = DEADLINE_MS,
): Promise<T> {
  for (const end = performance.now() + ms; ;) {
    const found = await condition();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`after ${ms} ms still not: ${what}`);
    await pause(LOOK_MS);
  }
}

export interface GroupOptions {
  /** Computers with a processing host instance; default A and B. */
  readonly computers?: readonly string[];
  readonly orchestrations?: readonly string[];
  readonly sendPorts?: readonly object[];
  readonly receiveLocations?: readonly object[];
  /** Where the data goes; default: beside the group file. */
  readonly dataFolder?: string;
  /** `storage` of the group file. */
  readonly storage?: object;
  /** Settings of the processing host. */
  readonly processing?: object;
  /** Text of a module in place of the fixtures; then the start waits for nobody. */
  readonly module?: string;
  /** Members of the group file instead of those of the ledger. */
  readonly cluster?: object;
  /** Files in the folder of the group file. */
  readonly files?: Readonly<Record<string, string>>;
  /** Host instances that are not waited for: they cannot run. */
  readonly down?: readonly string[];
  /** SOH_FAULT of every process that starts until `group.fault(undefined)`. */
  readonly fault?: string;
}

const LEDGER_SEND_PORT = {
  name: 'Receipts',
  host: 'SendingHost',
  transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json', retryCount: 3, retryIntervalMs: 500 },
};

/** The group file of such a group. */
export function clusterOf(options: GroupOptions): object {
  const computers = options.computers ?? ['A', 'B'];
  return {
    name: 'Fault test',
    profile: 'demo',
    ...(options.storage ? { storage: options.storage } : {}),
    computers: [...new Set(['A', ...computers])],
    hosts: [
      { name: 'ReceivingHost', instances: ['A'] },
      { name: 'ProcessingHost', instances: computers, ...options.processing },
      { name: 'SendingHost', instances: ['A'] },
    ],
    messageTypes: {
      LedgerOrder: { format: 'json', promoted: { LedgerId: { path: '/ledger' } }, members: ['ledger', 'steps'] },
      Poison: { format: 'json', promoted: { Way: { path: '/way' } }, members: ['way'] },
      LatePoison: { format: 'json', promoted: { Way: { path: '/late' } }, members: ['late'] },
      Wait: { format: 'json', promoted: { WaitId: { path: '/wait' } }, members: ['wait'] },
      Signal: { format: 'json', promoted: { WaitId: { path: '/signal' } }, members: ['signal'] },
      Question: { format: 'json', promoted: { QuestionId: { path: '/question' } }, members: ['question'] },
      Big: { format: 'json', promoted: {}, members: ['big'] },
    },
    orchestrations: (options.orchestrations ?? ['Ledger']).map((name) => ({
      name,
      module: options.module === undefined ? (name.endsWith('oisoned') ? POISON : LEDGER) : OWN_MODULE,
      host: 'ProcessingHost',
      bindings: bindingsOf(name),
    })),
    receiveLocations: [
      { name: 'Folder', host: 'ReceivingHost', transport: { adapter: 'FILE', folder: 'in', mask: '*.json', pollingMs: 100 } },
      ...(options.receiveLocations ?? []),
    ],
    sendPorts: [LEDGER_SEND_PORT, ...(options.sendPorts ?? [])],
    ...options.cluster,
  };
}

function bindingsOf(orchestration: string): object {
  if (orchestration === 'Ledger') return { Receipts: { sendPort: 'Receipts' } };
  if (orchestration === 'Echo' || orchestration === 'LaterPoisoned') return { Out: { sendPort: 'Receipts' } };
  return {};
}

/** What the journal and the receipts say about the ledgers that were dropped. */
export interface Judgement {
  readonly records: readonly ReadRecord<JournalRecord>[];
  readonly verdict: Verdict;
  readonly lost: readonly string[];
  readonly problems: readonly string[];
}

export class TestGroup {
  readonly folder: string;
  readonly dataFolder: string;
  readonly options: GroupOptions;
  readonly log: string[] = [];
  readonly ledgers = new Map<string, { readonly steps: number }>();
  #supervisor: Supervisor | undefined;
  #client: ControlClient | undefined;

  private constructor(folder: string, options: GroupOptions) {
    this.folder = folder;
    this.dataFolder = options.dataFolder ?? join(folder, 'data');
    this.options = options;
  }

  static async start(options: GroupOptions = {}): Promise<TestGroup> {
    const folder = await mkdtemp(join(tmpdir(), 'soh-faults-'));
    const group = new TestGroup(folder, options);
    await group.write(options);
    await mkdir(join(folder, 'in'), { recursive: true });
    fault(options.fault);
    await group.up();
    return group;
  }

  /** The group file and what lies beside it, the first time or again. */
  async write(options: Pick<GroupOptions, 'cluster' | 'files'>): Promise<void> {
    await writeFile(this.clusterPath, JSON.stringify(clusterOf({ ...this.options, ...options })));
    if (this.options.module !== undefined) await writeFile(join(this.folder, OWN_MODULE), this.options.module);
    for (const [name, text] of Object.entries(options.files ?? {})) await writeFile(join(this.folder, name), text);
  }

  get clusterPath(): string {
    return join(this.folder, 'cluster.json');
  }

  get client(): ControlClient {
    assert.ok(this.#client, 'the group is down');
    return this.#client;
  }

  get status(): GroupStatus {
    assert.ok(this.#supervisor, 'the group is down');
    return this.#supervisor.status();
  }

  /** Starts the supervisor, the first time or again. */
  async up(): Promise<void> {
    this.#supervisor = await startSupervisor({
      clusterFile: this.clusterPath,
      dataFolder: this.dataFolder,
      log: (line) => void this.log.push(line),
      bundles: BUNDLES,
      clock: nodeClock,
    });
    this.#client = await ControlClient.connect(this.dataFolder, nodeClock);
    if (this.options.module === undefined) await this.running();
  }

  async running(): Promise<void> {
    await until(
      () =>
        this.status.hostInstances.every(
          ({ name, state, leaseAgeMs }) => this.options.down?.includes(name) === true || (state === 'running' && leaseAgeMs !== null),
        ),
      'all host instances run',
    );
  }

  /** Controlled stop of the whole group. */
  async down(): Promise<void> {
    await this.#client?.close();
    await this.#supervisor?.stop();
    this.#supervisor = undefined;
  }

  instance(name: string): HostInstanceStatus {
    const found = this.status.hostInstances.find((candidate) => candidate.name === name);
    assert.ok(found, name);
    return found;
  }

  get processing(): HostInstanceStatus[] {
    return this.status.hostInstances.filter(({ host }) => host === 'ProcessingHost');
  }

  /** A file arrives in the receive folder in one step. */
  async drop(name: string, content: string): Promise<void> {
    const temporary = join(this.folder, 'in', `.${name}`);
    await writeFile(temporary, content);
    await rename(temporary, join(this.folder, 'in', name));
  }

  async dropLedgers(count: number, ledger: { steps: number; pause: number }): Promise<void> {
    for (let number = 0; number < count; number++) {
      const id = `L${String(this.ledgers.size + 1).padStart(5, '0')}`;
      this.ledgers.set(id, { steps: ledger.steps });
      await this.drop(`${id}.json`, JSON.stringify({ ledger: id, ...ledger }));
    }
  }

  completed(orchestration = 'Ledger'): number {
    return this.status.services.find(({ name }) => name === orchestration)?.counts.Completed ?? 0;
  }

  /** Waits on the state of the group; a failure says what the group was doing. */
  async until<T>(condition: () => T | undefined | false | Promise<T | undefined | false>, what: string, ms?: number): Promise<T> {
    try {
      return await until(condition, what, ms);
    } catch (error) {
      const { counts } = this.status.messageBox;
      const hosts = this.status.hostInstances.map(
        ({ name, state, active, credit }) => `${name} ${state} ${active} active ${credit} credit`,
      );
      const live = await this.client.call('instances', { limit: 4 });
      const parts = [
        `${this.completed()} of ${this.ledgers.size} ledgers`,
        JSON.stringify(counts),
        ...hosts,
        JSON.stringify(live),
        ...this.log.slice(-8),
      ];
      throw new Error(`${what}\n${parts.join('\n')}`, { cause: error });
    }
  }

  /** Every dropped ledger has ended and its receipt is written. */
  async allDone(ms?: number): Promise<void> {
    await this.until(() => this.completed() >= this.ledgers.size && this.quiet, 'all ledgers are done', ms);
  }

  get quiet(): boolean {
    const { counts } = this.status.messageBox;
    return counts['Ready to run'] + counts.Active + counts.Dehydrated + counts.Scheduled === 0;
  }

  async judge(): Promise<Judgement> {
    const records: ReadRecord<JournalRecord>[] = [];
    for await (const found of readRecords(join(this.dataFolder, MESSAGE_BOX_FOLDER))) records.push(found);
    const verdict = new Verdict((properties) => (properties['LedgerId'] === undefined ? undefined : String(properties['LedgerId'])));
    for (const record of records) verdict.add(record);
    const ends = new Map<string, number>();
    for (const [, { key = '', ended }] of verdict.of('Ledger')) ends.set(key, (ends.get(key) ?? 0) + (ended === 'completed' ? 1 : 0));
    const receipts = await this.#receipts();
    const problems = [...verdict.twice.map(({ detail }) => detail), ...zombieCommits(records)];
    for (const [id, { steps }] of this.ledgers) {
      if ((ends.get(id) ?? 0) > 1) problems.push(`${id} was completed twice`);
      const found = receipts.get(id) ?? [];
      const right = JSON.stringify({ ledger: id, done: steps, total: (steps * (steps + 1)) / 2 });
      if (found.length !== 1 || found[0] !== right) problems.push(`${id}: receipts ${JSON.stringify(found)}, not one ${right}`);
    }
    return { records, verdict, lost: [...this.ledgers.keys()].filter((id) => !ends.get(id)), problems };
  }

  /** Nothing lost, nothing twice, every receipt right; the group is stopped and its folder removed. */
  async clean(): Promise<Judgement> {
    await this.down();
    const judgement = await this.judge();
    assert.deepEqual(judgement.lost, []);
    assert.deepEqual(judgement.problems, []);
    await this.remove();
    return judgement;
  }

  /** Ends whatever is left of the group; for the end of a test, also of a failed one. */
  async remove(): Promise<void> {
    fault(undefined);
    if (this.#supervisor) for (const { pid } of this.status.hostInstances) if (pid !== null) signal(pid, 'SIGCONT');
    await this.down();
    if (process.env['KEEP'] === undefined) await rm(this.folder, { recursive: true, force: true });
  }

  async #receipts(): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const folder = join(this.folder, 'out');
    if (!existsSync(folder)) return found;
    for (const name of await readdir(folder)) {
      if (name.startsWith('.') || !name.endsWith('.json')) continue;
      const text = await readFile(join(folder, name), 'utf8');
      const { ledger = '' } = JSON.parse(text) as { ledger?: string };
      found.set(ledger, [...(found.get(ledger) ?? []), text]);
    }
    return found;
  }
}

/** Processes started from now on have these fault points; children see the environment of their parent. */
export function fault(text: string | undefined): void {
  if (text === undefined) delete process.env['SOH_FAULT'];
  else process.env['SOH_FAULT'] = text;
}

/** Commits of a host instance while it had no session: none may ever be accepted (G4). */
export function zombieCommits(records: readonly ReadRecord<JournalRecord>[]): string[] {
  const live = new Set<string>();
  const found: string[] = [];
  for (const { sequence, record } of records) {
    if (record.kind === 'session') live.add(record.hostInstance);
    else if (record.kind === 'sessionEnd') live.delete(record.hostInstance);
    else if (record.kind === 'commit' && !live.has(record.hostInstance))
      found.push(`record ${sequence}: ${record.id} of ${record.hostInstance} after its session had ended`);
  }
  return found;
}

/** State letter of a process ('T' = stopped), undefined when it is gone. Linux only. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return undefined;
  }
}

/** Live processes whose command line names this folder or which were started from the fault-point bundles by `parent`. Linux only. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1] ?? '';
        return Number(stat.split(' ')[1]) === parent;
      } catch {
        return false;
      }
    });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}
