import { type HostInstanceAction, hostInstanceActions } from '../../emulator/control/hostInstanceActions.ts';
import type { GroupStatus, HostInstanceStatus, MessageBoxStatus } from '../../emulator/control/status.ts';
import { clockSentence } from '../../emulator/text/machineText.ts';
import { errorText, type Translate } from '../../emulator/text/translate.ts';
import { contextValue, type NodeSpec } from './node.ts';
import { hostInstanceIcon, hostInstanceStateText, messageBoxFullIcon, messageBoxIcon, messageBoxStateText } from './stateText.ts';

export type Grouping = 'host' | 'computer';

/** What can be done with a host instance. One that is restarting comes by itself: a start of a person's would only hide it. */
export function actionsOn({ state, pid }: HostInstanceStatus): Readonly<Record<HostInstanceAction, boolean>> {
  return hostInstanceActions(state, state !== 'restarting', pid !== null);
}

/** The Group view: the MessageBox, then hosts or computers with their host instances. */
export function groupTree(status: GroupStatus, grouping: Grouping, t: Translate): NodeSpec[] {
  const names = grouping === 'host' ? unique(status.hostInstances.map(({ host }) => host)) : status.computers.map(({ name }) => name);
  const parents = names.map((name) => {
    const instances = status.hostInstances.filter((instance) => (grouping === 'host' ? instance.host : instance.computer) === name);
    const children = instances.map((instance) => hostInstanceNode(instance, grouping, t));
    return grouping === 'host' ? hostNode(name, instances, children, status, t) : computerNode(name, children, status, t);
  });
  return [messageBoxNode(status.messageBox, t), ...parents];
}

function messageBoxNode(messageBox: MessageBoxStatus, t: Translate): NodeSpec {
  const state = messageBoxStateText(messageBox.state, t);
  const messages = t('{count} messages', { count: messageBox.messages });
  return {
    id: 'messageBox',
    target: { kind: 'messageBox' },
    label: t('MessageBox'),
    description: messageBox.full ? `${state} · ${t('disk full')} · ${messages}` : `${state} · ${messages}`,
    icon: messageBox.full ? messageBoxFullIcon : messageBoxIcon(messageBox.state),
    contextValue: contextValue('messageBox', { kill: messageBox.state === 'running' }),
    accessibility: [
      t('MessageBox, {state}, {count} messages', { state, count: messageBox.messages }),
      ...(messageBox.full ? [t('disk full')] : []),
    ].join(', '),
    tooltip: [
      t('Process {pid}', { pid: messageBox.pid ?? '–' }),
      t('Generation {generation}, {records} durable records', { generation: messageBox.generation, records: messageBox.sequence }),
      t('{bytes} bytes of journal to read after a restart', { bytes: messageBox.journalBytes }),
      ...(messageBox.error === undefined ? [] : Object.values(errorText(messageBox.error, t))),
      ...(messageBox.clock === undefined ? [] : [clockSentence(messageBox.clock, t)]),
      ...(messageBox.notices ?? []).map((notice) => errorText(notice, t).message),
    ].join('\n'),
  };
}

function hostNode(
  name: string,
  instances: readonly HostInstanceStatus[],
  children: NodeSpec[],
  status: GroupStatus,
  t: Translate,
): NodeSpec {
  const running = instances.filter(({ state }) => state === 'running').length;
  const waiting = status.messageBox.queueDepth[name] ?? 0;
  const counts = { name, running, total: instances.length, waiting };
  return {
    id: `host:${name}`,
    target: { kind: 'host', name },
    label: name,
    description: waiting === 0 ? `${String(running)}/${String(instances.length)}` : t('{running}/{total} · {waiting} waiting', counts),
    icon: { id: 'server-process' },
    contextValue: contextValue('host'),
    accessibility: t('Host {name}, {running} of {total} instances running, {waiting} waiting', counts),
    open: true,
    children,
  };
}

function computerNode(name: string, children: NodeSpec[], status: GroupStatus, t: Translate): NodeSpec {
  const down = status.computers.find((computer) => computer.name === name)?.state === 'failed';
  const state = down ? t('failed') : t('running');
  return {
    id: `computer:${name}`,
    target: { kind: 'computer', name },
    label: name,
    description: state,
    icon: down ? { id: 'error', color: 'testing.iconFailed' } : { id: 'vm' },
    contextValue: contextValue('computer', { fail: !down, repair: down }),
    accessibility: t('Computer {name}, {state}, {count} host instances', { name, state, count: children.length }),
    open: true,
    children,
  };
}

function hostInstanceNode(instance: HostInstanceStatus, grouping: Grouping, t: Translate): NodeSpec {
  const state = hostInstanceStateText(instance.state, t);
  const active = t('{count} active', { count: instance.active });
  const lease = leaseText(instance, t);
  return {
    id: `hostInstance:${instance.name}`,
    target: { kind: 'hostInstance', name: instance.name },
    label: grouping === 'host' ? t('on {computer}', { computer: instance.computer }) : instance.host,
    description: [state, active, ...lease].join(' · '),
    icon: hostInstanceIcon(instance.state),
    contextValue: contextValue('hostInstance', actionsOn(instance)),
    accessibility: [t('Host instance {name}', { name: instance.name }), state, active, ...lease].join(', '),
    tooltip: [
      instance.name,
      t('Process {pid}', { pid: instance.pid ?? '–' }),
      t('{count} commits, {credit} free places', { count: instance.committed, credit: instance.credit }),
      t('Restarted {count} times', { count: instance.restarts }),
      ...Object.entries(instance.addresses).map(([location, address]) => `${location}: ${address}`),
      ...(instance.error === undefined ? [] : [instance.error.message]),
    ].join('\n'),
  };
}

/** The age in fifths of the lease: still while the host instance lives, climbing visibly when it falls silent. */
function leaseText({ leaseAgeMs, leaseMs }: HostInstanceStatus, t: Translate): string[] {
  if (leaseAgeMs === null || leaseMs <= 0) return [];
  const step = leaseMs / 5;
  const age = Math.min(leaseMs, Math.floor(leaseAgeMs / step) * step);
  const seconds = (ms: number): string => String(Math.round(ms / 100) / 10);
  return [t('lease {age} s', { age: seconds(age) })];
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
