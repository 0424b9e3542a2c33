/** The public status: what the processes are, merged with what the MessageBox reports. */
import { resolve } from 'node:path';
import { SohError, toWire, type WireError } from '../errors.ts';
import { noCounts } from '../messagebox/core/instanceState.ts';
import type { MessageBoxReport, NamedService, SessionReport } from '../messagebox/protocol/supervisorFrames.ts';
import type { ClusterFile } from '../cluster/clusterFile.ts';
import type { Computers } from './computers.ts';
import type { Observation } from '../control/events.ts';
import type { GroupStatus, HostInstanceStatus, MessageBoxStatus } from '../control/status.ts';
import type { HostInstanceProcess } from './hostInstanceProcess.ts';
import type { MessageBoxProcess } from './messageBoxProcess.ts';
import { profiles } from '../cluster/profiles.ts';
import { noticesOf } from './receiveNotices.ts';

export interface StatusSources {
  readonly cluster: ClusterFile;
  readonly clusterFile: string | null;
  readonly dataFolder: string;
  readonly baseFolder: string;
  readonly state: GroupStatus['state'];
  readonly error: WireError | undefined;
  readonly computers: Computers;
  readonly messageBox: MessageBoxProcess;
  readonly report: MessageBoxReport | undefined;
}

export function groupStatus(sources: StatusSources): GroupStatus {
  const { cluster, report, computers } = sources;
  const sessions = new Map(report?.sessions.map((session) => [session.hostInstance, session]));
  const leaseMs = profiles[cluster.profile].leaseMs;
  const hostInstances = computers.hostInstances.map((process) => hostInstanceStatus(process, sessions.get(process.name), leaseMs));
  return {
    name: cluster.name,
    state: sources.state,
    profile: cluster.profile,
    dataFolder: sources.dataFolder,
    clusterFile: sources.clusterFile,
    supervisorPid: process.pid,
    computers: computers.list(),
    hostInstances,
    messageBox: messageBoxStatus(sources, report),
    services: report?.services ?? [],
    receiveLocations: cluster.receiveLocations.map(({ name, host, transport }) => ({
      name,
      host,
      adapter: transport.adapter,
      address: transport.adapter === 'FILE' ? resolve(sources.baseFolder, transport.folder) : (addressOf(hostInstances, name) ?? ''),
      ...noticesOf(name, computers.hostInstances),
    })),
    ...(sources.error ? { error: sources.error } : {}),
  };
}

/** The services of a group by name; what can be enlisted of them the host instances find out. */
export function servicesOf({ orchestrations, sendPorts, receiveLocations }: ClusterFile): NamedService[] {
  const named = (kind: NamedService['kind'], list: readonly { readonly name: string; readonly host: string }[]): NamedService[] =>
    list.map(({ name, host }) => ({ kind, name, host }));
  return [...named('orchestration', orchestrations), ...named('sendPort', sendPorts), ...named('receiveLocation', receiveLocations)];
}

/** What a recorded run is told of its group: names, no addresses and no paths. */
export function groupStarted({ name, profile, receiveLocations }: ClusterFile, computers: Computers): Observation {
  return {
    kind: 'groupStarted',
    name,
    profile,
    computers: computers.list().map((computer) => computer.name),
    hostInstances: computers.hostInstances.map((instance) => ({ name: instance.name, host: instance.host, computer: instance.computer })),
    receiveLocations: receiveLocations.map((location) => ({
      name: location.name,
      host: location.host,
      adapter: location.transport.adapter,
    })),
  };
}

/** Liveness comes from the lease by the MessageBox's clock, never from what a host instance last said of itself. */
export function hostInstanceStatus(process: HostInstanceProcess, session: SessionReport | undefined, leaseMs: number): HostInstanceStatus {
  return {
    name: process.name,
    host: process.host,
    computer: process.computer,
    pid: process.pid,
    state: process.told,
    active: session?.active ?? 0,
    credit: session?.credit ?? 0,
    committed: session?.committed ?? 0,
    delivered: session?.delivered ?? 0,
    published: session?.published ?? 0,
    leaseAgeMs: process.lease.hasLease ? Math.round(process.lease.silentMs) : null,
    leaseMs,
    rssMb: session?.rssMb ?? null,
    restarts: process.restarts,
    addresses: process.addresses,
    ...(process.error ? { error: process.error } : {}),
  };
}

function messageBoxStatus({ messageBox: process, dataFolder }: StatusSources, report: MessageBoxReport | undefined): MessageBoxStatus {
  const unknown = { generation: 0, sequence: 0, journalBytes: 0, messages: 0, subscriptions: 0, counts: noCounts(), queueDepth: {} };
  const full = report?.status.full ? toWire(new SohError('messageBox.storageFull', { folder: dataFolder })) : undefined;
  const error = process.error ?? full;
  return { pid: process.pid, state: process.state, ...(report?.status ?? unknown), ...foundBy(process), ...(error ? { error } : {}) };
}

function foundBy({ notices }: MessageBoxProcess): Pick<MessageBoxStatus, 'notices'> {
  return notices.length > 0 ? { notices } : {};
}

function addressOf(hostInstances: readonly HostInstanceStatus[], location: string): string | undefined {
  return hostInstances.find(({ addresses }) => addresses[location] !== undefined)?.addresses[location];
}
