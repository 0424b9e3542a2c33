/**
 * A host instance: pulls work by credit, runs it, commits it. It keeps nothing that matters: everything here may vanish at any
 * instruction, and another host instance goes on from the last commit.
 */
import type { HostSettings } from '../cluster/clusterFile.ts';
import { MessageBoxClient } from '../messagebox/protocol/client.ts';
import type { DeliveredEntry, GrantedInstance, HostFrame, MessageBoxFrame, Service } from '../messagebox/protocol/frames.ts';
import { messageOf, SohError } from '../errors.ts';
import { faultPoint } from '../faults/faultPoint.ts';
import { BodyClient } from './bodies.ts';
import { commitId, EMPTY_COMMIT, type Work, type Workplace } from './work.ts';

export interface HostInstanceOptions {
  readonly name: string;
  readonly host: HostSettings;
  readonly computer: string;
  readonly token: string;
  readonly services: readonly Service[];
  messageBoxPort(): number | undefined;
  /** Makes the work for a grant. Rejects when the connection is lost or the instance cannot be restored. */
  begin(grant: GrantedInstance, workplace: Workplace): Promise<Work>;
  /** Frames that are not about granted work. */
  other(frame: MessageBoxFrame): void;
  connected(on: boolean): void;
  log(line: string): void;
  readonly clock: { monotonic(): number; wall(): number };
}

/** Waiting instances in memory; beyond it no new work is pulled until some leave. */
const MAX_IN_MEMORY = 10_000;

export class HostInstance implements Workplace {
  readonly bodies: BodyClient;
  readonly client: MessageBoxClient;
  readonly #options: HostInstanceOptions;
  readonly #work = new Map<string, Work>();
  /** Work that waits in memory: its place may go to other work. */
  readonly #waiting = new Set<Work>();
  /** Credit given and not used. */
  #outstanding = 0;
  /** Grants whose work is being made, with what was delivered meanwhile. */
  readonly #beginning = new Map<string, { readonly lock: string; readonly entries: DeliveredEntry[] }>();
  #offset = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #lastBeat = 0;
  #draining: (() => void) | undefined;

