import type { GroupStatus } from '../../emulator/control/status.ts';
import type { Translate } from '../../emulator/text/translate.ts';
import type { SessionPhase } from '../session/phase.ts';
import { suspendedCount } from './instanceTree.ts';

/** The status bar item as it should look now. */
export interface StatusFace {
  readonly text: string;
  readonly tooltip: string;
  readonly accessibility: string;
  readonly severity: 'none' | 'warning' | 'error';
}

export function statusFace(phase: SessionPhase, status: GroupStatus | undefined, t: Translate): StatusFace {
  if (phase === 'running' && status !== undefined) return runningFace(status, t);
  const words = phaseText(phase, t);
  const icon = phase === 'starting' || phase === 'stopping' ? 'loading~spin' : 'server-process';
  const tooltip = t('Scaled-Out Hosts: group {state}', { state: words });
  return { text: `$(${icon}) ${words}`, tooltip, accessibility: tooltip, severity: phase === 'failed' ? 'error' : 'none' };
}

function runningFace(status: GroupStatus, t: Translate): StatusFace {
  const running = status.hostInstances.filter(({ state }) => state === 'running').length;
  const active = status.hostInstances.reduce((sum, instance) => sum + instance.active, 0);
  const suspended = suspendedCount(status);
  const total = status.hostInstances.length;
  const parts = [
    `${String(running)}/${String(total)}`,
    t('{count} active', { count: active }),
    ...(suspended === 0 ? [] : [t('{count} suspended', { count: suspended })]),
    ...(status.messageBox.full ? [t('disk full')] : []),
  ];
  const sentence = t('{name}: {running} of {total} host instances running, {active} active, {suspended} suspended', {
    name: status.name,
    running,
    total,
    active,
    suspended,
  });
  const down =
    status.messageBox.state === 'failed' || status.messageBox.full === true || status.hostInstances.some(({ state }) => state === 'failed');
  return {
    text: `$(server-process) ${parts.join(' · ')}`,
    tooltip: sentence,
    accessibility: sentence,
    severity: down ? 'error' : suspended > 0 ? 'warning' : 'none',
  };
}

function phaseText(phase: SessionPhase, t: Translate): string {
  switch (phase) {
    case 'stopped':
      return t('stopped');
    case 'starting':
      return t('starting');
    case 'running':
      return t('running');
    case 'stopping':
      return t('stopping');
    case 'failed':
      return t('failed');
  }
}
