/**
 * What the group has, who has announced it, and whether messages are taken in: not before everything that may subscribe to them is known, and
 * not while there is no room on the disk.
 */
import type { MessageBoxFrame, Service } from '../protocol/frames.ts';
import type { NamedService } from '../protocol/supervisorFrames.ts';
import type { Session, Sessions } from './sessions.ts';
import { enlistedAs } from './state.ts';
import type { Store } from './store.ts';

export class Enlistment {
  readonly #store: Store;
  readonly #sessions: Sessions;
  /** Services of the group file; empty until the supervisor has said. */
  named: readonly NamedService[] = [];
  /** Hosts that are up, or about to be. */
  #hosts: ReadonlySet<string> | undefined;
  /** What host instances have announced since this process began, by `enlistedAs`. */
  readonly #announced = new Set<string>();
  #receiveEnabled = false;
  #paused = false;

  constructor(store: Store, sessions: Sessions) {
    this.#store = store;
    this.#sessions = sessions;
  }

  get receiveEnabled(): boolean {
    return this.#receiveEnabled;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** There is no room on the disk, or there is again. */
  pause(on: boolean): void {
    this.#paused = on;
    if (this.#receiveEnabled) this.#offerToAll();
  }

  /**
   * What a process loaded when it began takes activations from now on, whatever was enlisted before it: a version that is there again after
   * an edit was undone, too. Who only reconnects has loaded nothing since, and somebody else may have.
   */
  enlist(services: readonly Service[], again: boolean): void {
    const { state } = this.#store;
    const news = services.filter((service) => {
      const enlisted = state.enlisted.get(enlistedAs(service));
      if (again && enlisted !== undefined && enlisted !== service.id) return false;
      return enlisted !== service.id || JSON.stringify(state.services.get(service.id)) !== JSON.stringify(service);
    });
    if (news.length > 0) this.#store.record({ kind: 'enlist', at: this.#store.now, services: news });
    for (const service of services) this.#announced.add(enlistedAs(service));
    if (this.#receiveEnabled && news.some(({ messageTypes }) => messageTypes !== undefined)) this.#offerToAll();
    else this.#checkExpected();
  }

  /** What the group file has. What is enlisted and not in it takes no activations any more. */
  supervise(named: readonly NamedService[]): void {
    this.named = named;
    const known = new Set(named.map(enlistedAs));
    const { enlisted, services } = this.#store.state;
    const gone = [...enlisted].flatMap(([name, id]) => (known.has(name) ? [] : (services.get(id) ?? [])));
    if (gone.length > 0)
      this.#store.record({ kind: 'unenlist', at: this.#store.now, services: gone.map(({ kind, name }) => ({ kind, name })) });
  }

  /**
   * Receive locations start when every orchestration and send port of these hosts was announced; before, messages would find no subscriber,
   * or a version that nobody has any more. A host that cannot start is not waited for: messages for what
   * it enlisted in an earlier start wait for it.
   */
  expect(hosts: readonly string[]): void {
    this.#hosts = new Set(hosts);
    this.#checkExpected();
  }

  #checkExpected(): void {
    const hosts = this.#hosts;
    if (this.#receiveEnabled || !hosts) return;
    const expected = this.named.filter(({ kind, host }) => kind !== 'receiveLocation' && hosts.has(host));
    if (!expected.every((service) => this.#announced.has(enlistedAs(service)))) return;
    this.#receiveEnabled = true;
    this.#offerToAll();
  }

  #offerToAll(): void {
    for (const session of this.#sessions.live.values()) this.offer(session);
  }

  /** Says whether messages are taken in, and of which types. */
  offer(session: Session): void {
    if (!this.#receiveEnabled) return;
    const { services, enlisted } = this.#store.state;
    const messageTypes: Record<string, NonNullable<Service['messageTypes']>> = {};
    for (const id of enlisted.values()) {
      const service = services.get(id);
      if (service?.messageTypes) messageTypes[service.name] = service.messageTypes;
    }
    session.connection.send({ kind: 'receive', enabled: !this.#paused, messageTypes } satisfies MessageBoxFrame);
  }
}
