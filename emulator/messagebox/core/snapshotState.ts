/** The durable state as the plain data of the snapshot, and back. Readable: states and queues are JSON, not text in text. */
import { emptyState, type FinishedCounts, type Instance, type Message, type MessageBoxState } from './state.ts';
import type { Service } from '../protocol/frames.ts';

export interface SnapshotContent {
  readonly sequence: number;
  readonly generation: number;
  readonly origin: string;
  readonly at: number;
  readonly services: readonly Service[];
  readonly instances: readonly StoredInstance[];
  readonly messages: readonly Message[];
  readonly receiveIds: Readonly<Record<string, string>>;
  readonly sessions: Readonly<Record<string, string>>;
  readonly committed: Readonly<Record<string, number>>;
  readonly finished: Readonly<Record<string, FinishedCounts>>;
  readonly lastCommits: readonly (readonly [string, string])[];
}

type StoredInstance = Omit<Instance, 'state'> & { readonly state: unknown };

export function toSnapshot(state: MessageBoxState, sequence: number): SnapshotContent {
  return {
    sequence,
    generation: state.generation,
    origin: state.origin,
    at: state.at,
    services: [...state.services.values()],
    instances: [...state.instances.values()].map(storeInstance),
    messages: [...state.messages.values()],
    receiveIds: Object.fromEntries(state.receiveIds),
    sessions: Object.fromEntries(state.sessions),
    committed: Object.fromEntries(state.committed),
    finished: Object.fromEntries(state.finished),
    lastCommits: [...state.lastCommits],
  };
}

export function fromSnapshot(data: SnapshotContent | undefined): MessageBoxState {
  if (!data) return emptyState();
  return {
    generation: data.generation,
    origin: data.origin,
    sequence: data.sequence,
    at: data.at,
    services: new Map(data.services.map((service) => [service.id, service])),
    instances: new Map(
      data.instances.map((stored) => [stored.id, { ...stored, state: stored.state === null ? null : JSON.stringify(stored.state) }]),
    ),
    messages: new Map(data.messages.map((message) => [message.id, message])),
    receiveIds: new Map(Object.entries(data.receiveIds)),
    sessions: new Map(Object.entries(data.sessions)),
    committed: new Map(Object.entries(data.committed)),
    finished: new Map(Object.entries(data.finished)),
    lastCommits: new Map(data.lastCommits),
  };
}

function storeInstance(instance: Instance): StoredInstance {
  return { ...instance, state: instance.state === null ? null : (JSON.parse(instance.state) as unknown) };
}
