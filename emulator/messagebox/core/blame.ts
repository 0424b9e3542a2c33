/**
 * Suspends what has ended its host instance too often, and says why (docs/failure-model.md, 4.6). That it never runs again is decided by the
 * count alone; only the sentence waits a while for what the supervisor saw of the process.
 */
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import type { SessionEnd } from '../../control/events.ts';
import type { ProcessEnd } from '../protocol/supervisorFrames.ts';
import { isCondemned } from './attempts.ts';
import { notice } from './deliveryNotice.ts';
import type { RoutedMessage } from './records.ts';
import type { Session } from './sessions.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

/** A process that closed its socket is gone, and its parent says so, within this time (ms); else its connection alone was lost. */
const NOTICE_MS = 10_000;

interface Case {
  readonly hostInstance: string;
  readonly pid: number;
  readonly reason: SessionEnd;
  /** Name of the shape that ran, as far as it was told. */
  readonly shape: string | undefined;
  /** Monotonic ms. */
  readonly until: number;
}

export class Blame {
  readonly #store: Store;
  /** ms after the end of its lease in which a process that hangs is ended. */
  readonly #hungMs: number;
  readonly #deliver: (routed: RoutedMessage) => void;
  readonly #open = new Map<Instance, Case>();
  /** Process whose end was counted against an instance last. */
  readonly #counted = new WeakMap<Instance, number>();
  /** Version at which an instance was let off last. */
  readonly #letOffAt = new WeakMap<Instance, number>();

  /** @param deliver tells the owners of instances that got a message */
  constructor(store: Store, hungMs: number, deliver: (routed: RoutedMessage) => void) {
    this.#store = store;
    this.#hungMs = hungMs;
    this.#deliver = deliver;
    // Condemned before a restart of the MessageBox: what the supervisor saw of it is not known any more.
    for (const instance of store.state.instances.values()) {
      if (instance.status !== 'ready' || !isCondemned(instance)) continue;
      const hostInstance = instance.owner ?? '';
      this.#open.set(instance, { hostInstance, pid: 0, reason: 'messagebox restarted', shape: undefined, until: store.monotonic });
    }
  }

  /**
   * Those of a session's instances that may have ended it. Where the owner told ahead whose code ran, the others are let off, so that one
   * endless loop does not make suspects of all that waited behind it; but only once since their last commit, or one that ends its owners in
   * the company of another would never be found. Where it told of none, any may have left behind what ended it.
   */
  of(held: readonly Instance[], running: Instance | undefined): readonly Instance[] {
    return running === undefined ? held : held.filter((instance) => instance === running || !this.#letOff(instance));
  }

  #letOff(instance: Instance): boolean {
    if (this.#letOffAt.get(instance) === instance.version) return false;
    this.#letOffAt.set(instance, instance.version);
    return true;
  }

  /** The end of this session counts against the instance. */
  count(instance: Instance, { pid }: Session): void {
    this.#counted.set(instance, pid);
  }

  /** True when the end of this very process was counted against the instance: it lives, so it did not end. */
  wasCounted(instance: Instance, pid: number): boolean {
    return this.#counted.get(instance) === pid;
  }

  /** It is granted again, or goes on where it was. */
  granted(instance: Instance): void {
    this.#open.delete(instance);
    this.#counted.delete(instance);
  }

  /** It ended its host instance for the last time. Suspended at once when its parent has seen the end, else when it tells. */
  condemn(instance: Instance, { hostInstance, pid, processEnd }: Session, reason: SessionEnd, shape: string | undefined): void {
    const wait = reason === 'lease expired' ? this.#hungMs + NOTICE_MS : NOTICE_MS;
    const judged = { hostInstance, pid, reason, shape, until: this.#store.monotonic + wait };
    if (processEnd) this.#suspend(instance, judged, processEnd);
    else this.#open.set(instance, judged);
  }

  /** The parent of a host instance saw how its process ended. */
  processEnded(end: ProcessEnd): void {
    for (const [instance, judged] of this.#open)
      if (judged.hostInstance === end.hostInstance && judged.pid === end.pid) this.#suspend(instance, judged, end);
  }

  /** Judges what has waited long enough. */
  sweep(): void {
    if (this.#open.size === 0) return;
    const now = this.#store.monotonic;
    for (const [instance, judged] of this.#open) if (now >= judged.until) this.#suspend(instance, judged, undefined);
  }

  #suspend(instance: Instance, judged: Case, end: ProcessEnd | undefined): void {
    this.#open.delete(instance);
    // An operator may have decided meanwhile.
    if (instance.status !== 'ready' || !isCondemned(instance)) return;
    const error = crashed(instance, judged, end);
    const routed = notice(this.#store, instance, error);
    this.#store.record({ kind: 'suspend', at: this.#store.now, instance: instance.id, error, resumable: true, ...(routed && { routed }) });
    if (routed) this.#deliver(routed);
  }
}

function crashed(instance: Instance, { hostInstance, reason, shape }: Case, end: ProcessEnd | undefined) {
  const code = instance.kind === 'sendPort' ? 'sendPort.crashedHost' : 'orchestration.crashedHost';
  const where = shape === undefined ? 'before any of its shapes ran' : `in shape "${shape}"`;
  const values = { attempts: instance.attempt, hostInstance, how: howItEnded(reason, end), where };
  const sentence = fillIn(catalogue[code].message, values);
  const text = end?.text.trim() ?? '';
  return { code, message: text === '' ? sentence : `${sentence}\n${text}`, ...(shape === undefined ? {} : { shape }) };
}

function howItEnded(reason: SessionEnd, end: ProcessEnd | undefined): string {
  const ended = end && (end.signal ?? `exit code ${String(end.exitCode)}`);
  if (end?.hung || reason === 'lease expired')
    return ended === undefined ? 'it did not answer' : `it did not answer and was ended, ${ended}`;
  return ended ?? (reason === 'messagebox restarted' ? 'how is not known' : 'its connection was lost');
}
