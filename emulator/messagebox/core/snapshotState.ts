/** The durable state as the plain data of the snapshot, and back. Readable: states and queues are JSON, not text in text. */
import * as v from 'valibot';
import type { Format, Same } from '../../format.ts';
import { accepted } from '../../wire/exactly.ts';
import { filter, instanceError, messageParts, recordFormat, service, serviceKind, timer } from './recordFormat.ts';
import {
  comeToRest,
  emptyState,
  enlistedAs,
  type FinishedCounts,
  type Instance,
  type Message,
  type MessageBoxState,
  type ReceivedId,
} from './state.ts';
import type { Service } from '../protocol/frames.ts';

export interface SnapshotContent {
  readonly sequence: number;
  readonly generation: number;
  readonly origin: string;
  readonly at: number;
  readonly services: readonly Service[];
  /** Id of the service that takes activations, by `enlistedAs`. */
  readonly enlisted: Readonly<Record<string, string>>;
  readonly instances: readonly StoredInstance[];
  readonly messages: readonly Message[];
  readonly receiveIds: Readonly<Record<string, ReceivedId>>;
  readonly sessions: Readonly<Record<string, string>>;
  readonly committed: Readonly<Record<string, number>>;
  readonly finished: Readonly<Record<string, FinishedCounts>>;
  readonly lastCommits: readonly (readonly [string, string])[];
}

type StoredInstance = Omit<Instance, 'state' | 'status'> & {
  readonly state: unknown;
  /** `discarded` is no longer written: it ended and left messages, and kept besides where it had stood. */
  readonly status: Instance['status'] | 'discarded';
};

const text = v.string();
const number = v.number();
const optional = v.exactOptional(text);

const instanceSchema = v.strictObject({
  id: text,
  service: text,
  kind: serviceKind,
  host: text,
  status: v.picklist(['ready', 'idle', 'suspended', 'suspendedNotResumable', 'discarded', 'ended']),
  version: number,
  lastCommit: v.nullable(text),
  state: v.unknown(),
  queue: v.array(v.strictObject({ id: text, subscription: text, message: optional, timer: optional })),
  waits: v.array(text),
  holds: v.array(text),
  timers: v.array(timer),
  subscriptions: v.array(v.strictObject({ id: text, filter, convoy: v.boolean() })),
  attempt: number,
  takeovers: number,
  owner: v.nullable(text),
  orphaned: v.boolean(),
  operation: v.nullable(v.picklist(['suspend', 'terminate'])),
  created: number,
  changed: number,
  error: v.nullable(instanceError),
});

const contentSchema = v.strictObject({
  sequence: number,
  generation: number,
  origin: text,
  at: number,
  services: v.array(service),
  enlisted: v.record(text, text),
  instances: v.array(instanceSchema),
  messages: v.array(v.strictObject({ ...messageParts, references: number })),
  receiveIds: v.record(text, v.strictObject({ location: text, at: number })),
  sessions: v.record(text, text),
  committed: v.record(text, number),
  finished: v.record(text, v.strictObject({ completed: number, terminated: number })),
  lastCommits: v.array(v.tuple([text, text])),
});
true satisfies Same<v.InferOutput<typeof contentSchema>, SnapshotContent>;

/** Of receive ids version 1 knows only the location; enlisted was the last service of each name. */
const firstContent = v.looseObject({
  receiveIds: v.record(text, text),
  services: v.array(v.looseObject({ id: text, kind: serviceKind, name: text })),
});

function ofSecond(content: unknown): unknown {
  const { receiveIds, services, ...others } = v.parse(firstContent, content);
  return {
    ...others,
    services,
    enlisted: Object.fromEntries(services.map((known) => [enlistedAs(known), known.id])),
    receiveIds: Object.fromEntries(Object.entries(receiveIds).map(([id, location]) => [id, { location, at: 0 }])),
  };
}

/**
 * Version 1: the first release. Version 2 goes with version 2 of the records (recordFormat.ts), and tells when a receive id came and what is
 * enlisted. Version 3 goes with version 3 of the records.
 */
export const snapshotFormat: Format<SnapshotContent> = {
  name: 'snapshot',
  version: 3,
  lifts: [ofSecond, (content) => content],
  check: accepted(contentSchema),
};

/** What is kept in the folder of a MessageBox. */
export const messageBoxFormats = { record: recordFormat, snapshot: snapshotFormat };

export function toSnapshot(state: MessageBoxState, sequence: number): SnapshotContent {
  return {
    sequence,
    generation: state.generation,
    origin: state.origin,
    at: state.at,
    services: [...state.services.values()],
    enlisted: Object.fromEntries(state.enlisted),
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
    enlisted: new Map(Object.entries(data.enlisted)),
    instances: new Map(data.instances.map((stored) => [stored.id, loadInstance(stored)])),
    messages: new Map(data.messages.map((message) => [message.id, message])),
    receiveIds: new Map(Object.entries(data.receiveIds)),
    sessions: new Map(Object.entries(data.sessions)),
    committed: new Map(Object.entries(data.committed)),
    finished: new Map(Object.entries(data.finished)),
    lastCommits: new Map(data.lastCommits),
  };
}

function loadInstance({ state, status, ...stored }: StoredInstance): Instance {
  if (status !== 'discarded') return { ...stored, status, state: state === null ? null : JSON.stringify(state) };
  const instance: Instance = { ...stored, status: 'suspendedNotResumable', state: null };
  comeToRest(instance);
  return instance;
}

function storeInstance(instance: Instance): StoredInstance {
  return { ...instance, state: instance.state === null ? null : (JSON.parse(instance.state) as unknown) };
}
