/**
 * Guarantee: a run that is looked back at is the run that was. Whatever host instances, operators and crashes do, a MessageBox replayed from
 * the journal describes every instance, every count and every session as the real one did at that record.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, type SeededRandom } from '../../../emulator/faults/seededRandom.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import type { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import { Reports } from '../../../emulator/messagebox/view/reports.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { ReplayedMessageBox } from '../../../emulator/replay/replayedMessageBox.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { commitFrame, Core, type FakeConnection } from '../../faults/core.ts';
import { newSeed } from '../../faults/group.ts';

const RUNS = 150;
const STEPS = 60;
/** A group of three host instances that live, work and die by chance. */
class ChanceGroup {
  readonly core = new Core();
  readonly #random: SeededRandom;
  readonly #peers = new Map<string, { session: Session; connection: FakeConnection }>();
  /** What host instances had in memory when the MessageBox ended. */
  #held = new Map<string, readonly { instance: string; version: number }[]>();
  #jobs = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  step(): void {
    const { core } = this;
    core.now += 1 + this.#random.below(40);
    const peer = this.#peers.get(this.#name());
    const dice = this.#random.next();
    if (!peer || dice < 0.08) this.#connect();
    else if (dice < 0.3) this.#submit(peer.session);
    else if (dice < 0.5) core.messageBox.frame(peer.session, { kind: 'pull', credit: 1 + this.#random.below(3) });
    else if (dice < 0.8) this.#commit(peer.session);
    else if (dice < 0.86) this.#operate();
    else if (dice < 0.93) this.#close(peer.session);
    else if (dice < 0.95) this.#restart();
    else core.messageBox.fireTimers();
    core.messageBox.settle();
  }

  #name(): string {
    return `h${String(this.#random.below(3))}`;
  }

  #connect(): void {
    const name = this.#name();
    const held = this.#held.get(name) ?? [];
    this.#held.delete(name);
    this.#peers.set(name, this.core.hello(name, this.#random.chance(0.7) ? held : []));
  }

  #restart(): void {
    const memories = [...this.#peers].map(
      ([name, { session }]) => [name, [...session.held].map(({ id, version }) => ({ instance: id, version }))] as const,
    );
    this.#held = new Map(memories);
    this.#peers.clear();
    this.core.restart();
  }

  #submit(session: Session): void {
    const message = { type: 'Job', properties: this.#random.chance(0.9) ? { Job: 'x' } : {}, body: '' };
    this.core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: `r${String(++this.#jobs)}`, message });
  }

  #commit(session: Session): void {
    const [instance] = session.held;
    const grant = instance && this.core.messageBox.store.holdings.grantOf(instance);
    if (!grant) return;
    const outcome = (['running', 'running', 'completed', 'suspended', 'idle'] as const)[this.#random.below(5)] ?? 'running';
    const timers = outcome === 'idle' ? [{ id: '3.1', due: this.core.now + 50 }] : [];
    const consumed = this.#random.chance(0.5) ? instance.queue.slice(0, 1).map(({ id }) => id) : [];
    const id = `${instance.id}#${String(instance.version)}@${grant.lock}`;
    const fields = { id, instance: instance.id, lock: grant.lock, base: instance.version, outcome, timers, consumed };
    this.core.messageBox.frame(session, commitFrame({ ...fields, waits: ['3.1'], state: '{"t":[0]}' }));
  }

  #operate(): void {
    const ids = [...this.core.messageBox.store.state.instances.keys()];
    const id = ids[this.#random.below(ids.length)];
    const operation = (['suspend', 'resume', 'terminate'] as const)[this.#random.below(3)] ?? 'suspend';
    if (id !== undefined) atOnce(operate(this.core.messageBox, operation, { ids: [id] }));
  }

  #close(session: Session): void {
    if (this.#random.chance(0.3)) this.core.messageBox.frame(session, { kind: 'bye' });
    else this.core.messageBox.closed(session);
    this.#peers.delete(session.hostInstance);
  }
}

function description(messageBox: MessageBox): unknown {
  const report = new Reports(
    messageBox,
    () => 0,
    () => undefined,
  ).status();
  return {
    instances: [...messageBox.store.state.instances.values()].map((instance) => summaryOf(messageBox.store, instance)),
    services: report.services,
    // A host instance's free credit changes with its pulls, which are not in the journal.
    sessions: report.sessions
      .map(({ hostInstance, active, committed }) => `${hostInstance} ${String(active)} ${String(committed)}`)
      .filter((session) => !session.includes(' 0 '))
      .sort(),
    queueDepth: report.status.queueDepth,
    messages: report.status.messages,
    subscriptions: report.status.subscriptions,
  };
}

function compare(seed: number, change?: (record: JournalRecord) => JournalRecord): void {
  const group = new ChanceGroup(seededRandom(seed));
  const replayed = new ReplayedMessageBox({ profile: 'demo', services: [], ended: () => undefined });
  let read = 0;
  for (let step = 0; step < STEPS; step += 1) {
    group.step();
    for (const { record, sequence } of group.core.records.slice(read)) replayed.add(change?.(record) ?? record, sequence);
    read = group.core.records.length;
    assert.deepEqual(
      description(replayed.messageBox),
      description(group.core.messageBox),
      `seed ${String(seed)}, step ${String(step)}, ${String(read)} records`,
    );
  }
}

test('a replayed MessageBox describes everything as the real one did', () => {
  const first = newSeed();
  for (let run = 0; run < RUNS; run += 1) compare(first + run);
});

test('the comparison sees a grant that is missing', () => {
  const nobody = (record: JournalRecord): JournalRecord => (record.kind === 'grant' ? { ...record, instances: [] } : record);
  assert.throws(() => {
    for (let run = 0; run < 20; run += 1) compare(1 + run, nobody);
  }, assert.AssertionError);
});
