/** A small group for the tests of the page's model. */
import type { InstanceSummary } from '../../../emulator/control/instances.ts';
import type { GroupStatus, HostInstanceStatus, ServiceInstanceState } from '../../../emulator/control/status.ts';

export const counts: Readonly<Record<ServiceInstanceState, number>> = {
  'Ready to run': 0,
  Active: 2,
  Dehydrated: 0,
  Scheduled: 0,
  'Waits for version': 0,
  'Suspended (resumable)': 1,
  'Suspended (not resumable)': 0,
  Completed: 7,
  Terminated: 0,
};

export function hostInstance(name: string, part: Partial<HostInstanceStatus> = {}): HostInstanceStatus {
  const [host = '', computer = ''] = name.split('@');
  return {
    ...{ name, host, computer, pid: 1, state: 'running', active: 1, credit: 9, committed: 0, delivered: 0, published: 0 },
    ...{ leaseAgeMs: 100, leaseMs: 5000, rssMb: 50, restarts: 0, addresses: {} },
    ...part,
  };
}

export function group(hostInstances: readonly HostInstanceStatus[], part: Partial<GroupStatus> = {}): GroupStatus {
  const computers = [...new Set(hostInstances.map(({ computer }) => computer))].map((name) => ({ name, state: 'running' as const }));
  return {
    ...{ name: 'Test', state: 'running', profile: 'default', dataFolder: '/data', clusterFile: null, supervisorPid: 10 },
    ...{ computers, hostInstances, services: [], receiveLocations: [] },
    messageBox: {
      ...{ pid: 11, state: 'running', generation: 1, sequence: 5, journalBytes: 100, messages: 0, subscriptions: 0 },
      ...{ counts, queueDepth: { ProcessingHost: 3 } },
    },
    ...part,
  };
}

export function instance(id: string, part: Partial<InstanceSummary> = {}): InstanceSummary {
  return {
    ...{ id, orchestration: 'ProcessOrder', kind: 'orchestration', state: 'Active', pendingOperation: null, owner: 'ProcessingHost@A' },
    ...{ commits: 0, takeovers: 0, created: '2026-01-01T00:00:00.000Z', changed: '2026-01-01T00:00:00.000Z', error: null },
    ...part,
  };
}
