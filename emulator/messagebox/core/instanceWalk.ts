/**
 * The instances a filter chooses, without keeping anybody waiting: a walk that can be cut into slices (slices.ts), with tests on the
 * instances as they are kept. Needs of a store only what is below, so a store of any moment will do.
 */
import { type InstanceFacts, matcher } from '../../control/instanceFilter.ts';
import type { InstanceFilter } from '../../control/instances.ts';
import type { Walk } from '../../slices.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';

export type QueriedStore = Pick<Store, 'state' | 'now' | 'holdings' | 'stateOf'>;

/** Instances looked at from one place to rest to the next. */
const STRIDE = 16;

/**
 * Calls `each` for the instances a filter chooses of those there are when it begins, oldest first. An instance is judged when its turn
 * comes: one that has ended by then is left out, one that has changed counts as what it is. With ids only these are looked at.
 */
export function* visit(store: QueriedStore, filter: InstanceFilter, each: (instance: Instance) => void): Walk<void> {
  const began = store.now;
  const wanted = matcher(filter, began, factsIn(store));
  let seen = 0;
  for (const instance of candidates(store, filter)) {
    // In order of creation, so nothing but newer ones follows; they could come faster than they are looked at.
    if (instance.created > began) return;
    if (instance.status !== 'ended' && wanted(instance)) each(instance);
    if (++seen % STRIDE === 0) yield seen;
  }
}

function candidates({ state: { instances } }: QueriedStore, { ids }: InstanceFilter): Iterable<Instance> {
  if (ids === undefined) return instances.values();
  const named = [...new Set(ids)].flatMap((id) => instances.get(id) ?? []);
  return named.sort((a, b) => a.created - b.created);
}

function factsIn(store: QueriedStore): InstanceFacts<Instance> {
  const { state, holdings } = store;
  return {
    id: ({ id }) => id,
    orchestration: ({ service }) => state.services.get(service)?.name ?? service,
    kind: ({ kind }) => kind,
    state: (instance) => store.stateOf(instance),
    owner: (instance) => holdings.ownerOf(instance),
    takeovers: ({ takeovers }) => takeovers,
    created: ({ created }) => created,
    error: ({ error }) => error?.message,
  };
}
