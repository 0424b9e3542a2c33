/** Everything about one instance, live or finished: what the MessageBox says of it, with the history from its journal. */
import { join } from 'node:path';
import { toWire, type WireError } from '../errors.ts';
import type { HistoryEvent, InstanceDetail } from '../control/instances.ts';
import type { ServiceInstanceState } from '../control/status.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { messageVariables, readState, variablesIn } from '../messagebox/view/savedState.ts';
import type { JournalRecord } from '../messagebox/core/records.ts';
import { MESSAGE_BOX_FOLDER } from '../messagebox/storage/folders.ts';
import type { Gap, RecordSource } from '../messagebox/storage/storage.ts';
import { versionIn } from '../messagebox/core/versions.ts';
import { InstanceHistory, type ReadRecord } from './history.ts';
import type { LiveInstance } from '../messagebox/protocol/supervisorFrames.ts';
import { journalOf } from './journalReader.ts';

/**
 * @param live what the MessageBox says of it; `null` when it has ended
 * @returns `undefined` when neither the MessageBox nor the journal knows the instance
 */
export async function instanceDetail(dataFolder: string, instance: string, live: LiveInstance | null): Promise<InstanceDetail | undefined> {
  const journal = journalOf(join(dataFolder, MESSAGE_BOX_FOLDER));
  let unread: WireError | undefined;
  const onGap = ({ error }: Gap): void => {
    unread ??= toWire(error);
  };
  const services = await enlistedServices(journal, onGap);
  const detail = await detailFrom(journal.find(inRecords(instance), { onGap }), services, instance, live);
  return detail && { ...detail, ...(unread && { unread }) };
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
  live: LiveInstance | null,
): Promise<InstanceDetail | undefined> {
  const history = new InstanceHistory(instance, (service) => services.get(service)?.outline ?? []);
  for await (const record of records) history.add(record);
  const first = history.events[0];
  const summary = live ?? (first && finished(instance, history, services.get(history.service ?? ''), first));
  if (!summary) return undefined;
  const service = services.get(history.service ?? '');
  const outline = service?.outline ?? [];
  const saved = service?.kind === 'orchestration' ? readState(history.state) : undefined;
  return {
    ...summary,
    ...(history.startedBy !== undefined && { startedBy: history.startedBy }),
    ...(history.started.length > 0 && { started: history.started }),
    outline,
    variables: saved ? variablesIn(saved, outline) : null,
    history: history.events,
  };
}

/** Every service ever enlisted, by id. */
export async function enlistedServices(journal: RecordSource<JournalRecord>, onGap?: (gap: Gap) => void): Promise<Map<string, Service>> {
  const services = new Map<string, Service>();
  for await (const { record } of journal.find('"kind":"enlist"', onGap && { onGap })) {
    if (record.kind === 'enlist') for (const service of record.services) services.set(service.id, service);
  }
  return services;
}

/** A finished instance has left the MessageBox; its journal tells how it ended. */
function finished(id: string, history: InstanceHistory, service: Service | undefined, first: HistoryEvent): LiveInstance {
  const last = history.events.at(-1) ?? first;
  const terminated = history.events.some(
    (event) =>
      (event.kind === 'committed' && event.outcome === 'terminated') ||
      (event.kind === 'operated' && event.operation === 'terminate' && event.applied),
  );
  const saved = service?.kind === 'orchestration' ? readState(history.state) : undefined;
  const state: ServiceInstanceState = terminated ? 'Terminated' : 'Completed';
  return {
    id,
    orchestration: service?.name ?? history.service ?? '',
    kind: service?.kind ?? 'receiveLocation',
    ...(service?.kind === 'orchestration' ? { version: versionIn(service.id) } : {}),
    state,
    pendingOperation: null,
    owner: history.owner,
    commits: history.commits,
    takeovers: history.takeovers,
    created: first.at,
    changed: last.at,
    error: null,
    position: { saved: [], atRisk: [] },
    messages: saved ? messageVariables(saved, service?.outline ?? [], (message) => history.received(message)) : [],
    subscriptions: [],
    queue: [],
    timers: [],
    retries: [],
  };
}
