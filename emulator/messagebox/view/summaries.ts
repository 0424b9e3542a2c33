/** How instances are described to people (docs/behaviour.md, section 12.1). */
import type { InstanceSummary } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import type { Instance } from '../core/state.ts';
import type { Store } from '../core/store.ts';
import { versionIn } from '../core/versions.ts';

export function summaryOf(
  store: Pick<Store, 'state' | 'holdings' | 'stateOf'>,
  instance: Instance,
  finished?: 'completed' | 'terminated',
): InstanceSummary {
  const state = finished === undefined ? store.stateOf(instance) : finished === 'completed' ? 'Completed' : 'Terminated';
  return {
    id: instance.id,
    orchestration: store.state.services.get(instance.service)?.name ?? instance.service,
    kind: instance.kind,
    ...(instance.kind === 'orchestration' ? { version: versionIn(instance.service) } : {}),
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
