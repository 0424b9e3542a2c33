/**
 * What belongs to the running process only: who holds which instance, and what its owner last reported of it. Nothing of it is durable,
 * and nothing of it decides what replay yields.
 */
import type { TraceEntry } from '../../engine/door.ts';
import type { Session } from './sessions.ts';
import type { Instance } from './state.ts';

/** Ownership of an instance by a session, under one lock. */
export interface Grant {
  readonly session: Session;
  readonly lock: string;
  /** Entries of the queue already handed to the session. */
  delivered: number;
}

/** What an owner said of an instance that is blocked in its memory, since the last commit. */
export interface Progress {
  readonly trace: readonly TraceEntry[];
  /** Times it waits for that the owner alone keeps; `due`: UTC ms. */
  readonly timers?: readonly { readonly id: string; readonly due: number }[];
}

export class Holdings {
  readonly #grants = new Map<Instance, Grant>();
  readonly #progress = new Map<Instance, Progress>();

  grantOf(instance: Instance): Grant | undefined {
    return this.#grants.get(instance);
  }

  isHeld(instance: Instance): boolean {
    return this.#grants.has(instance);
  }

  /** Host instance that holds it now, else the last that did. */
  ownerOf(instance: Instance): string | null {
    return this.#grants.get(instance)?.session.hostInstance ?? instance.owner;
  }

  hold(instance: Instance, grant: Grant): void {
    this.#grants.set(instance, grant);
  }

  /** The grant that ended, if there was one. */
  release(instance: Instance): Grant | undefined {
    const grant = this.#grants.get(instance);
    this.#grants.delete(instance);
    return grant;
  }

  /** Shapes that ran since the last commit, as the owner last reported. */
  atRiskOf(instance: Instance): readonly TraceEntry[] {
    return this.#progress.get(instance)?.trace ?? NOTHING;
  }

  /** Times that its owner alone keeps, as it last reported. */
  timersOf(instance: Instance): NonNullable<Progress['timers']> {
    return this.#progress.get(instance)?.timers ?? NOTHING;
  }

  noteProgress(instance: Instance, progress: Progress): void {
    this.#progress.set(instance, progress);
  }

  clearProgress(instance: Instance): void {
    // Asked with every commit, and mostly there is nothing.
    if (this.#progress.size > 0) this.#progress.delete(instance);
  }

  /** An entry left the queue of an instance: what was handed over moves up by one. */
  consumed(instance: Instance, index: number): void {
    const grant = this.#grants.get(instance);
    if (grant && index < grant.delivered) grant.delivered--;
  }
}

const NOTHING: readonly never[] = [];
