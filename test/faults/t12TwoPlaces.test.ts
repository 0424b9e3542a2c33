/**
 * Guarantee T12 where pids prove nothing: a folder that two containers share. While its owner gives signs of life nobody else gets it; when it
 * stands still another takes over; and when it wakes, it acknowledges nothing more and leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { signal } from '../../emulator/group/childProcess.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import type { MessageBoxNotice } from '../../emulator/messagebox/protocol/settings.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords, type ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { ownerFileName } from '../../emulator/wire/folderClaim.ts';
import { BUNDLES, childrenOf, clusterOf, newSeed, processState, until } from './group.ts';
import { CountingHost, TOKEN } from './messageBox.ts';
import { inNamespaces, needNamespaces } from './namespaces.ts';

const LONG_MS = 60_000;
newSeed();

/** All processes below one, itself included. */
function family(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(family)];
}

/** A MessageBox process in a PID namespace of its own, reachable over the loopback interface all share. */
class FarMessageBox {
  readonly child: ChildProcess;
  readonly log: string[] = [];
  notice: MessageBoxNotice | undefined;

  constructor(context: TestContext, unshare: readonly string[], folder: string, faults?: string) {
    const env: NodeJS.ProcessEnv = { ...process.env };
    delete env['NODE_TEST_CONTEXT'];
    if (faults !== undefined) env['SOH_FAULT'] = faults;
    // The first process of a namespace cannot be stopped from within, so a shell is the first.
    const args = [...unshare, 'sh', '-c', '"$1" "$2" & wait $!', 'sh', process.execPath, join(BUNDLES, 'messageBox.mjs')];
    this.child = spawn('unshare', args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.child.stderr?.on('data', (data: Buffer) => this.log.push(data.toString()));
    this.child.on('message', (notice: MessageBoxNotice) => {
      // That it goes on reading its folder is not yet what came of it.
      if (notice.kind !== 'opening') this.notice = notice;
    });
    this.child.send({ folder, profile: 'demo', token: TOKEN, ballastBytes: 64 * 1024 });
    context.after(() => this.kill());
  }

  get port(): number | undefined {
    return this.notice?.kind === 'listening' && !this.ended ? this.notice.port : undefined;
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** As this test sees it: the process below the shell. */
  get pid(): number {
    return family(this.child.pid ?? 0).at(-1) ?? 0;
  }

  async known(): Promise<MessageBoxNotice> {
    return until(() => this.notice, 'it listens or refuses', LONG_MS);
  }

  async kill(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.child, 'exit');
    for (const pid of family(this.child.pid ?? 0)) signal(pid, 'SIGKILL');
    await exit;
  }
}

async function recordsOf(folder: string): Promise<ReadRecord<JournalRecord>[]> {
  const records: ReadRecord<JournalRecord>[] = [];
  for await (const found of readRecords(join(folder, MESSAGE_BOX_FOLDER))) records.push(found);
  return records;
}

test(
  'a MessageBox that gives signs of life keeps its folder, whatever its pid looks like in another container',
  { timeout: 120_000 },
  async (context) => {
    const unshare = needNamespaces(context, ['pid']);
    if (unshare === undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'soh-t12-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const first = new FarMessageBox(context, unshare, folder);
    const host = new CountingHost('H@A', () => first.port, 3);
    context.after(() => host.stop());
    await first.known();
    await host.submit(['a']);
    const second = await new FarMessageBox(context, unshare, folder).known();
    assert.equal(second.kind === 'failed' && second.error.code, 'messageBox.folderInUseElsewhere');
    assert.equal(first.ended, false);
    await host.submit(['b']);
    const generations = (await recordsOf(folder)).flatMap(({ record }) => (record.kind === 'generation' ? [record.generation] : []));
    assert.deepEqual(generations, [1]);
  },
);

/** The owner stands still on its way to the disk, is taken over, and wakes. */
async function takenOverAt(context: TestContext, unshare: readonly string[], hook: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'soh-t12-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const first = new FarMessageBox(context, unshare, folder, hook);
  const taker: { second?: FarMessageBox } = {};
  const host = new CountingHost('H@A', () => taker.second?.port ?? first.port, 4);
  context.after(() => host.stop());
  const submitting = host.submit(['a', 'b', 'c', 'd']);
  await until(() => processState(first.pid) === 'T', `${hook}: it stands still`, LONG_MS);
  const acknowledged = new Map(host.acknowledged);
  const submitted = new Set(host.submitted);
  const second = new FarMessageBox(context, unshare, folder);
  taker.second = second;
  const notice = await second.known();
  assert.equal(notice.kind === 'listening' && notice.generation, 2, `${hook}: ${second.log.join('')}`);
  process.kill(first.pid, 'SIGCONT');
  await until(() => first.ended, `${hook}: the old owner ends`, LONG_MS);
  assert.equal(first.notice?.kind === 'failed' && first.notice.error.code, 'messageBox.claimLost', first.log.join(''));
  await submitting;
  await until(() => [...host.acknowledged.values()].length > 0, 'work goes on');
  await second.kill();
  // What the old owner wrote when it woke is nobody's: the next start finds a journal in order.
  const third = new FarMessageBox(context, unshare, folder);
  const again = await third.known();
  assert.equal(again.kind === 'listening' && again.generation, 3, `${hook}: ${third.log.join('')}`);
  await third.kill();
  const records = await recordsOf(folder);
  const versions = new Map<string, number>();
  for (const { record } of records) if (record.kind === 'commit') versions.set(record.instance, record.version);
  for (const [instance, version] of acknowledged) assert.ok((versions.get(instance) ?? 0) >= version, `${hook}: ${instance} lost a commit`);
  const received = records.flatMap(({ record }) => (record.kind === 'submit' ? [record.receiveId] : []));
  assert.deepEqual([...received].sort(), ['a', 'b', 'c', 'd'], `${hook}: each once`);
  for (const id of submitted) assert.ok(received.includes(id));
}

test('an owner that stood still on its way to the disk acknowledges nothing when it wakes', { timeout: 280_000 }, async (context) => {
  const unshare = needNamespaces(context, ['pid']);
  if (unshare === undefined) return;
  const hooks = ['journal.beforeWrite:9:stop', 'journal.beforeSync:9:stop', 'journal.afterSync:9:stop'];
  await Promise.all(hooks.map((hook) => takenOverAt(context, unshare, hook)));
});

/** A whole group in namespaces of its own: nothing of it can be reached from here but its folder. */
class FarGroup {
  readonly child: ChildProcess;
  readonly said: string[] = [];

  constructor(context: TestContext, unshare: readonly string[], folder: string) {
    const script = 'ip link set lo up; "$1" "$2" --data "$3/data" --cluster-file "$3/cluster.json" & wait $!';
    this.child = inNamespaces(context, unshare, script, [process.execPath, join(BUNDLES, 'supervisor.mjs'), folder]);
    for (const stream of [this.child.stdout, this.child.stderr]) stream?.on('data', (data: Buffer) => this.said.push(data.toString()));
    context.after(() => {
      this.signal('SIGKILL');
    });
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  signal(name: NodeJS.Signals): void {
    if (this.ended) return;
    for (const pid of family(this.child.pid ?? 0)) signal(pid, name);
  }
}

test(
  'two groups on one folder: the second is refused; when the first stands still it is followed, and ends when it wakes',
  { timeout: 280_000 },
  async (context) => {
    const unshare = needNamespaces(context, ['pid', 'net']);
    if (unshare === undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'soh-t12-'));
    context.after(() => rm(folder, { recursive: true, force: true }));
    await mkdir(join(folder, 'in'));
    await writeFile(join(folder, 'cluster.json'), JSON.stringify(clusterOf({ storage: { ballastMb: 1 } })));
    const ledgers = new Map<string, number>();
    const drop = async (count: number, steps: number): Promise<void> => {
      for (let number = 0; number < count; number++) {
        const id = `L${String(ledgers.size + 1)}`;
        ledgers.set(id, steps);
        await writeFile(join(folder, `${id}.new`), JSON.stringify({ ledger: id, steps, pause: 100 }));
        await rename(join(folder, `${id}.new`), join(folder, 'in', `${id}.json`));
      }
    };
    const receipts = (): string[] => {
      const names = readdirSync(folder).includes('out') ? readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.json')) : [];
      return names.map((name) => (JSON.parse(readFileSync(join(folder, 'out', name), 'utf8')) as { ledger: string }).ledger).sort();
    };
    const allDone = (): Promise<unknown> => until(() => receipts().length >= ledgers.size, 'a receipt of every ledger', LONG_MS);
    const discovery = (): string | undefined => {
      try {
        return readFileSync(join(folder, 'data', 'group.json'), 'utf8');
      } catch {
        return undefined;
      }
    };

    const first = new FarGroup(context, unshare, folder);
    const ofTheFirst = await until(discovery, 'the first group runs', LONG_MS);
    await drop(3, 2);
    await allDone();
    const refused = new FarGroup(context, unshare, folder);
    await until(() => refused.ended, 'the second group is refused', LONG_MS);
    assert.match(refused.said.join(''), /"code":"group\.elsewhere"/);
    assert.equal(discovery(), ofTheFirst, 'the first one can be found as before');
    await drop(3, 2);
    await allDone();

    await drop(12, 6);
    await until(() => receipts().length > 6, 'it is in the middle of its work', LONG_MS);
    first.signal('SIGSTOP');
    const second = new FarGroup(context, unshare, folder);
    await until(() => discovery() !== ofTheFirst, 'the second group takes over', LONG_MS);
    await drop(3, 2);
    first.signal('SIGCONT');
    await until(() => first.ended, 'the first group ends', LONG_MS);
    assert.match(first.said.join(''), /took over/);
    await allDone();
    const ofTheSecond = discovery();
    assert.ok(ofTheSecond !== undefined && ofTheSecond !== ofTheFirst, 'what ended took nothing of the other with it');
    assert.ok(readdirSync(join(folder, 'data', MESSAGE_BOX_FOLDER)).includes(ownerFileName));
    second.signal('SIGTERM');
    await until(() => second.ended, 'it stops', LONG_MS);
    assert.deepEqual(receipts(), [...ledgers.keys()].sort(), 'each once');
  },
);
