/**
 * How many instances of each service are in each state, kept up as they change: a report never walks the instances. Whether somebody has
 * their version is asked when they are reported, because that changes for all instances of a service at once.
 */
import type { ServiceInstanceState } from '../../control/status.ts';
import type { Instance } from './state.ts';
import { noCounts, stateOf } from './instanceState.ts';

export class Counts {
  /** The state each is counted under. */
  readonly #counted = new Map<Instance, ServiceInstanceState>();
  readonly #byService = new Map<string, Record<ServiceInstanceState, number>>();

  update(instance: Instance, held: boolean): void {
    const state = stateOf(instance, held, false);
    const counted = this.#counted.get(instance);
    if (counted === state) return;
    const counts = this.#of(instance.service);
    if (counted) counts[counted]--;
    counts[state]++;
    this.#counted.set(instance, state);
  }

  remove(instance: Instance): void {
    const counted = this.#counted.get(instance);
    if (counted) this.#of(instance.service)[counted]--;
    this.#counted.delete(instance);
  }

  /** Live instances only. */
  of(service: string): Readonly<Record<ServiceInstanceState, number>> {
    return this.#of(service);
  }

  *services(): Iterable<string> {
    yield* this.#byService.keys();
  }

  #of(service: string): Record<ServiceInstanceState, number> {
    let counts = this.#byService.get(service);
    if (!counts) this.#byService.set(service, (counts = noCounts()));
    return counts;
  }
}
