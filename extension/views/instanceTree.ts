import type { InstanceFilter, InstanceSummary } from '../../emulator/control/instances.ts';
import type { GroupStatus, ServiceInstanceState } from '../../emulator/control/status.ts';
import { sentenceOf } from '../../emulator/text/sentence.ts';
import type { Translate } from '../../emulator/text/translate.ts';
import { isEmpty, isFinished, isSuspended, matches, operationsFor, stateOrder } from './instanceFilter.ts';
import { contextValue, type NodeSpec } from './node.ts';
import { awayText, instanceIcon, instanceStateText } from './stateText.ts';

/** A tree has no paging: more than this is one node that says so. */
const LIMIT = 200;

/** The Service Instances view: states that have instances, suspended first. */
export function instanceTree(status: GroupStatus, instances: Iterable<InstanceSummary>, filter: InstanceFilter, t: Translate): NodeSpec[] {
  const byState = new Map<ServiceInstanceState, InstanceSummary[]>();
  for (const instance of instances) {
    if (!matches(filter, instance)) continue;
    const list = byState.get(instance.state);
    if (list === undefined) byState.set(instance.state, [instance]);
    else list.push(instance);
  }
  const filtered = !isEmpty(filter);
  return stateOrder.flatMap((state) => {
    const known = byState.get(state) ?? [];
    // Of filtered instances the group's own counts say nothing.
    const total = filtered ? known.length : Math.max(status.messageBox.counts[state] ?? 0, known.length);
    return total === 0 ? [] : [stateNode(state, known, total, t)];
  });
}

/** Instances that wait for a person: the number on the view's icon. */
export function suspendedCount(status: GroupStatus): number {
  return stateOrder.filter(isSuspended).reduce((sum, state) => sum + (status.messageBox.counts[state] ?? 0), 0);
}

function stateNode(state: ServiceInstanceState, known: InstanceSummary[], total: number, t: Translate): NodeSpec {
  const label = instanceStateText(state, t);
  // Live ones grow at the end, so that nothing moves; of the finished ones the newest matter.
  const sorted = known.sort((a, b) => (isFinished(state) ? -1 : 1) * (a.created.localeCompare(b.created) || a.id.localeCompare(b.id)));
  const shown = sorted.slice(0, LIMIT).map((instance) => instanceNode(instance, t));
  const left = total - shown.length;
  return {
    id: `state:${state}`,
    target: { kind: 'instanceState', state },
    label,
    description: String(total),
    icon: instanceIcon(state),
    contextValue: contextValue('instanceState', operationsFor(state)),
    accessibility: t('{state}, {count} instances', { state: label, count: total }),
    open: isSuspended(state),
    children: left > 0 ? [...shown, moreNode(state, left, t)] : shown,
  };
}

function moreNode(state: ServiceInstanceState, left: number, t: Translate): NodeSpec {
  const label = t('{count} more: filter to see them', { count: left });
  return {
    id: `more:${state}`,
    target: { kind: 'more' },
    label,
    icon: { id: 'filter' },
    contextValue: contextValue('more'),
    accessibility: label,
    command: 'scaledOutHosts.instances.filter',
  };
}

function instanceNode(instance: InstanceSummary, t: Translate): NodeSpec {
  const away = awayText(instance, t);
  const state = away ?? instanceStateText(instance.state, t);
  const owner = instance.owner ?? t('no host instance');
  const commits = t('{count} commits', { count: instance.commits });
  const takeovers = instance.takeovers === 0 ? [] : [t('{count} takeovers', { count: instance.takeovers })];
  const pending = pendingText(instance, t);
  return {
    id: `instance:${instance.id}`,
    target: { kind: 'instance', id: instance.id },
    label: instance.orchestration,
    description: [
      shortId(instance.id),
      ...(instance.error === null ? [away ?? owner, ...takeovers] : [sentenceOf(instance.error.message)]),
      ...pending,
    ].join(' · '),
    icon:
      instance.takeovers > 0 && !isSuspended(instance.state)
        ? { ...instanceIcon(instance.state), id: 'arrow-swap' }
        : instanceIcon(instance.state),
    contextValue: contextValue('instance', operationsFor(instance.state)),
    accessibility: [
      t('Instance {id} of {orchestration}', { id: shortId(instance.id), orchestration: instance.orchestration }),
      state,
      owner,
      ...takeovers,
      ...pending,
      ...(instance.error === null ? [] : [sentenceOf(instance.error.message)]),
    ].join(', '),
    tooltip: [instance.id, state, owner, commits, ...takeovers, ...(instance.error === null ? [] : [instance.error.message])].join('\n'),
    command: 'scaledOutHosts.instance.show',
  };
}

function pendingText({ pendingOperation }: InstanceSummary, t: Translate): string[] {
  if (pendingOperation === 'suspend') return [t('will be suspended at the next persistence point')];
  if (pendingOperation === 'terminate') return [t('will be terminated at the next persistence point')];
  return [];
}

/** Enough of an id to recognise it. */
export function shortId(id: string): string {
  return id.length > 12 ? id.slice(0, 8) : id;
}
