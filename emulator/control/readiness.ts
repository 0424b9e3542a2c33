/** Whether a group that was started works: told from its status, for everybody who waits for it. */
import type { WireError } from '../errors.ts';
import type { GroupStatus, HostInstanceStatus } from './status.ts';

export type Readiness =
  | { readonly kind: 'starting' }
  /** Every host instance that should run has its session, and everything it serves is there. */
  | { readonly kind: 'works' }
  /** It ended, or some of its host instances cannot do their work; the others go on. */
  | { readonly kind: 'fails'; readonly host?: string; readonly error: WireError };

/** Host instances that a person stopped, froze or failed are as they should be. */
export function readinessOf({ state, error, computers, hostInstances, messageBox, services }: GroupStatus): Readiness {
  const first = error ?? (state === 'failed' ? messageBox.error : undefined);
  if (first) return { kind: 'fails', error: first };
  const broken = hostInstances.find((instance) => instance.error !== undefined);
  if (broken?.error) return { kind: 'fails', host: broken.name, error: broken.error };
  const failed = new Set(computers.filter((computer) => computer.state === 'failed').map(({ name }) => name));
  const works =
    state === 'running' &&
    hostInstances.every((instance) => failed.has(instance.computer) || isReady(instance)) &&
    services.every(({ enlisted, removed }) => enlisted || removed);
  return { kind: works ? 'works' : 'starting' };
}

function isReady({ state, leaseAgeMs }: HostInstanceStatus): boolean {
  return state === 'running' ? leaseAgeMs !== null : state === 'stopped' || state === 'frozen';
}
