/** Where messages come in: two receive locations that would take each other's messages, or cannot both be there. */
import { resolve } from 'node:path';
import type { ClusterFile, ReceiveLocationSettings, SendPortSettings } from './clusterFile.ts';
import type { Finding } from './finding.ts';
import type { JsonPath } from './jsonText.ts';

export function addressFindings({ receiveLocations }: ClusterFile): Finding[] {
  return receiveLocations.flatMap((location, index) => {
    const path: JsonPath = ['receiveLocations', index, 'transport'];
    const before = receiveLocations.slice(0, index);
    return [...sameFolder(location, before, path), ...samePort(location, before, path), ...otherWay(location, before, path)];
  });
}

/** True for a request-response location: its callers wait for an answer. */
export function isTwoWay({ transport }: ReceiveLocationSettings): boolean {
  return transport.adapter === 'HTTP' && transport.twoWay;
}

/** True for a solicit-response send port: what it sends is answered. */
export function isAnswering({ transport }: SendPortSettings): boolean {
  return transport.adapter === 'HTTP' && transport.twoWay;
}

/** Name of the receive port a location belongs to. */
export function receivePortOf({ name, receivePort }: ReceiveLocationSettings): string {
  return receivePort ?? name;
}

/** A file that fits two of them would go to either, by chance. */
function sameFolder({ name, transport }: ReceiveLocationSettings, before: readonly ReceiveLocationSettings[], path: JsonPath): Finding[] {
  if (transport.adapter !== 'FILE') return [];
  // Wherever the group file lies, the same place seen from there.
  const folder = resolve('/', transport.folder);
  const other = before.find(
    (location) =>
      location.transport.adapter === 'FILE' &&
      resolve('/', location.transport.folder) === folder &&
      masksMeet(location.transport.mask, transport.mask),
  );
  if (!other) return [];
  const parameters = { name, other: other.name, folder: transport.folder };
  return [{ code: 'clusterFile.folderTwice', path: [...path, 'folder'], parameters }];
}

function samePort({ name, transport }: ReceiveLocationSettings, before: readonly ReceiveLocationSettings[], path: JsonPath): Finding[] {
  if (transport.adapter !== 'HTTP' || transport.port === 0) return [];
  const { port } = transport;
  const other = before.find((location) => location.transport.adapter === 'HTTP' && location.transport.port === port);
  if (!other) return [];
  return [{ code: 'clusterFile.portTwice', path: [...path, 'port'], parameters: { name, other: other.name, port } }];
}

function otherWay(location: ReceiveLocationSettings, before: readonly ReceiveLocationSettings[], path: JsonPath): Finding[] {
  const port = receivePortOf(location);
  const other = before.find((one) => receivePortOf(one) === port);
  if (!other || isTwoWay(other) === isTwoWay(location)) return [];
  return [{ code: 'clusterFile.mixedPort', path, parameters: { port, name: location.name, other: other.name } }];
}

/** True when some name fits both: `*` is any run of characters, `?` one, letter case does not matter. */
export function masksMeet(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  // meets[j]: the rests of both from the place at hand have a name in common. From the ends to the beginnings.
  let meets: boolean[] = [];
  for (let i = a.length; i >= 0; i--) {
    const after = meets;
    meets = [];
    for (let j = b.length; j >= 0; j--) {
      const [x, y] = [a[i], b[j]];
      if (x === undefined && y === undefined) meets[j] = true;
      else if (x === '*' || y === '*') meets[j] = (x !== undefined && after[j] === true) || (y !== undefined && meets[j + 1] === true);
      else meets[j] = x !== undefined && y !== undefined && (x === y || x === '?' || y === '?') && after[j + 1] === true;
    }
  }
  return meets[0] === true;
}
