/**
 * Guarantee T13 (G4, G5, G6): in no order of events does a fenced host instance commit, a commit count twice or an update get lost, and
 * completion stays reachable. The checks that prevent it are needed: without them the model shows how. The real core answers every step
 * of random traces as the model does.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../emulator/faults/seededRandom.ts';
import type { CommitFrame } from '../../emulator/messagebox/protocol/frames.ts';
import { commitFrame, Core, type FakeConnection } from './core.ts';
import { newSeed } from './group.ts';
import { type Action, explore, type Model, type Pending, SCOPE, type Scope, start, steps } from './leaseModel.ts';
import type { Session } from '../../emulator/messagebox/core/sessions.ts';

const SOUND: readonly Partial<Scope>[] = [
  { kills: 1, expiries: 1, repeats: 1 },
  { kills: 1, expiries: 1, crashes: 1 },
  { expiries: 2 },
  { crashes: 2, expiries: 1 },
  { commits: 3, kills: 1, expiries: 1 },
];
for (const scope of SOUND) {
  test(`no violation with ${JSON.stringify(scope)}`, () => {
    const { states, stuck, violations } = explore({ ...SCOPE, ...scope });
    console.log(`${states} states`);
    assert.deepEqual([...violations], []);
    assert.equal(stuck, 0);
  });
}

const MUTANTS: readonly [Partial<Scope>, string][] = [
  [{ expiries: 1, lock: false }, 'zombie commit'],
  [{ expiries: 1, lock: false, version: false }, 'lost update'],
  [{ repeats: 1, repeat: false, version: false }, 'duplicate commit'],
];
for (const [scope, wanted] of MUTANTS) {
  test(`mutant ${JSON.stringify(scope)} is caught: ${wanted}`, () => {
    const { violations } = explore({ ...SCOPE, ...scope });
    assert.ok(violations.has(wanted), [...violations.keys()].join());
  });
}

const TRACES = 1500;
const STEPS = 60;
const WIDE: Scope = { ...SCOPE, commits: 4, kills: 3, crashes: 2, expiries: 3, repeats: 3 };

test('the real core answers as the model does', () => {
  const seed = newSeed();
  const counts = { ack: 0, refused: 0, resumed: 0, nothing: 0 };
  for (let trace = 0; trace < TRACES; trace++) {
    const random = seededRandom(seed + trace);
    const real = new RealCore();
    let model = start(WIDE);
    const way: string[] = [];
    for (let step = 0; step < STEPS; step++) {
      const possible = steps(model, WIDE);
      const chosen = possible[random.below(possible.length)];
      if (!chosen) break;
      way.push(`${chosen.action.kind}${chosen.action.host}`);
      const answer = real.play(chosen.action, model, chosen.next);
      if (chosen.answer) counts[chosen.answer]++;
      assert.equal(answer, chosen.answer, `seed ${seed + trace}: ${way.join(' ')}`);
      assert.equal(real.version, chosen.next.log.length, `seed ${seed + trace}: ${way.join(' ')}`);
      model = chosen.next;
    }
  }
  console.log(JSON.stringify(counts));
  for (const [what, count] of Object.entries(counts)) assert.ok(count > 100, `${what}: only ${count}`);
});

test('a core without a check does not', () => {
  for (const check of ['lock', 'version', 'repeat'] as const) {
    const scope = { ...WIDE, [check]: false };
    // The mutant model and the sound core must part somewhere, or the comparison would see nothing.
    const parted = Array.from({ length: 1500 }, (_, seed) => seed).some((seed) => {
      const random = seededRandom(seed);
      const real = new RealCore();
      let model = start(scope);
      for (let step = 0; step < STEPS; step++) {
        const possible = steps(model, scope);
        const chosen = possible[random.below(possible.length)];
        if (!chosen) return false;
        if (real.play(chosen.action, model, chosen.next) !== chosen.answer) return true;
        model = chosen.next;
      }
      return false;
    });
    assert.equal(parted, check !== 'version', `without ${check}`);
  }
});

/** Plays the model's actions on the product's core; the model's numbers stand for its sessions and locks. */
class RealCore {
  readonly #core = new Core();
  readonly #instance: string;
  readonly #sessions = new Map<number, { session: Session; connection: FakeConnection }>();
  readonly #locks = new Map<number, string>();

  constructor() {
    const { session } = this.#core.hello('other');
    this.#core.messageBox.frame(session, {
      kind: 'submit',
      request: 1,
      location: 'L',
      receiveId: 'r',
      message: { type: 'Job', properties: { Job: '1' }, body: '' },
    });
    const [instance] = this.#core.messageBox.store.state.instances.keys();
    this.#instance = instance ?? '';
    this.#core.messageBox.frame(session, { kind: 'bye' });
  }

  get version(): number {
    return this.#core.messageBox.store.state.instances.get(this.#instance)?.version ?? -1;
  }

  play({ kind, host }: Action, before: Model, after: Model): 'ack' | 'refused' | 'resumed' | 'nothing' | undefined {
    const { ownership } = this.#core.messageBox;
    // Nobody is to blame here, or what is lost too often would run alone.
    for (const session of this.#core.messageBox.sessions.live.values()) session.excused = true;
    const live = this.#sessions.get(before.live[host] ?? 0);
    switch (kind) {
      case 'connect':
        return this.#connect(host, before, after);
      case 'grant':
        if (live) this.#core.messageBox.frame(live.session, { kind: 'pull', credit: 1 });
        this.#core.messageBox.settle();
        this.#locks.set(after.lock, live?.connection.last('grant')?.instances[0]?.lock ?? 'none');
        return undefined;
      case 'commit':
        return this.#commit(before.toServer[host]?.[0]);
      case 'expire':
        if (live) ownership.end(live.session, 'lease expired');
        return undefined;
      case 'close':
        if (live) this.#core.messageBox.closed(live.session);
        return undefined;
      case 'crash':
        return undefined;
      case 'restart':
        this.#core.restart();
        return undefined;
      case 'receive':
      case 'execute':
      case 'repeat':
      case 'lose':
      case 'kill':
      case 'respawn':
        return undefined;
    }
  }

  #connect(host: number, before: Model, after: Model): 'resumed' | 'nothing' {
    const me = before.hosts[host];
    const holds =
      me && me.lock !== null ? [{ instance: this.#instance, version: me.version, ...(me.pending ? { pending: me.pending.id } : {}) }] : [];
    const opened = this.#core.hello(`h${host}`, holds);
    this.#sessions.set(after.live[host] ?? 0, opened);
    const lock = opened.connection.last('welcome')?.resumed[0]?.lock;
    if (lock === undefined) return 'nothing';
    this.#locks.set(after.lock, lock);
    return 'resumed';
  }

  #commit(pending: Pending | undefined): 'ack' | 'refused' {
    const sender = this.#sessions.get(pending?.session ?? 0);
    if (!pending || !sender) throw new Error('the model sends without a session');
    const frame: CommitFrame = commitFrame({
      id: pending.id,
      instance: this.#instance,
      lock: this.#locks.get(pending.lock) ?? 'none',
      base: pending.base,
    });
    const said = sender.connection.frames.length;
    this.#core.messageBox.frame(sender.session, frame);
    return sender.connection.frames.slice(said).some((reply) => reply.kind === 'ack') ? 'ack' : 'refused';
  }
}
