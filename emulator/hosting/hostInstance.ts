/**
 * A host instance: pulls work by credit, runs it, commits it. It keeps nothing that matters: everything here may vanish at any
 * instruction, and another host instance goes on from the last commit.
 */
import type { Cancel, Clock } from '../clock.ts';
import type { HostSettings } from '../cluster/clusterFile.ts';
import { SohError } from '../errors.ts';
import { faultPoint } from '../faults/faultPoint.ts';
import { MessageBoxClient } from '../messagebox/protocol/client.ts';
import type { GrantedInstance, HostFrame, MessageBoxFrame, Service } from '../messagebox/protocol/frames.ts';
import type { Connect } from '../messagebox/protocol/link.ts';
import { BodyClient } from './bodies.ts';
import { Draining } from './draining.ts';
import { Places } from './places.ts';
import { unfitWork } from './unfitWork.ts';
import type { Announcement, Work, Workplace } from './work.ts';

export interface HostInstanceOptions {
  readonly name: string;
  readonly host: Pick<HostSettings, 'name' | 'concurrency'>;
  readonly computer: string;
  readonly services: readonly Service[];
  readonly connect: Connect;
  readonly clock: Clock;
  /** 0 <= value < 1 */
  random(): number;
  /** Makes the work for a grant. Throws when the instance cannot be restored. */
  begin(grant: GrantedInstance, workplace: Workplace): Work;
  /** Frames that are not about granted work. */
  other(frame: MessageBoxFrame): void;
  connected(on: boolean): void;
  log(line: string): void;
}

const nothing = (): void => undefined;

export class HostInstance implements Workplace {
  readonly bodies: BodyClient;
  readonly client: MessageBoxClient;
  running: string | undefined;
  readonly #options: HostInstanceOptions;
  readonly #work = new Map<string, Work>();
  readonly #places: Places;
  readonly #draining: Draining;
  #offset = 0;
  #stopHeartbeat: Cancel = nothing;
  #drained: Promise<void> | undefined;
  /** Code that waits to be told of; the first is being told. */
  #announcements: { readonly frame: Announcement; readonly told: () => void }[] = [];

