/**
 * Operations on instances, in slices. Those on named instances begin at once; those by a filter, which may mean 100,000, one after
 * another, and their progress is in the status.
 */
import type { InstanceFilter, OperationResult } from '../../control/instances.ts';
import type { MessageBoxStatus } from '../../control/status.ts';
import { inSlices, type Pace } from '../../slices.ts';
import type { MessageBox } from '../core/messageBox.ts';
import { operate, type Operation } from '../core/operations.ts';

export class Batches {
  readonly #messageBox: MessageBox;
  readonly #pace: Pace;
  #last: Promise<unknown> = Promise.resolve();
  #current: MessageBoxStatus['batch'];

  constructor(messageBox: MessageBox, pace: Pace) {
    this.#messageBox = messageBox;
    this.#pace = pace;
  }

  /** The one under way. */
  get current(): MessageBoxStatus['batch'] {
    return this.#current;
  }

  /** Rejects when the journal fails. */
  async run(operation: Operation, filter: InstanceFilter): Promise<OperationResult> {
    if (filter.ids !== undefined) return inSlices(operate(this.#messageBox, operation, filter), this.#pace);
    const mine = this.#last.then(() => this.#batch(operation, filter));
    // Who asked is told of a failure; the next one only waits.
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #batch(operation: Operation, filter: InstanceFilter): Promise<OperationResult> {
    const of = this.#messageBox.store.state.instances.size;
    this.#current = { operation, seen: 0, of };
    const pace: Pace = {
      monotonic: () => this.#pace.monotonic(),
      rest: (seen) => {
        this.#current = { operation, seen, of };
        return this.#pace.rest(seen);
      },
    };
    try {
      return await inSlices(operate(this.#messageBox, operation, filter), pace);
    } finally {
      this.#current = undefined;
    }
  }
}
