/** Everything about one instance, live or finished: the MessageBox's summary with the history from its journal. */
import { join } from 'node:path';
import type { HistoryEvent, InstanceDetail, InstanceSummary, ServiceInstanceState } from '../group/control.ts';
import type { Service } from '../messagebox/frames.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import { InstanceHistory, type ReadRecord } from './history.ts';
import { findRecords } from './journalReader.ts';

/**
 * @param summary what the MessageBox says of a live instance
 * @returns `undefined` when neither the MessageBox nor the journal knows the instance
 */
export async function instanceDetail(
  dataFolder: string,
  instance: string,
  summary: InstanceSummary | undefined,
): Promise<InstanceDetail | undefined> {
  const folder = join(dataFolder, MESSAGE_BOX_FOLDER);
  return detailFrom(findRecords(folder, inRecords(instance)), await enlistedServices(folder), instance, summary);
}

/** How a record names an instance. Ids stand quoted: one id may be the beginning of another. */
export function inRecords(instance: string): string {
  return JSON.stringify(instance);
}

/** @param records all that name the instance, oldest first */
export async function detailFrom(
  records: AsyncIterable<ReadRecord>,
  services: ReadonlyMap<string, Service>,
  instance: string,
  summary: InstanceSummary | undefined,
): Promise<InstanceDetail | undefined> {
  const history = new InstanceHistory(instance, (service) => services.get(service)?.outline ?? []);
  for await (const record of records) history.add(record);
  const first = history.events[0];
  if (!first) return undefined;
  const service = services.get(history.service ?? '');
  return {
    ...(summary ?? finishedSummary(instance, history, service, first)),
    outline: service?.outline ?? [],
    variables: variablesOf(history.state),
    history: history.events,
  };
}

/** Every service ever enlisted, by id. `folder`: of the journal. */
export async function enlistedServices(folder: string): Promise<Map<string, Service>> {
  const services = new Map<string, Service>();
  for await (const { record } of findRecords(folder, '"kind":"enlist"')) {
    if (record.kind === 'enlist') for (const service of record.services) services.set(service.id, service);
  }
  return services;
}

/** A finished instance has left the MessageBox; its journal tells how it ended. */
function finishedSummary(id: string, history: InstanceHistory, service: Service | undefined, first: HistoryEvent): InstanceSummary {
  const last = history.events.at(-1) ?? first;
  const terminated = history.events.some(
    (event) =>
      (event.kind === 'committed' && event.outcome === 'terminated') ||
      (event.kind === 'operated' && event.operation === 'terminate' && event.applied),
  );
  const state: ServiceInstanceState = terminated ? 'Terminated' : 'Completed';
  return {
    id,
    orchestration: service?.name ?? history.service ?? '',
    kind: service?.kind ?? 'receiveLocation',
    state,
    pendingOperation: null,
    owner: history.owner,
    commits: history.commits,
    takeovers: history.takeovers,
    created: first.at,
    changed: last.at,
    error: null,
  };
}

/** The saved state carries the variables under `v` (engine/state.ts). */
function variablesOf(state: string | undefined): Record<string, unknown> | null {
  if (state === undefined) return null;
  const { v } = JSON.parse(state) as { v?: Record<string, unknown> };
  return v ?? null;
}
