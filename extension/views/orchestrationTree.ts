import type { GroupStatus, OrchestrationStatus, ServiceInstanceState } from '../../emulator/control/status.ts';
import { errorText, type Translate } from '../../emulator/text/translate.ts';
import { isFinished, isSuspended } from './instanceFilter.ts';
import { contextValue, type NodeSpec } from './node.ts';

/** A group that could be started: a file of the workspace, or the sample. */
export interface KnownGroup {
  /** `null` = the sample group. */
  readonly path: string | null;
  readonly label: string;
  readonly orchestrations: readonly { readonly name: string; readonly host: string }[];
}

/** The Orchestrations view while a group runs: its types with what they do now. */
export function serviceTree(status: GroupStatus, t: Translate): NodeSpec[] {
  const only = status.receiveLocations.length === 1 ? status.receiveLocations[0]?.name : undefined;
  return status.services.map((service) => serviceNode(service, service.kind === 'receiveLocation' ? service.name : only, status, t));
}

/** The Orchestrations view while nothing runs: what there is to start. */
export function knownGroupTree(groups: readonly KnownGroup[], t: Translate): NodeSpec[] {
  return groups.map((group) => ({
    id: `group:${group.path ?? ''}`,
    target: { kind: 'clusterFile', path: group.path },
    label: group.label,
    description: t('not started'),
    icon: { id: group.path === null ? 'beaker' : 'file-code' },
    contextValue: contextValue('clusterFile'),
    accessibility: t('Group {name}, not started, {count} orchestrations', { name: group.label, count: group.orchestrations.length }),
    open: true,
    children: group.orchestrations.map(({ name, host }) => ({
      id: `group:${group.path ?? ''}:${name}`,
      target: { kind: 'service', name, location: undefined },
      label: name,
      description: host,
      icon: { id: 'type-hierarchy' },
      contextValue: contextValue('service'),
      accessibility: t('Orchestration {name} on host {host}, not started', { name, host }),
    })),
  }));
}

function serviceNode(service: OrchestrationStatus, location: string | undefined, status: GroupStatus, t: Translate): NodeSpec {
  const { live, suspended, done } = totals(service.counts);
  const waiting = service.counts['Waits for version'] ?? 0;
  const parts = [
    t('{count} live', { count: live }),
    ...(suspended === 0 ? [] : [t('{count} suspended', { count: suspended })]),
    ...(waiting === 0 ? [] : [t('{count} wait for a version nobody has', { count: waiting })]),
    t('{count} completed', { count: done }),
    ...(service.removed ? [t('not in the group file any more')] : service.enlisted ? [] : [t('not enlisted')]),
  ];
  const place = status.receiveLocations.find(({ name }) => service.kind === 'receiveLocation' && name === service.name);
  const kind = kindText(service.kind, t);
  const notices = (place?.notices ?? []).map(({ error }) => errorText(error, t).message);
  return {
    id: `service:${service.kind}:${service.name}`,
    target: { kind: 'service', name: service.name, location },
    label: service.name,
    // What a receive location takes in is counted by the orchestrations it starts.
    description: place === undefined ? parts.join(' · ') : `${place.adapter} · ${place.address}`,
    icon:
      notices.length > 0
        ? { id: 'warning' }
        : { id: service.kind === 'orchestration' ? 'type-hierarchy' : service.kind === 'sendPort' ? 'export' : 'sign-in' },
    contextValue: contextValue('service', { submit: service.kind !== 'sendPort' }),
    accessibility: [`${kind} ${service.name}`, t('host {name}', { name: service.host }), ...parts, ...notices].join(', '),
    tooltip: [`${kind} ${service.name}`, t('host {name}', { name: service.host }), ...notices].join('\n'),
  };
}

function kindText(kind: OrchestrationStatus['kind'], t: Translate): string {
  if (kind === 'orchestration') return t('Orchestration');
  return kind === 'sendPort' ? t('Send port') : t('Receive location');
}

function totals(counts: OrchestrationStatus['counts']): { live: number; suspended: number; done: number } {
  const sum = { live: 0, suspended: 0, done: 0 };
  for (const [state, count] of Object.entries(counts) as [ServiceInstanceState, number][]) {
    sum[isSuspended(state) ? 'suspended' : isFinished(state) ? 'done' : 'live'] += count;
  }
  return sum;
}
