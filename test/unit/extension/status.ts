import type { InstanceSummary } from '../../../emulator/control/instances.ts';
import type { GroupStatus, HostInstanceStatus, ServiceInstanceState } from '../../../emulator/control/status.ts';
import { stateOrder } from '../../../extension/views/instanceFilter.ts';

export const counts = (some: Partial<Record<ServiceInstanceState, number>> = {}): Record<ServiceInstanceState, number> =>
  Object.fromEntries(stateOrder.map((state) => [state, some[state] ?? 0])) as Record<ServiceInstanceState, number>;

export function hostInstance(host: string, computer: string, some: Partial<HostInstanceStatus> = {}): HostInstanceStatus {
  const defaults = {
    pid: 1,
    state: 'running',
    active: 0,
    credit: 100,
    committed: 0,
    delivered: 0,
    published: 0,
    leaseAgeMs: 0,
    leaseMs: 5000,
    rssMb: 40,
    restarts: 0,
    addresses: {},
  } as const;
  return { name: `${host}@${computer}`, host, computer, ...defaults, ...some };
}

/** The sample group as it runs, with what the test wants to be different. */
export function groupStatus(some: Partial<GroupStatus> = {}): GroupStatus {
  return {
    name: 'Orders',
    state: 'running',
    profile: 'demo',
    dataFolder: '/data',
    clusterFile: null,
    supervisorPid: 1,
    computers: [
      { name: 'A', state: 'running' },
      { name: 'B', state: 'running' },
    ],
    hostInstances: [
      hostInstance('ReceivingHost', 'A'),
      hostInstance('ProcessingHost', 'A', { active: 7 }),
      hostInstance('ProcessingHost', 'B', { active: 5 }),
    ],
    messageBox: {
      pid: 2,
      state: 'running',
      generation: 1,
      sequence: 10,
      journalBytes: 100,
      messages: 3,
      subscriptions: 4,
      counts: counts(),
      queueDepth: {},
    },
    services: [],
    receiveLocations: [],
    ...some,
  };
}

export function instance(id: string, some: Partial<InstanceSummary> = {}): InstanceSummary {
  const time = '2026-01-01T00:00:00.000Z';
  const defaults = {
    orchestration: 'Order',
    kind: 'orchestration',
    state: 'Active',
    pendingOperation: null,
    owner: 'ProcessingHost@A',
    commits: 1,
    takeovers: 0,
  } as const;
  return { id, ...defaults, created: time, changed: time, error: null, ...some };
}
