/** Whatever host instances, operators and crashes can do to a MessageBox, by chance, in this thread. */
import type { SeededRandom } from '../../emulator/faults/seededRandom.ts';
import { operate } from '../../emulator/messagebox/core/operations.ts';
import type { Session } from '../../emulator/messagebox/core/sessions.ts';
import { atOnce } from '../../emulator/slices.ts';
import { commitFrame, Core, type FakeConnection, JOB } from './core.ts';

/** A group of three host instances that live, work and die by chance. */
export class ChanceGroup {
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
    // Sometimes it was started again with another version of what it runs.
    const services = [{ ...JOB, id: this.#random.chance(0.8) ? 'Job@1' : 'Job@2' }];
    this.#peers.set(name, this.core.hello(name, this.#random.chance(0.7) ? held : [], 1, { services }));
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
