/** Where everything stands on the drawing: a column for each host in the direction messages take, a row for each computer. */
import type { GroupStatus, HostInstanceStatus } from '../../emulator/control/status.ts';

export type HostRole = 'receiving' | 'processing' | 'sending';

export interface HostColumn {
  readonly host: string;
  readonly role: HostRole;
}

export interface ComputerRow {
  readonly computer: string;
  readonly state: 'running' | 'failed';
  /** One place for each column; `null` where the host has no instance on this computer. */
  readonly places: readonly (HostInstanceStatus | null)[];
}

export interface Topology {
  readonly columns: readonly HostColumn[];
  readonly rows: readonly ComputerRow[];
}

const ORDER: readonly HostRole[] = ['receiving', 'processing', 'sending'];

export function topology({ hostInstances, computers, services, receiveLocations }: GroupStatus): Topology {
  const columns = [...new Set(hostInstances.map(({ host }) => host))]
    .map((host) => ({ host, role: roleOf(host) }))
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
  const rows = computers.map(({ name, state }) => ({
    computer: name,
    state,
    places: columns.map(({ host }) => hostInstances.find((one) => one.host === host && one.computer === name) ?? null),
  }));
  return { columns, rows };

  function roleOf(host: string): HostRole {
    const kinds = new Set(services.filter((service) => service.host === host).map(({ kind }) => kind));
    if (kinds.has('orchestration')) return 'processing';
    if (kinds.has('receiveLocation') || receiveLocations.some((location) => location.host === host)) return 'receiving';
    return kinds.has('sendPort') ? 'sending' : 'processing';
  }
}

/** Number of the colour of a host instance: the same everywhere on the page, and as stable as the group's list of them. */
export function colourOf(status: GroupStatus | null, hostInstance: string | null): number | null {
  const index = status?.hostInstances.findIndex(({ name }) => name === hostInstance) ?? -1;
  return index < 0 ? null : index % COLOURS;
}

/** Colours of a theme that tell host instances apart; red is kept for losses. */
export const COLOURS = 5;