  constructor(options: HostInstanceOptions) {
    this.#options = options;
    this.bodies = new BodyClient((frame) => {
      if (!this.client.connected) throw new SohError('group.connectionLost');
      this.send(frame);
    });
    this.client = new MessageBoxClient({
      token: options.token,
      hostInstance: options.name,
      host: options.host.name,
      computer: options.computer,
      services: options.services,
      port: () => options.messageBoxPort(),
      held: () =>
        [...this.#work.values()].map(({ instance, version, pending }) => ({
          instance,
          version,
          ...(pending ? { pending: pending.id } : {}),
        })),
      frame: (frame) => {
        this.#frame(frame);
      },
      lost: () => {
        clearInterval(this.#heartbeat);
        this.bodies.lost();
        options.connected(false);
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
    return this.#draining !== undefined;
  }

  get active(): number {
    return this.#work.size;
  }

  send(frame: HostFrame): void {
    this.client.send(frame);
  }

  log(line: string): void {
    this.#options.log(line);
  }

  /** The MessageBox's wall clock, as far as the last frame tells. */
  now(): number {
    return this.#options.clock.wall() + this.#offset;
  }

  occupies(work: Work, place: boolean): void {
    if (place) this.#waiting.delete(work);
    else this.#waiting.add(work);
    if (!place) this.#refillSoon();
  }

  /** Work that did not come by a grant: a two-way request that waits for its response. */
  adopt(work: Work): void {
    this.#work.set(work.instance, work);
    this.#waiting.add(work);
  }

  /** Controlled stop: resolves when everything is persisted and released. */
  async drain(): Promise<void> {
    if (!this.client.connected) return;
    this.send({ kind: 'drain' });
    await new Promise<void>((resolve) => {
      this.#draining = resolve;
      for (const work of [...this.#work.values()]) work.drain();
      this.#checkDrained();
    });
    this.send({ kind: 'bye' });
    clearInterval(this.#heartbeat);
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
        this.#outstanding -= frame.instances.length;
        for (const grant of frame.instances) void this.#begin(grant);
        return;
      case 'deliver': {
        const work = this.#work.get(frame.instance);
        const beginning = this.#beginning.get(frame.instance);
        if (work?.lock === frame.lock) work.deliver(frame.entries);
        else if (beginning?.lock === frame.lock) beginning.entries.push(...frame.entries);
        return;
      }
      case 'ack':
        this.#acknowledged(frame);
        return;
      case 'fenced':
        this.#drop(frame.instance);
        return;
      case 'rejected': {
        const work = this.#work.get(frame.instance);
        this.#options.log(`commit ${frame.id} was rejected: ${frame.code} ${frame.reason}`);
        if (!work) return;
        if (frame.code === 'stale' || work.pending?.error?.code === frame.code) this.#drop(frame.instance);
        else work.rejected(frame.code, frame.reason);
        return;
      }
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
        this.#options.other(frame);
    }
  }

  /** A new session: what the MessageBox did not resume is not ours any more; commits without an answer are repeated. */
  #welcomed(frame: Extract<MessageBoxFrame, { kind: 'welcome' }>): void {
    this.#setClock(frame.now);
    this.bodies.lost();
    this.#beginning.clear();
    const resumed = new Map(frame.resumed.map((held) => [held.instance, held]));
    for (const work of [...this.#work.values()]) {
      const held = resumed.get(work.instance);
      if (!held) {
        this.#drop(work.instance);
        continue;
      }
      work.lock = held.lock;
      if (work.pending && held.version > work.version) this.#goOn(work, held.version);
      else {
        if (work.pending) work.pending = { ...work.pending, lock: held.lock };
        work.reconnected();
      }
    }
    this.#outstanding = 0;
    clearInterval(this.#heartbeat);
    this.#lastBeat = this.#options.clock.monotonic();
    this.#heartbeat = setInterval(() => {
      this.#beat(frame.heartbeatMs);
    }, frame.heartbeatMs);
    this.#options.connected(true);
    this.#refill();
  }

  #beat(period: number): void {
    const now = this.#options.clock.monotonic();
    const loopLagMs = Math.max(0, Math.round(now - this.#lastBeat - period));
    this.#lastBeat = now;
    this.send({ kind: 'heartbeat', loopLagMs, active: this.#work.size, rssMb: Math.round(process.memoryUsage.rss() / 1024 / 1024) });
  }

  async #begin(grant: GrantedInstance): Promise<void> {
    const beginning = { lock: grant.lock, entries: [] as DeliveredEntry[] };
    this.#beginning.set(grant.instance, beginning);
    let work: Work;
    try {
      work = await this.#options.begin(grant, this);
    } catch (error) {
      if (this.#beginning.get(grant.instance) === beginning) this.#cannotBegin(grant, error);
      return;
    }
    // A new session began meanwhile: this grant is void.
    if (this.#beginning.get(grant.instance) !== beginning) return;
    this.#beginning.delete(grant.instance);
    this.#work.set(grant.instance, work);
    work.start();
    if (beginning.entries.length > 0) work.deliver(beginning.entries);
  }

  /** What cannot even be restored is suspended, so that it is seen and no other host instance stumbles over it. */
  #cannotBegin(grant: GrantedInstance, error: unknown): void {
    this.#beginning.delete(grant.instance);
    this.#options.log(`instance ${grant.instance} could not begin: ${messageOf(error)}`);
    const { instance, lock, version: base } = grant;
    const suspension = { points: ['suspension'], outcome: 'suspended', error: { code: 'unexpected', message: messageOf(error) } } as const;
    this.send({ ...EMPTY_COMMIT, ...suspension, kind: 'commit', id: commitId({ instance, version: base, lock }), instance, lock, base });
    this.#refillSoon();
  }

  #acknowledged(frame: Extract<MessageBoxFrame, { kind: 'ack' }>): void {
    faultPoint('hostInstance.acknowledged');
    this.#setClock(frame.now);
    const work = this.#work.get(frame.instance);
    if (work?.pending?.id !== frame.id) return;
    if (frame.released) this.#drop(frame.instance);
    else this.#goOn(work, frame.version);
  }

  #goOn(work: Work, version: number): void {
    work.version = version;
    work.acknowledged(this.now());
  }

  #drop(instance: string): void {
    const work = this.#work.get(instance);
    if (!work) return;
    this.#work.delete(instance);
    this.#waiting.delete(work);
    work.dropped();
    this.#checkDrained();
    this.#refillSoon();
  }

  #checkDrained(): void {
    if (this.#work.size === 0 && this.#beginning.size === 0) this.#draining?.();
  }

  #refilling = false;
  #refillSoon(): void {
    if (this.#refilling) return;
    this.#refilling = true;
    setImmediate(() => {
      this.#refilling = false;
      this.#refill();
    });
  }

  /** Room for new work: places that neither running work nor credit on its way takes. */
  #refill(): void {
    if (this.draining || !this.client.connected || this.#work.size >= MAX_IN_MEMORY) return;
    const running = this.#work.size - this.#waiting.size + this.#beginning.size;
    const credit = this.#options.host.concurrency - running - this.#outstanding;
    if (credit <= 0) return;
    this.#outstanding += credit;
    this.send({ kind: 'pull', credit });
  }

  #setClock(now: number): void {
    this.#offset = now - this.#options.clock.wall();
  }
}
