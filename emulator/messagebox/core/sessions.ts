/**
 * Sessions of host instances and their leases. Only the MessageBox's monotonic clock counts; a stall of the MessageBox itself never
 * looks like the death of a host instance (docs/failure-model.md, 4.2, P3).
 */
import type { ProfileTimes } from '../../cluster/profiles.ts';
import type { HostFrame } from '../protocol/frames.ts';
import type { ProcessEnd } from '../protocol/supervisorFrames.ts';
import type { Instance } from './state.ts';
import type { Versions } from './versions.ts';

/** Messages between the MessageBox and a host instance since the MessageBox started; counted over the host instance's sessions. */
export interface Traffic {
  /** Handed to it, each time: after a takeover or a reconnection the same message counts again. */
  delivered: number;
  /** Taken from it: submitted, or published with a commit. */
  published: number;
}

export interface Session {
  /** `generation.number`; never used again. */
  readonly id: string;
  readonly hostInstance: string;
  readonly host: string;
  readonly computer: string;
  readonly pid: number;
  readonly connection: Connection;
  /** Ids of the services it can run, with those they are known by besides. */
  readonly services: ReadonlySet<string>;
  /** Instances it holds a lock on. */
  readonly held: Set<Instance>;
  readonly traffic: Traffic;
  /** Room for so many more, as the host instance said. */
  credit: number;
  /** Monotonic ms. */
  lastSeen: number;
  /** Order of the last grant, for "least recently". */
  lastGrant: number;
  draining: boolean;
  /** The supervisor ends or froze it: its end counts for no instance. */
  excused: boolean;
  /**
   * Whose code runs, and of which shape, as the owner told before it ran: one after the other, so the last that was told. `null` when that has
   * come through, and where the owner does not tell.
   */
  running: { readonly instance: Instance; readonly shape: number } | null;
  /** How its process ended, once its parent has told; the session may end later. */
  processEnd: ProcessEnd | null;
  /** A debugger holds it: the lease does not end. */
  onHold: boolean;
  /** It runs one suspect alone, or is being emptied for one; no other grants. */
  alone: Instance | null;
  rssMb: number | null;
  active: number;
}

/** One side of a connection, as the core sees it. Frames are gated by the journal before they leave. */
export interface Connection {
  send(frame: object): void;
  close(reason: string): void;
}

export class Sessions {
  readonly live = new Map<string, Session>();
  readonly #byHostInstance = new Map<string, Session>();
  readonly #traffic = new Map<string, Traffic>();
  readonly #times: ProfileTimes;
  readonly #versions: Pick<Versions, 'came' | 'went'>;
  #lastSweep: number;

  /** @param versions is told which services the live sessions know */
  constructor(times: ProfileTimes, now: number, versions: Pick<Versions, 'came' | 'went'>) {
    this.#times = times;
    this.#versions = versions;
    this.#lastSweep = now;
  }

  add(session: Session): void {
    this.live.set(session.id, session);
    this.#byHostInstance.set(session.hostInstance, session);
    this.#versions.came(session.services);
  }

  remove(session: Session): void {
    if (!this.live.delete(session.id)) return;
    if (this.#byHostInstance.get(session.hostInstance) === session) this.#byHostInstance.delete(session.hostInstance);
    this.#versions.went(session.services);
  }

  of(hostInstance: string): Session | undefined {
    return this.#byHostInstance.get(hostInstance);
  }

  /** Host instances that have, or had, a session since the MessageBox started. */
  known(): Iterable<string> {
    return this.#traffic.keys();
  }

  /** Of a host instance, also while it has no session. The caller may count on in it. */
  trafficOf(hostInstance: string): Traffic {
    let traffic = this.#traffic.get(hostInstance);
    if (!traffic) this.#traffic.set(hostInstance, (traffic = { delivered: 0, published: 0 }));
    return traffic;
  }

  /** Sessions that may get work of this service: only those that announced exactly this version of it (docs/failure-model.md, P14). */
  knowing(service: string): Session[] {
    return [...this.live.values()].filter((session) => !session.draining && session.services.has(service));
  }

  /** The one with most room for work of this service; among equals the one granted to least recently. */
  withMostCredit(service: string): Session | undefined {
    let chosen: Session | undefined;
    for (const session of this.live.values()) {
      if (session.credit <= 0 || session.draining || session.alone || !session.services.has(service)) continue;
      if (!chosen || session.credit > chosen.credit || (session.credit === chosen.credit && session.lastGrant < chosen.lastGrant))
        chosen = session;
    }
    return chosen;
  }

  /**
   * Sessions whose lease has ended. Called each `sweepMs`; a call that comes more than two periods late means that this process stalled:
   * then every session gets a fresh lease instead.
   */
  expired(now: number): Session[] {
    const stalled = now - this.#lastSweep > 3 * this.#times.sweepMs;
    this.#lastSweep = now;
    if (stalled) {
      for (const session of this.live.values()) session.lastSeen = now;
      return [];
    }
    return [...this.live.values()].filter((session) => !session.onHold && now - session.lastSeen > this.#times.leaseMs);
  }
}

/** A session that has just begun. */
export function newSession(
  id: string,
  frame: Extract<HostFrame, { kind: 'hello' }>,
  connection: Connection,
  now: number,
  traffic: Traffic,
): Session {
  return {
    id,
    hostInstance: frame.hostInstance,
    host: frame.host,
    computer: frame.computer,
    pid: frame.pid,
    connection,
    services: new Set(frame.services.flatMap(({ id, aliases = [] }) => [id, ...aliases])),
    held: new Set(),
    traffic,
    credit: 0,
    lastSeen: now,
    lastGrant: 0,
    draining: false,
    excused: false,
    running: null,
    processEnd: null,
    onHold: false,
    alone: null,
    rssMb: null,
    active: 0,
  };
}
