/** The feed of the control socket: snapshot, then numbered deltas, at most one every 100 ms and none while nobody follows. */
import type { Cancel, Clock } from '../clock.ts';
import type { Delta, Snapshot } from '../control/commands.ts';
import type { GroupEvent } from '../control/events.ts';
import type { InstanceSummary } from '../control/instances.ts';
import type { GroupStatus } from '../control/status.ts';

const KEPT = 200;
export const FRAME_INTERVAL_MS = 100;

export interface Follower {
  frame(delta: Delta): void;
}

export class Feed {
  readonly #status: () => GroupStatus;
  readonly #followers = new Set<Follower>();
  readonly #instances = new Map<string, InstanceSummary>();
  #events: GroupEvent[] = [];
  #newInstances = new Map<string, InstanceSummary>();
  #newEvents: GroupEvent[] = [];
  #frame = 0;
  #lastStatus = '';
  readonly #clock: Clock;
  #cancel: Cancel | undefined;

  constructor(status: () => GroupStatus, clock: Clock) {
    this.#status = status;
    this.#clock = clock;
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  instances(changed: readonly InstanceSummary[]): void {
    for (const summary of changed) {
      remember(this.#instances, summary);
      remember(this.#newInstances, summary);
    }
  }

  event(event: GroupEvent): void {
    this.#events = [...this.#events, event].slice(-KEPT);
    this.#newEvents = [...this.#newEvents, event].slice(-KEPT);
  }

  /** The follower's next delta has the number after the snapshot's. What waited for the next frame is sent to the others first. */
  follow(follower: Follower): Snapshot {
    this.#send();
    this.#followers.add(follower);
    this.#cancel ??= this.#clock.every(FRAME_INTERVAL_MS, () => {
      this.#send();
    });
    return this.snapshot();
  }

  unfollow(follower: Follower): void {
    this.#followers.delete(follower);
    if (this.#followers.size === 0) this.close();
  }

  snapshot(): Snapshot {
    const instances = [...this.#instances.values()].reverse().sort((a, b) => rank(a) - rank(b));
    return { kind: 'snapshot', frame: this.#frame, status: this.#status(), instances, events: this.#events };
  }

  #send(): void {
    if (this.#followers.size === 0) {
      this.#newInstances.clear();
      this.#newEvents = [];
      return;
    }
    const status = this.#status();
    const text = JSON.stringify(status);
    const changed = text !== this.#lastStatus;
    if (!changed && this.#newInstances.size === 0 && this.#newEvents.length === 0) return;
    this.#lastStatus = text;
    const delta: Delta = {
      kind: 'delta',
      frame: ++this.#frame,
      ...(changed ? { status } : {}),
      ...(this.#newInstances.size > 0 ? { instances: [...this.#newInstances.values()] } : {}),
      ...(this.#newEvents.length > 0 ? { events: this.#newEvents } : {}),
    };
    this.#newInstances = new Map();
    this.#newEvents = [];
    for (const follower of this.#followers) follower.frame(delta);
  }
}

/** Newest last; the oldest goes, but suspended ones stay longest: they need somebody. */
function remember(map: Map<string, InstanceSummary>, summary: InstanceSummary): void {
  map.delete(summary.id);
  map.set(summary.id, summary);
  if (map.size <= KEPT) return;
  for (const [id, kept] of map) {
    if (rank(kept) === 0 && map.size <= 2 * KEPT) continue;
    map.delete(id);
    return;
  }
}

function rank({ state }: InstanceSummary): number {
  return state.startsWith('Suspended') ? 0 : 1;
}
