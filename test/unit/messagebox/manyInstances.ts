/** A MessageBox with as many instances as a test likes, without running any: its state is put together, and its journal is a list. */
import type { Instance, InstanceStatus } from '../../../emulator/messagebox/core/state.ts';
import { Core, JOB } from '../../faults/core.ts';

export const SERVICES = [
  { ...JOB, id: 'Order@1', name: 'Order' },
  { ...JOB, id: 'Order@2', name: 'Order' },
  { ...JOB, id: 'Bills@1', name: 'Bills', kind: 'sendPort' as const },
];

export function instanceOf(id: string, part: Partial<Instance> = {}): Instance {
  return {
    ...{ id, service: 'Order@1', kind: 'orchestration', host: 'H', status: 'idle', version: 1, lastCommit: null, state: '{}' },
    ...{ queue: [], waits: [], holds: [], timers: [], subscriptions: [], attempt: 0, takeovers: 0, owner: 'H@A', orphaned: false },
    ...{ operation: null, created: 1_000_000, changed: 1_000_000, error: null },
    ...part,
  };
}

/** `make` says what the instance of that number is. */
export function withInstances(count: number, make: (number: number) => Instance): Core {
  const core = new Core();
  const { store } = core.messageBox;
  store.record({ kind: 'enlist', at: store.now, services: SERVICES });
  for (let number = 0; number < count; number += 1) {
    const instance = make(number);
    store.state.instances.set(instance.id, instance);
    store.counts.update(instance, false);
  }
  return core;
}

export const STATUSES: readonly InstanceStatus[] = ['ready', 'idle', 'suspended', 'suspendedNotResumable'];
