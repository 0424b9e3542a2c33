/** How instances are described to people (docs/behaviour.md, section 12.1). */
import type { InstanceSummary } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import { stateOf } from '../core/instanceState.ts';
import type { Instance } from '../core/state.ts';
import type { Store } from '../core/store.ts';

export function summaryOf(
  store: Pick<Store, 'state' | 'holdings'>,
  instance: Instance,
  finished?: 'completed' | 'terminated',
): InstanceSummary {
  const live = (): InstanceSummary['state'] => stateOf(instance, store.holdings.isHeld(instance));
  const state = finished === undefined ? live() : finished === 'completed' ? 'Completed' : 'Terminated';
  return {
    id: instance.id,
    orchestration: store.state.services.get(instance.service)?.name ?? instance.service,
    kind: instance.kind,
    state,
    pendingOperation: instance.operation,
    owner: store.holdings.ownerOf(instance),
    commits: instance.version,
    takeovers: instance.takeovers,
    created: isoTime(instance.created),
    changed: isoTime(instance.changed),
    error: instance.error,
  };
}
