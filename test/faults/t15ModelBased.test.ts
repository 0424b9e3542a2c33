/**
 * Guarantee T15 (G2, G3, G5): whatever host instances, operators, clocks and crashes do, in any order, the core's state and answers are
 * those of a reference of a hundred lines. Planted bugs of the core and of histories are noticed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { operate } from '../../emulator/messagebox/core/operations.ts';
import type { MessageBox } from '../../emulator/messagebox/core/messageBox.ts';
import type { CommitRecord, JournalRecord } from '../../emulator/messagebox/core/records.ts';
import type { Session } from '../../emulator/messagebox/core/sessions.ts';
import { profiles } from '../../emulator/cluster/profiles.ts';
import type { ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { Verdict } from '../../emulator/tracking/verdict.ts';
import { atOnce } from '../../emulator/slices.ts';
import { commitFrame, Core, type FakeConnection } from './core.ts';
import { newSeed, zombieCommits } from './group.ts';
import { coreWithout } from './mutant.ts';
import { type Outcome, Reference, type RefCommit } from './reference.ts';

const RUNS = 1200;
const seed = newSeed();
const number = fc.nat({ max: 50 });
const hostNumber = fc.nat({ max: 2 });

const action = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('submit' as const), again: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('connect' as const), host: hostNumber, resume: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), host: hostNumber }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('pull' as const), host: hostNumber, credit: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('commit' as const),
      grant: number,
      newest: fc.boolean(),
      outcome: fc.constantFrom<Outcome>('running', 'running', 'idle', 'completed', 'terminated', 'suspended'),
      leave: fc.boolean(),
      base: fc.constantFrom(0, 0, 0, 0, -1, 1),
      publish: fc.boolean(),
      repeat: fc.integer({ min: 0, max: 9 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(50, 200, 1600) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('operate' as const),
      instance: number,
      operation: fc.constantFrom('suspend' as const, 'resume' as const, 'terminate' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);
const actions = fc.array(action, { minLength: 5, maxLength: 60 });
type ActionOf<K> = Extract<typeof action extends fc.Arbitrary<infer A> ? A : never, { kind: K }>;

/** A grant or resumption as a host instance knows it; also long after it was fenced. */
interface Known {
  readonly instance: string;
  readonly peer: Peer;
  readonly lock: string;
  version: number;
  sent: RefCommit | undefined;
}

interface Peer {
  readonly session: Session;
  readonly connection: FakeConnection;
  read: number;
}

class Comparison {
  readonly core: Core;
  readonly #reference = new Reference();
  readonly #known: Known[] = [];
  readonly #peers = new Map<number, Peer>();
  #jobs = 0;

  constructor(make?: typeof MessageBox) {
    this.core = new Core(make);
  }

  play(step: ActionOf<unknown> | ActionOf<'submit' | 'connect' | 'close' | 'pull' | 'commit' | 'wait' | 'operate' | 'restart'>): void {
    // Blame is another test's matter (t17): what is lost too often would run alone.
    for (const session of this.core.messageBox.sessions.live.values()) session.excused = true;
    switch (step.kind) {
      case 'submit':
        this.#submit(step.again);
        break;
      case 'connect':
        this.#connect(step.host, step.resume);
        break;
      case 'close':
        this.#close(step.host);
        break;
      case 'pull':
        this.#pull(step.host, step.credit);
        break;
      case 'commit':
        this.#commit(step);
        break;
      case 'wait':
        this.#wait(step.ms);
        break;
      case 'operate':
        this.#operate(step);
        break;
      case 'restart':
        this.core.restart();
        this.#reference.restart();
        this.#peers.clear();
    }
    this.core.messageBox.settle();
    this.#takeGrants();
    this.#compare();
  }

  #submit(again: boolean): void {
    const peer = [...this.#peers.values()].find(({ session }) => this.#reference.sessions.has(session));
    if (!peer) return;
    if (!again || this.#jobs === 0) this.#jobs++;
    const message = { type: 'Job', properties: { Job: 'x' }, body: '' };
    this.core.messageBox.frame(peer.session, { kind: 'submit', request: 1, location: 'L', receiveId: `r${this.#jobs}`, message });
    this.#heard(peer);
    this.#adoptNew();
  }

  /** Instances the core has created; only their ids are taken from it. */
  #adoptNew(): void {
    for (const { id, queue } of this.core.messageBox.store.state.instances.values()) {
      if (!this.#reference.instances.has(id)) this.#reference.create(id, queue[0]?.id ?? '');
    }
  }

  #connect(host: number, resume: boolean): void {
    const before = this.#peers.get(host);
    if (before) this.#reference.end(before.session);
    const held = resume ? this.#known.filter(({ peer }) => peer === before) : [];
    const opened = this.core.hello(
      `h${host}`,
      held.map(({ instance, version, sent }) => ({ instance, version, ...(sent ? { pending: sent.id } : {}) })),
    );
    const peer = { ...opened, read: 0 };
    this.#peers.set(host, peer);
    this.#reference.sessions.set(peer.session, this.core.now);
    const expected = held
      .filter(({ instance, version, sent }) => this.#reference.mayResume(instance, version, sent?.id))
      .map(({ instance }) => instance);
    const resumed = opened.connection.last('welcome')?.resumed ?? [];
    assert.deepEqual(
      resumed.map(({ instance }) => instance),
      [...new Set(expected)],
    );
    for (const { instance, lock, version } of resumed) {
      this.#reference.grant(instance, peer.session, lock);
      this.#known.push({ instance, peer, lock, version, sent: undefined });
    }
  }

  #close(host: number): void {
    const peer = this.#peers.get(host);
    if (!peer) return;
    this.core.messageBox.closed(peer.session);
    this.#reference.end(peer.session);
  }

