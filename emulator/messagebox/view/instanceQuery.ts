/** One page of the instances a filter chooses, with how many there are; summaries only for the page asked for. */
import type { InstanceFilter, InstancePage } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import type { Walk } from '../../slices.ts';
import { noCounts } from '../core/instanceState.ts';
import { type QueriedStore, visit } from '../core/instanceWalk.ts';
import type { Instance } from '../core/state.ts';
import { summaryOf } from './summaries.ts';

/**
 * One page of the instances a filter chooses, with how many there are: those that wait for a person first, then newest first. What ends
 * while it walks may be missing from the page.
 */
export function* queryInstances(store: QueriedStore, filter: InstanceFilter, offset: number, limit: number): Walk<InstancePage> {
  const at = isoTime(store.now);
  const counts = noCounts();
  const waiting: Instance[] = [];
  const others: Instance[] = [];
  yield* visit(store, filter, (instance) => {
    counts[store.stateOf(instance)]++;
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
