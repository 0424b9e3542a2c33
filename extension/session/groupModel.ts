import type { FeedFrame, Snapshot } from '../../emulator/control/commands.ts';
import type { GroupEvent } from '../../emulator/control/events.ts';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import { isFinished } from '../views/instanceFilter.ts';

/** More finished instances than this are forgotten, oldest first: the group keeps them, the views do not need them. */
const FINISHED_LIMIT = 600;
const EVENT_LIMIT = 200;

/** The newest state of the group, put together from the frames of the feed. Frames are numbered anew, on and on over all connections. */
export class GroupModel {
  #frame = 0;
  #status: GroupStatus | undefined;
  #events: readonly GroupEvent[] = [];
  readonly #instances = new Map<string, InstanceSummary>();

  get status(): GroupStatus | undefined {
    return this.#status;
  }

  get instances(): ReadonlyMap<string, InstanceSummary> {
    return this.#instances;
  }

  /** Takes a frame and gives it back under this model's number. The caller's source has no gaps. */
  apply(frame: FeedFrame): FeedFrame {
    if (frame.kind === 'snapshot') {
      this.#instances.clear();
      this.#events = [];
    }
    if (frame.status !== undefined) this.#status = frame.status;
    this.#events = [...this.#events, ...(frame.events ?? [])].slice(-EVENT_LIMIT);
    this.learn(frame.instances ?? []);
    return { ...frame, frame: ++this.#frame };
  }

  /** Adds instances that were asked for beside the feed. */
  learn(instances: readonly InstanceSummary[]): void {
    for (const instance of instances) this.#instances.set(instance.id, instance);
    this.#forget();
  }

  /** Everything at this moment, under the number of the last frame; `undefined` before the first. */
  snapshot(): Snapshot | undefined {
    if (this.#status === undefined) return undefined;
    return { kind: 'snapshot', frame: this.#frame, status: this.#status, instances: [...this.#instances.values()], events: this.#events };
  }

  clear(): void {
    this.#status = undefined;
    this.#events = [];
    this.#instances.clear();
  }

  #forget(): void {
    const done = [...this.#instances.values()].filter(({ state }) => isFinished(state));
    if (done.length <= FINISHED_LIMIT) return;
    done.sort((a, b) => a.changed.localeCompare(b.changed));
    // Some room, so that not every frame sorts again.
    for (const { id } of done.slice(0, done.length - FINISHED_LIMIT / 2)) this.#instances.delete(id);
  }
}