  #pull(host: number, credit: number): void {
    const peer = this.#peers.get(host);
    if (!peer || !this.#reference.sessions.has(peer.session)) return;
    this.core.messageBox.frame(peer.session, { kind: 'pull', credit });
    this.#heard(peer);
  }

  #heard({ session }: Peer): void {
    if (this.#reference.sessions.has(session)) this.#reference.sessions.set(session, this.core.now);
  }

  #commit({ grant, newest, outcome, leave, base, publish, repeat }: ActionOf<'commit'>): void {
    const known = newest ? this.#known.at(-1 - (grant % 3)) : this.#known[grant % Math.max(1, this.#known.length)];
    if (!known) return;
    const instance = this.#reference.instances.get(known.instance);
    const again = repeat === 0 ? known.sent : undefined;
    const from = Math.max(0, known.version + base);
    const ends = outcome === 'completed' || outcome === 'terminated';
    const consumed = (instance?.queue ?? []).slice(0, ends ? (leave ? 0 : undefined) : 1).map(({ id }) => id);
    const commit: RefCommit = again ?? {
      id: `${known.instance}#${from + 1}@${known.lock}`,
      session: known.peer.session,
      lock: known.lock,
      base: from,
      outcome,
      consumed,
      timer: outcome === 'idle' ? this.core.now + 100 : undefined,
    };
    const expected = this.#reference.commit(known.instance, commit);
    const { connection, session } = known.peer;
    const said = connection.frames.length;
    this.core.messageBox.frame(session, this.#frame(known.instance, commit, publish && !again));
    const answers = connection.frames
      .slice(said)
      .map(({ kind }) => kind)
      .filter((kind) => kind === 'ack' || kind === 'fenced' || kind === 'rejected');
    assert.deepEqual(answers, [expected], commit.id);
    this.#heard(known.peer);
    known.sent = commit;
    if (expected === 'ack' && commit.base === known.version) known.version++;
    this.#adoptNew();
  }

