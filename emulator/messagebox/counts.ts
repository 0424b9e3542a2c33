/** How many instances of each service are in each state, kept up as they change: a report never walks the instances. */
import type { ServiceInstanceState } from '../group/control.ts';
import type { Instance } from './state.ts';
import { noCounts, stateOf } from './summaries.ts';

export class Counts {
  readonly #byService = new Map<string, Record<ServiceInstanceState, number>>();

  update(instance: Instance): void {
    const state = stateOf(instance);
    if (instance.counted === state) return;
    const counts = this.#of(instance.service);
    if (instance.counted) counts[instance.counted]--;
    counts[state]++;
    instance.counted = state;
  }

  remove(instance: Instance): void {
    if (instance.counted) this.#of(instance.service)[instance.counted]--;
    delete instance.counted;
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
