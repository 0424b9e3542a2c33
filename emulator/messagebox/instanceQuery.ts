/**
 * The instances a filter chooses, without keeping anybody waiting: walks that can be cut into slices (slices.ts), tests on the instances as
 * they are kept, summaries only for the page asked for. Needs of a store only what is below, so a store of any moment will do.
 */
import { type InstanceFacts, matcher } from '../group/instanceFilter.ts';
import type { InstanceFilter, InstancePage } from '../group/control.ts';
import type { Walk } from '../slices.ts';
import type { Instance } from './state.ts';
import type { Store } from './store.ts';
import { noCounts, stateOf, summaryOf } from './summaries.ts';

export type QueriedStore = Pick<Store, 'state' | 'now'>;

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

function factsIn({ state: { services } }: QueriedStore): InstanceFacts<Instance> {
  return {
    id: ({ id }) => id,
    orchestration: ({ service }) => services.get(service)?.name ?? service,
    kind: ({ kind }) => kind,
    state: stateOf,
    owner: ({ grant, owner }) => grant?.session.hostInstance ?? owner,
    takeovers: ({ takeovers }) => takeovers,
    created: ({ created }) => created,
    error: ({ error }) => error?.message,
  };
}

/**
 * One page of the instances a filter chooses, with how many there are: those that wait for a person first, then newest first. What ends
 * while it walks may be missing from the page.
 */
export function* queryInstances(store: QueriedStore, filter: InstanceFilter, offset: number, limit: number): Walk<InstancePage> {
  const at = new Date(store.now).toISOString();
  const counts = noCounts();
  const waiting: Instance[] = [];
  const others: Instance[] = [];
  yield* visit(store, filter, (instance) => {
    counts[stateOf(instance)]++;
    (instance.status === 'ready' || instance.status === 'idle' ? others : waiting).push(instance);
  });
  const total = waiting.length + others.length;
  const page: Instance[] = [];
  for (let index = offset; index < Math.min(total, offset + limit); index++) {
    const instance = waiting.at(-1 - index) ?? others[total - 1 - index];
    if (instance && instance.status !== 'ended') page.push(instance);
  }
  return { at, total, counts, instances: page.map((instance) => summaryOf(store, instance)) };
}
