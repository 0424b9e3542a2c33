/** How states are named and drawn. Colour never stands alone: the shape of the icon and the word say the same. */
import type { HostInstanceState, MessageBoxStatus, ServiceInstanceState } from '../../emulator/control/status.ts';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { Translate } from '../../emulator/text/translate.ts';
import type { NodeIcon } from './node.ts';

const passed = 'testing.iconPassed';
const failed = 'testing.iconFailed';
const busy = 'charts.yellow';
const cold = 'charts.blue';
const quiet = 'disabledForeground';

const hostInstanceIcons: Readonly<Record<HostInstanceState, NodeIcon>> = {
  stopped: { id: 'debug-stop', color: quiet },
  'start pending': { id: 'loading', color: busy },
  running: { id: 'vm-running', color: passed },
  'stop pending': { id: 'loading', color: busy },
  suspect: { id: 'warning', color: 'list.warningForeground' },
  frozen: { id: 'debug-pause', color: cold },
  held: { id: 'debug-alt', color: cold },
  lost: { id: 'debug-disconnect', color: failed },
  restarting: { id: 'debug-restart', color: busy },
  failed: { id: 'error', color: failed },
};

export function hostInstanceIcon(state: HostInstanceState): NodeIcon {
  return hostInstanceIcons[state];
}

export function hostInstanceStateText(state: HostInstanceState, t: Translate): string {
  switch (state) {
    case 'stopped':
      return t('stopped');
    case 'start pending':
      return t('start pending');
    case 'running':
      return t('running');
    case 'stop pending':
      return t('stop pending');
    case 'suspect':
      return t('suspect');
    case 'frozen':
      return t('frozen');
    case 'held':
      return t('held');
    case 'lost':
      return t('lost');
    case 'restarting':
      return t('restarting');
    case 'failed':
      return t('failed');
  }
}

export function messageBoxIcon(state: MessageBoxStatus['state']): NodeIcon {
  if (state === 'running') return { id: 'database', color: passed };
  if (state === 'failed') return { id: 'error', color: failed };
  return state === 'stopped' ? { id: 'database', color: quiet } : { id: 'loading', color: busy };
}

/** It runs, but the disk is full. */
export const messageBoxFullIcon: NodeIcon = { id: 'warning', color: 'list.warningForeground' };

export function messageBoxStateText(state: MessageBoxStatus['state'], t: Translate): string {
  return state === 'starting' ? t('starting') : hostInstanceStateText(state, t);
}

const instanceIcons: Readonly<Record<ServiceInstanceState, NodeIcon>> = {
  'Ready to run': { id: 'watch', color: busy },
  Active: { id: 'play-circle', color: passed },
  Dehydrated: { id: 'save', color: cold },
  Scheduled: { id: 'clock', color: cold },
  'Waits for version': { id: 'versions', color: 'list.warningForeground' },
  'Suspended (resumable)': { id: 'warning', color: 'list.warningForeground' },
  'Suspended (not resumable)': { id: 'error', color: failed },
  Completed: { id: 'pass', color: passed },
  Terminated: { id: 'circle-slash', color: quiet },
};

export function instanceIcon(state: ServiceInstanceState): NodeIcon {
  return instanceIcons[state];
}

export function instanceStateText(state: ServiceInstanceState, t: Translate): string {
  switch (state) {
    case 'Ready to run':
      return t('Ready to run');
    case 'Active':
      return t('Active');
    case 'Dehydrated':
      return t('Dehydrated');
    case 'Scheduled':
      return t('Scheduled');
    case 'Waits for version':
      return t('Waits for version');
    case 'Suspended (resumable)':
      return t('Suspended (resumable)');
    case 'Suspended (not resumable)':
      return t('Suspended (not resumable)');
    case 'Completed':
      return t('Completed');
    case 'Terminated':
      return t('Terminated');
  }
}

/** What an instance waits for that no host instance has; `undefined` when it waits for nothing of the kind. */
export function awayText({ state, orchestration: name, version }: InstanceSummary, t: Translate): string | undefined {
  if (state !== 'Waits for version') return undefined;
  return version === undefined
    ? t('Waits for send port {name}', { name })
    : t('Waits for version {version} of {name}', { version: version.slice(0, 8), name });
}