  #frame(instance: string, commit: RefCommit, publish: boolean): ReturnType<typeof commitFrame> {
    const { id, lock, base, outcome, consumed, timer } = commit;
    const published = publish ? [{ type: 'Job', properties: { Job: 'y' }, body: '', shape: 0 }] : [];
    return commitFrame({
      id,
      instance,
      lock,
      base,
      outcome,
      consumed,
      published,
      timers: timer === undefined ? [] : [{ id: 't', due: timer }],
      ...(outcome === 'idle' ? { waits: ['t'] } : {}),
    });
  }

  #wait(ms: number): void {
    // In the rhythm of the process, or it would look like a stall of the MessageBox, after which everybody gets a fresh lease.
    for (const end = this.core.now + ms; this.core.now < end;) {
      this.core.now += 50;
      this.core.messageBox.sweep();
      const { leaseMs } = profiles.demo;
      for (const [session, heard] of this.#reference.sessions) if (this.core.now - heard > leaseMs) this.#reference.end(session);
      this.#takeGrants();
      this.core.messageBox.fireTimers();
      this.#reference.fire(this.core.now);
      this.#takeGrants();
    }
  }

  #operate({ instance: chosen, operation }: ActionOf<'operate'>): void {
    const ids = [...this.#reference.instances.keys()];
    const id = ids[chosen % Math.max(1, ids.length)];
    if (id === undefined) return;
    const expected = this.#reference.operate(id, operation);
    const { done, pending } = atOnce(operate(this.core.messageBox, operation, { ids: [id] }));
    assert.equal(done.length > 0 ? 'done' : pending.length > 0 ? 'pending' : 'refused', expected, `${operation} ${id}`);
  }

  #takeGrants(): void {
    for (const peer of this.#peers.values()) {
      const { frames } = peer.connection;
      for (; peer.read < frames.length; peer.read++) {
        const frame = frames[peer.read];
        if (frame?.kind !== 'grant') continue;
        for (const { instance, lock, version, queue } of frame.instances) {
          this.#reference.grant(instance, peer.session, lock);
          const expected = this.#reference.instances.get(instance);
          assert.equal(version, expected?.version);
          assert.deepEqual(
            queue.map(({ id }) => id),
            expected?.queue.map(({ id }) => id),
          );
          this.#known.push({ instance, peer, lock, version, sent: undefined });
        }
      }
    }
  }

  #compare(): void {
    const { store, sessions } = this.core.messageBox;
    const live = [...this.#reference.instances.values()].filter(({ status }) => status !== 'ended');
    assert.deepEqual([...store.state.instances.keys()].sort(), live.map(({ id }) => id).sort());
    for (const { id, version, status, queue, lock, operation } of live) {
      const real = store.state.instances.get(id);
      const seen = {
        version: real?.version,
        status: real?.status,
        queue: real?.queue.map((entry) => entry.id),
        lock: real && store.holdings.grantOf(real)?.lock,
        operation: real?.operation ?? undefined,
      };
      assert.deepEqual(seen, { version, status, queue: queue.map((entry) => entry.id), lock, operation }, id);
    }
    assert.deepEqual(new Set(sessions.live.values()), new Set(this.#reference.sessions.keys()));
    for (const { held } of sessions.live.values())
      for (const instance of held) assert.equal(store.state.instances.get(instance.id), instance, 'a session holds what is gone');
    const roomy = [...sessions.live.values()].some(({ credit }) => credit > 0);
    if (roomy)
      assert.ok(
        live.every(({ status, lock }) => status !== 'ready' || lock !== undefined),
        'work waits although there is room',
      );
  }
}

function run(steps: typeof actions extends fc.Arbitrary<infer A> ? A : never, make?: typeof MessageBox): Core {
  const comparison = new Comparison(make);
  // Somebody has to be there to hand anything in.
  comparison.play({ kind: 'connect', host: 0, resume: false });
  for (const step of steps) comparison.play(step);
  return comparison.core;
}

test('the core is the reference', () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const { records } = run(steps);
      assert.deepEqual(anomalies(records), []);
    }),
    { seed, numRuns: RUNS },
  );
});

test('no instance is forgotten, whoever is to blame', () => {
  const what = fc.record({
    kind: fc.constantFrom('submit', 'connect', 'resume', 'close', 'pull', 'pull', 'commit', 'commit'),
    host: hostNumber,
    which: number,
  });
  const chaos = fc.property(fc.array(what, { maxLength: 80 }), (steps) => {
    const core = new Core();
    const peers = new Map<number, ReturnType<Core['hello']>>();
    const held = new Map<number, { instance: string; lock: string; version: number }[]>();
    let jobs = 0;
    const connect = (host: number, resume: boolean): void => {
      const before = resume ? (held.get(host) ?? []) : [];
      const opened = core.hello(`h${host}`, before);
      peers.set(host, opened);
      held.set(host, [...(opened.connection.last('welcome')?.resumed ?? [])]);
    };
    /** Takes what was granted, and commits one of it. */
    const commit = (host: number, which: number, outcome: Outcome): boolean => {
      const peer = peers.get(host);
      const mine = held.get(host) ?? [];
      if (!peer) return false;
      for (const frame of peer.connection.frames.splice(0)) if (frame.kind === 'grant') mine.push(...frame.instances);
      const [chosen] = mine.splice(which % Math.max(1, mine.length), 1);
      if (!chosen) return false;
      const { instance, lock, version: base } = chosen;
      const consumed =
        outcome === 'completed' ? (core.messageBox.store.state.instances.get(instance)?.queue ?? []).map(({ id }) => id) : [];
      core.messageBox.frame(peer.session, commitFrame({ id: `${instance}#${base + 1}@${lock}`, instance, lock, base, outcome, consumed }));
      if (outcome === 'running') mine.push({ instance, lock, version: base + 1 });
      return true;
    };
    connect(0, false);
    for (const { kind, host, which } of steps) {
      const peer = peers.get(host);
      if (kind === 'connect' || kind === 'resume') connect(host, kind === 'resume');
      else if (kind === 'close' && peer) core.messageBox.closed(peer.session);
      else if (kind === 'pull' && peer && core.messageBox.sessions.live.has(peer.session.id))
        core.messageBox.frame(peer.session, { kind: 'pull', credit: 2 });
      else if (kind === 'commit') commit(host, which, 'running');
      else if (kind === 'submit') {
        const message = { type: 'Job', properties: { Job: 'x' }, body: '' };
        const live = [...peers.values()].find(({ session }) => core.messageBox.sessions.live.has(session.id));
        if (live) core.messageBox.frame(live.session, { kind: 'submit', request: 1, location: 'L', receiveId: `r${++jobs}`, message });
      }
      core.messageBox.settle();
    }
    // From here all goes well: one host instance with room, that resumes nothing and completes all it is given.
    for (const { session } of peers.values()) core.messageBox.closed(session);
    connect(9, false);
    const last = peers.get(9);
    for (let more = true; more;) {
      if (last) core.messageBox.frame(last.session, { kind: 'pull', credit: 1 });
      core.messageBox.settle();
      more = commit(9, 0, 'completed');
    }
    // What has ended too many host instances is suspended when its case is closed, for which nobody saw the end of a process here.
    core.now += 60_000;
    core.messageBox.sweep();
    const left = [...core.messageBox.store.state.instances.values()].filter(({ status }) => status !== 'suspended');
    assert.deepEqual(
      left.map(({ id, status, attempt }) => ({ id, status, attempt })),
      [],
    );
  });
  fc.assert(chaos, { seed, numRuns: RUNS });
});

