/** What a schema cannot say about a group file: names are unique, everything that is named exists, and nothing stands in another's way. */
import { term } from '../text/term.ts';
import { addressFindings, receivePortOf } from './addressCheck.ts';
import type { ClusterFile } from './clusterFile.ts';
import type { Finding } from './finding.ts';
import type { JsonPath } from './jsonText.ts';
import { profiles, type ProfileTimes } from './profiles.ts';
import { recognitionFindings } from './recognition.ts';

/** All contradictions in a file that has the right shape, in the order of the file. */
export function crossCheck(file: ClusterFile): Finding[] {
  const computers = new Set(file.computers);
  const hosts = new Set(file.hosts.map((host) => host.name));
  const hostReferences = (['orchestrations', 'receiveLocations', 'sendPorts'] as const).flatMap((list) =>
    file[list].flatMap((item, index) => unknownName(term('host'), item.host, hosts, [list, index, 'host'])),
  );
  return [
    ...repeated(term('computer'), file.computers, (index) => ['computers', index], asFileName),
    ...repeatedNames(term('host'), 'hosts', file.hosts, asFileName),
    ...file.hosts.flatMap((host, index) => instances(host, index, computers)),
    ...file.hosts.flatMap(({ dehydration }, index) => thresholds(dehydration, index, profiles[file.profile])),
    ...repeatedNames(term('orchestration'), 'orchestrations', file.orchestrations),
    ...repeatedNames(term('receive location'), 'receiveLocations', file.receiveLocations),
    ...repeatedNames(term('send port'), 'sendPorts', file.sendPorts),
    ...hostReferences,
    ...bindings(file),
    ...addressFindings(file),
    ...recognitionFindings(file),
  ];
}

function instances(host: ClusterFile['hosts'][number], index: number, computers: ReadonlySet<string>): Finding[] {
  return host.instances.flatMap((computer, position) => {
    const path: JsonPath = ['hosts', index, 'instances', position];
    if (host.instances.indexOf(computer) < position)
      return [{ code: 'clusterFile.instanceTwice', path, parameters: { computer, host: host.name } }];
    return unknownName(term('computer'), computer, computers, path);
  });
}

function thresholds(set: ClusterFile['hosts'][number]['dehydration'], index: number, profile: ProfileTimes): Finding[] {
  const { minThresholdMs: min = profile.dehydrateMinMs, maxThresholdMs: max = profile.dehydrateMaxMs } = set;
  return min > max ? [{ code: 'clusterFile.thresholds', path: ['hosts', index, 'dehydration'], parameters: { min, max } }] : [];
}

function bindings(file: ClusterFile): Finding[] {
  const receivePorts = new Set(file.receiveLocations.map(receivePortOf));
  const sendPorts = new Set(file.sendPorts.map((port) => port.name));
  return file.orchestrations.flatMap((orchestration, index) =>
    Object.entries(orchestration.bindings).flatMap(([port, binding]) => {
      const path = ['orchestrations', index, 'bindings', port];
      if ('receivePort' in binding) return unknownName(term('receive port'), binding.receivePort, receivePorts, [...path, 'receivePort']);
      if ('sendPort' in binding) return unknownName(term('send port'), binding.sendPort, sendPorts, [...path, 'sendPort']);
      if ('partner' in binding) return partners(file, binding.partner, [...path, 'partner']);
      return [];
    }),
  );
}

/** The port belongs to an orchestration of the group: of both partners, or of the one side only. Both names may have dots. */
function partners({ orchestrations }: ClusterFile, partner: string, path: JsonPath): Finding[] {
  if (orchestrations.some(({ name }) => partner.startsWith(`${name}.`))) return [];
  return unknownName(term('orchestration'), partner.slice(0, partner.indexOf('.')), new Set(orchestrations.map(({ name }) => name)), path);
}

function unknownName(kind: string, name: string, known: ReadonlySet<string>, path: JsonPath): Finding[] {
  if (known.has(name)) return [];
  return [{ code: 'clusterFile.unknownName', path, parameters: { kind, name, known: [...known].join(', ') || term('none') } }];
}

/**
 * As names of computers and of hosts are compared: they name files too (logs), and not every file system tells capital from small letters.
 */
export const asFileName = (name: string): string => name.toLowerCase();

function repeatedNames(kind: string, list: string, items: readonly { readonly name: string }[], as?: typeof asFileName): Finding[] {
  const names = items.map((item) => item.name);
  return repeated(kind, names, (index) => [list, index, 'name'], as);
}

function repeated(kind: string, names: readonly string[], pathOf: (index: number) => JsonPath, as = (name: string) => name): Finding[] {
  const compared = names.map(as);
  return names.flatMap((name, index): Finding[] => {
    const other = names[compared.indexOf(as(name))] ?? name;
    const path = pathOf(index);
    if (other !== name) return [{ code: 'clusterFile.onlyCase', path, parameters: { kind, name, other } }];
    return names.indexOf(name) < index ? [{ code: 'clusterFile.duplicate', path, parameters: { kind, name } }] : [];
  });
}
