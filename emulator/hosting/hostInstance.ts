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
import { unfitWork } from './unfitWork.ts';
import type { Announcement, Work, Workplace } from './work.ts';

export interface HostInstanceOptions {
  readonly name: string;
  readonly host: HostSettings;
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

/** Waiting instances in memory; beyond it no new work is pulled until some leave. */
const MAX_IN_MEMORY = 10_000;
/** How long a controlled stop waits for a connection to persist with, ms; a MessageBox that is being restarted is back by then. */
const DRAIN_WITHOUT_CONNECTION_MS = 5000;

const nothing = (): void => undefined;

export class HostInstance implements Workplace {
  readonly bodies: BodyClient;
  readonly client: MessageBoxClient;
  running: string | undefined;
  readonly #options: HostInstanceOptions;
  readonly #work = new Map<string, Work>();
  /** Work that waits in memory: its place may go to other work. */
  readonly #waiting = new Set<Work>();
  /** Credit given and not used. */
  #outstanding = 0;
  #offset = 0;
  #stopHeartbeat: Cancel = nothing;
  #draining = false;
  #drained: Promise<void> = Promise.resolve();
  /** Ends the wait of a controlled stop. */
  #emptied = nothing;
  #giveUpDrain: Cancel = nothing;
  #refilling = false;
  /** Code that waits to be told of; the first is being told. */
  #announcements: { readonly frame: Announcement; readonly told: () => void }[] = [];

  constructor(options: HostInstanceOptions) {
    this.#options = options;
    this.bodies = new BodyClient((frame) => {
      if (!this.client.connected) throw new SohError('group.connectionLost');
      this.send(frame);
    });
    const { name, host, computer, services, connect, clock } = options;
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
        this.#refill();
      },
      log: (line) => {
        options.log(line);
      },
    });
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Instances in memory, those with something to run first. */
  get held(): string[] {
    const running = [...this.#work.values()].filter((work) => !this.#waiting.has(work));
    return [...running, ...this.#waiting].map(({ slot }) => slot.instance);
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
    if (place) this.#waiting.delete(work);
    else this.#waiting.add(work);
    if (!place) this.#refillSoon();
  }

  leaves(work: Work): void {
    this.#drop(work.slot.instance);
  }

  /** Work that did not come by a grant: a two-way request that waits for its response. */
  adopt(work: Work): void {
    this.#work.set(work.slot.instance, work);
    this.#waiting.add(work);
  }

  /** Controlled stop: resolves when everything is persisted and released, or cannot be because there is no connection. */
  drain(): Promise<void> {
    if (this.#draining) return this.#drained;
    this.#draining = true;
    this.#drained = new Promise<void>((resolve) => (this.#emptied = resolve)).then(() => this.#leave());
    this.send({ kind: 'drain' });
    if (!this.client.connected) this.#giveUpDrainLater();
    for (const work of [...this.#work.values()]) work.drain();
    this.#checkDrained();
    return this.#drained;
  }

  async #leave(): Promise<void> {
    this.#giveUpDrain();
    this.send({ kind: 'bye' });
    this.#stopHeartbeat();
    await this.client.stop();
  }

  #checkDrained(): void {
    if (this.#work.size === 0) this.#emptied();
  }

  #giveUpDrainLater(): void {
    this.#giveUpDrain = this.#options.clock.after(DRAIN_WITHOUT_CONNECTION_MS, () => {
      this.#emptied();
    });
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
        this.#outstanding -= frame.instances.length;
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
        if (this.#work.get(frame.instance)?.slot.rejected(frame.id, frame.code, frame.reason)) this.#drop(frame.instance);
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
    this.#giveUpDrain();
    if (this.#draining) this.send({ kind: 'drain' });
    const resumed = new Map(frame.resumed.map((held) => [held.instance, held]));
    for (const work of [...this.#work.values()]) {
      const held = resumed.get(work.slot.instance);
      if (!held || work.slot.resumed(held.version, held.lock)) this.#drop(work.slot.instance);
      else work.reconnected();
    }
    this.#outstanding = 0;
    this.#beatEach(frame.heartbeatMs);
    this.#options.connected(true);
    this.#refill();
  }

  #lost(): void {
    this.#stopHeartbeat();
    this.#announcements = [];
    this.bodies.lost();
    this.#options.connected(false);
    if (this.#draining) this.#giveUpDrainLater();
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
    this.#waiting.delete(work);
    work.slot.close();
    work.dropped();
    this.#checkDrained();
    this.#refillSoon();
  }

  #refillSoon(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    this.#options.clock.soon(() => {
      this.#refilling = false;
      this.#refill();
    });
  }

  /** Room for new work: places that neither running work nor credit on its way takes. */
  #refill(): void {
    if (this.#draining || !this.client.connected || this.#work.size >= MAX_IN_MEMORY) return;
    const running = this.#work.size - this.#waiting.size;
    const credit = this.#options.host.concurrency - running - this.#outstanding;
    if (credit <= 0) return;
    this.#outstanding += credit;
    this.send({ kind: 'pull', credit });
  }

  #setClock(now: number): void {
    this.#offset = now - this.#options.clock.monotonic();
  }
}