for (const check of ['lock', 'version', 'repeat'] as const) {
  test(`a core without the check of the ${check} is noticed`, async () => {
    const mutant = await coreWithout(check);
    const { failed } = fc.check(
      fc.property(actions, (steps) => void run(steps, mutant)),
      { seed, numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(failed);
  });
}

function anomalies(records: readonly ReadRecord<JournalRecord>[]): string[] {
  const verdict = new Verdict(({ Job }) => (Job === undefined ? undefined : String(Job)));
  for (const record of records) verdict.add(record);
  return [...verdict.twice.map(({ detail }) => detail), ...zombieCommits(records)];
}

/** Submit, three commits of which one publishes, an end; a takeover in between. */
function cleanHistory(): JournalRecord[] {
  const steps: Parameters<typeof run>[0] = [];
  const commit = (outcome: Outcome, publish: boolean) => ({
    kind: 'commit' as const,
    grant: 0,
    newest: true,
    outcome,
    leave: false,
    base: 0 as const,
    publish,
    repeat: 5,
  });
  steps.push({ kind: 'submit', again: false }, { kind: 'pull', host: 0, credit: 1 }, commit('running', true), {
    kind: 'connect',
    host: 1,
    resume: false,
  });
  steps.push({ kind: 'close', host: 0 }, { kind: 'pull', host: 1, credit: 1 }, commit('running', false), commit('completed', false));
  return run(steps).records.map(({ record }) => record);
}

test('each planted anomaly of a history is noticed', () => {
  const clean = cleanHistory();
  const numbered = (records: readonly JournalRecord[]): ReadRecord<JournalRecord>[] =>
    records.map((record, index) => ({ sequence: index + 1, record }));
  assert.deepEqual(anomalies(numbered(clean)), []);
  const commits = clean.flatMap((record, index) => (record.kind === 'commit' ? [{ record, index }] : []));
  const [first, second, last] = commits;
  assert.ok(first && second && last && first.record.published?.[0] && commits.length === 3);
  const submit = clean.findIndex(({ kind }) => kind === 'submit');
  const end = clean.findIndex(({ kind }) => kind === 'sessionEnd');
  const changed = (index: number, change: Partial<CommitRecord>): JournalRecord[] =>
    clean.with(index, { ...(clean[index] as CommitRecord), ...change });
  const planted: Record<string, JournalRecord[]> = {
    'a submission twice': clean.toSpliced(submit + 1, 0, ...clean.slice(submit, submit + 1)),
    'a commit twice': clean.toSpliced(first.index + 1, 0, first.record),
    'a lost commit': clean.toSpliced(second.index, 1),
    'a version skipped': changed(second.index, { version: 5 }),
    'a version again': changed(second.index, { version: 1 }),
    'a commit after the end': [...clean, { ...last.record, version: last.record.version + 1 }],
    'an entry consumed twice': changed(last.index, { consumed: first.record.consumed ?? [] }),
    'an entry that never was': changed(last.index, { consumed: ['nothing'] }),
    "another instance's entry": changed(last.index, { consumed: first.record.published[0].to.map(({ entry }) => entry) }),
    'a message published twice': changed(last.index, { published: first.record.published }),
    'a commit of a zombie': clean.toSpliced(end + 1, 0, { ...second.record, hostInstance: 'h0' }).toSpliced(second.index + 1, 1),
  };
  for (const [what, records] of Object.entries(planted)) assert.ok(anomalies(numbered(records)).length > 0, what);
  const verdict = new Verdict(({ Job }) => String(Job));
  for (const record of numbered(clean.toSpliced(last.index, 1))) verdict.add(record);
  assert.ok(
    [...verdict.instances.values()].every(({ ended }) => ended === undefined),
    'a lost end leaves the instance unfinished',
  );
});
