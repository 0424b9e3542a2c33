/** How evenly the instances of one host share its work. */
import type { GroupStatus } from '../../emulator/control/status.ts';

export interface Share {
  readonly hostInstance: string;
  readonly committed: number;
  readonly active: number;
  /** Part of the commits of its host, 0 to 1. */
  readonly share: number;
}

export interface HostBalance {
  readonly host: string;
  readonly shares: readonly Share[];
  /** The share each instance would have if all did the same. */
  readonly ideal: number;
  /** Instances ready to run that nobody holds yet. */
  readonly queued: number;
}

/** One entry for each host, in the order of the group's list. */
export function balance({ hostInstances, messageBox }: GroupStatus): readonly HostBalance[] {
  return [...new Set(hostInstances.map(({ host }) => host))].map((host) => {
    const members = hostInstances.filter((one) => one.host === host);
    const sum = members.reduce((total, { committed }) => total + committed, 0);
    return {
      host,
      shares: members.map(({ name, committed, active }) => ({
        hostInstance: name,
        committed,
        active,
        share: sum === 0 ? 0 : committed / sum,
      })),
      ideal: 1 / members.length,
      queued: messageBox.queueDepth[host] ?? 0,
    };
  });
}