  constructor(options: HostInstanceOptions) {
    this.#options = options;
    const { name, host, computer, services, connect, clock } = options;
    const say = (frame: HostFrame): void => {
      if (!this.client.connected) throw new SohError('group.connectionLost');
      this.send(frame);
    };
    this.bodies = new BodyClient(say, () => new Promise((resolve) => clock.soon(resolve)));
    this.#draining = new Draining(clock);
    this.#places = new Places({
      clock,
      concurrency: host.concurrency,
      held: () => this.#work.size,
      open: () => this.client.connected && !this.draining,
      pull: (credit) => {
        this.send({ kind: 'pull', credit });
      },
    });
    this.client = new MessageBoxClient({
      ...{ connect, clock, computer, services, hostInstance: name, host: host.name },
      random: () => options.random(),
      held: () => Array.from(this.#work.values(), ({ slot }) => slot.resume),
      frame: (frame) => {
        this.#frame(frame);
      },
      lost: () => {
        this.#lost();
      },
      turn: () => {
        this.#places.fill();
      },
      log: (line) => {
        options.log(line);
      },
    });
  }

  get draining(): boolean {
    return this.#draining.begun;
  }

  /** Instances in memory, those with something to run first. */
  get held(): string[] {
    const { waiting } = this.#places;
    const running = [...this.#work.values()].filter((work) => !waiting.has(work));
    return [...running, ...waiting].map(({ slot }) => slot.instance);
  }

  send(frame: HostFrame, left?: () => void): void {
    this.client.send(frame, left);
  }

  announce(frame: Announcement, told: () => void): void {
    if (!this.client.connected) return;
    this.#announcements.push({ frame, told });
    if (this.#announcements.length === 1) this.#announceFirst();
  }

  #announceFirst(): void {
    const [first] = this.#announcements;
    if (!first) return;
    this.send(first.frame, () => {
      // What it runs may be told of next, behind the others.
      first.told();
      if (this.#announcements[0] !== first) return;
      this.#announcements.shift();
      this.#announceFirst();
    });
  }

  log(line: string): void {
    this.#options.log(line);
  }

  /** The MessageBox's wall clock, as far as the last frame tells: whatever happens to the clock of this machine meanwhile. */
  now(): number {
    return Math.round(this.#options.clock.monotonic() + this.#offset);
  }

  after(ms: number, run: () => void): Cancel {
    return this.#options.clock.after(ms, run);
  }

  occupies(work: Work, place: boolean): void {
    if (place) this.#places.runs(work);
    else this.#places.waits(work);
  }

  leaves(work: Work): void {
    this.#drop(work.slot.instance);
  }

  /** Work that did not come by a grant: a two-way request that waits for its response. */
  adopt(work: Work): void {
    this.#work.set(work.slot.instance, work);
    this.#places.waits(work);
  }

  /** Controlled stop: resolves when everything is persisted and released, or cannot be because there is no connection. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain();
    return this.#drained;
  }

  async #drain(): Promise<void> {
    const over = this.#draining.begin(this.client.connected);
    this.send({ kind: 'drain' });
    for (const work of [...this.#work.values()]) work.drain();
    if (this.#work.size === 0) this.#draining.emptied();
    await over;
    this.send({ kind: 'bye' });
    this.#stopHeartbeat();
    await this.client.stop();
  }

  #frame(frame: MessageBoxFrame): void {
    switch (frame.kind) {
      case 'welcome':
        this.#welcomed(frame);
        return;
      case 'refused':
        this.#options.log(`refused by the MessageBox: ${frame.code} ${frame.reason}`);
        return;
      case 'grant':
        this.#setClock(frame.now);
        this.#places.granted(frame.instances.length);
        for (const grant of frame.instances) this.#begin(grant);
        return;
      case 'deliver': {
        const work = this.#work.get(frame.instance);
        if (work?.slot.lock === frame.lock) work.deliver(frame.entries);
        return;
      }
      case 'ack':
        faultPoint('hostInstance.acknowledged');
        this.#setClock(frame.now);
        if (this.#work.get(frame.instance)?.slot.acknowledged(frame.id, frame.version, frame.released)) this.#drop(frame.instance);
        return;
      case 'fenced':
        if (this.#work.get(frame.instance)?.slot.fenced(frame.id)) this.#drop(frame.instance);
        return;
      case 'rejected':
        if (this.#work.get(frame.instance)?.slot.rejected(frame.id, frame.code, frame.reason, frame.publish)) this.#drop(frame.instance);
        return;
      case 'notUnderstood':
        this.#options.log(`the MessageBox did not understand "${frame.said}": ${frame.reason}`);
        return;
      case 'operate':
        this.#work.get(frame.instance)?.operate();
        return;
      case 'bodyStored':
      case 'body':
        this.bodies.answered(frame);
        return;
      case 'receive':
      case 'submitted':
      case 'keptIds':
        this.#options.other(frame);
    }
  }

  /** A new session: what the MessageBox did not resume is not ours any more; commits without an answer are repeated. */
  #welcomed(frame: Extract<MessageBoxFrame, { kind: 'welcome' }>): void {
    this.#setClock(frame.now);
    this.#draining.connected();
    if (this.draining) this.send({ kind: 'drain' });
    const resumed = new Map(frame.resumed.map((held) => [held.instance, held]));
    for (const work of [...this.#work.values()]) {
      const held = resumed.get(work.slot.instance);
      if (!held || work.slot.resumed(held.version, held.lock)) this.#drop(work.slot.instance);
      else work.reconnected();
    }
    this.#places.forgotten();
    this.#beatEach(frame.heartbeatMs);
    this.#options.connected(true);
    this.#places.fill();
  }

  #lost(): void {
    this.#stopHeartbeat();
    this.#announcements = [];
    this.bodies.lost();
    this.#options.connected(false);
    this.#draining.disconnected();
  }

  #beatEach(period: number): void {
    const { clock } = this.#options;
    let last = clock.monotonic();
    this.#stopHeartbeat();
    this.#stopHeartbeat = clock.every(period, () => {
      const now = clock.monotonic();
      const loopLagMs = Math.max(0, Math.round(now - last - period));
      last = now;
      this.send({ kind: 'heartbeat', loopLagMs, active: this.#work.size, rssMb: Math.round(process.memoryUsage.rss() / 1024 / 1024) });
    });
  }

  #begin(grant: GrantedInstance): void {
    // Were it held under an older lock, that one would be void.
    this.#drop(grant.instance);
    let work: Work;
    try {
      work = this.#options.begin(grant, this);
    } catch (error) {
      work = unfitWork(grant, this, error);
    }
    this.#work.set(grant.instance, work);
    work.start();
  }

  #drop(instance: string): void {
    const work = this.#work.get(instance);
    if (!work) return;
    this.#work.delete(instance);
    work.slot.close();
    work.dropped();
    this.#places.left(work);
    if (this.#work.size === 0) this.#draining.emptied();
  }

  #setClock(now: number): void {
    this.#offset = now - this.#options.clock.monotonic();
  }
}
