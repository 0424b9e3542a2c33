/** What the bindings of a group file say against the ports an orchestration declares. */
import { isTwoWay, receivePortOf } from '../../cluster/addressCheck.ts';
import type { ClusterFile } from '../../cluster/clusterFile.ts';
import type { Finding } from '../../cluster/finding.ts';
import { printPath } from '../../cluster/jsonText.ts';
import { SohError } from '../../errors.ts';
import type { OrchestrationDefinition, PortDeclaration } from '../../orchestration/definition.ts';
import { acrossPorts } from '../../orchestration/convoys.ts';
import { term } from '../../text/term.ts';

/** What a port is, and what it is bound to. */
interface Contradiction {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

type Bindings = ClusterFile['orchestrations'][number]['bindings'];
type Binding = Bindings[string];

/** @param name of the orchestration, as the group file calls it */
export function bindingFindings(cluster: ClusterFile, name: string, definition: OrchestrationDefinition): Finding[] {
  const { ports } = definition;
  const index = cluster.orchestrations.findIndex((orchestration) => orchestration.name === name);
  const bindings = cluster.orchestrations[index]?.bindings ?? {};
  const findings = Object.entries(bindings).flatMap(([port, binding]): Finding[] => {
    const path = ['orchestrations', index, 'bindings', port];
    const declared = Object.hasOwn(ports, port) ? ports[port] : undefined;
    if (declared === undefined) {
      const known = Object.keys(ports).join(', ') || term('none');
      return [{ code: 'clusterFile.unknownName', path, parameters: { kind: term('port of the orchestration'), name: port, known } }];
    }
    const wrong = wrongKind(declared, binding);
    if (wrong) return [{ code: 'clusterFile.wrongBinding', path, parameters: { orchestration: name, port, ...wrong } }];
    const other = otherWay(cluster, declared, binding);
    return other ? [{ code: 'clusterFile.otherWay', path, parameters: { orchestration: name, port, ...other } }] : [];
  });
  return [...findings, ...convoyFindings(definition, name, index, bindings)];
}

/** The ports of a convoy are one port; two that are bound to one place would only look as if they were not. */
function convoyFindings(definition: OrchestrationDefinition, name: string, index: number, bindings: Bindings): Finding[] {
  const placeOf = (port: string): string | undefined => {
    const binding = Object.hasOwn(bindings, port) ? bindings[port] : undefined;
    return binding && 'receivePort' in binding ? binding.receivePort : undefined;
  };
  return acrossPorts(definition)
    .filter(({ start, follower }) => placeOf(start.port) === placeOf(follower.port))
    .map(({ start, follower }) => ({
      code: 'clusterFile.convoyAcrossPorts',
      path: ['orchestrations', index, ...(Object.hasOwn(bindings, follower.port) ? ['bindings', follower.port] : ['name'])],
      parameters: { orchestration: name, start: start.name, port: start.port, follower: follower.name, other: follower.port },
    }));
}

/**
 * Throws the first for which messages would go elsewhere: a port that is bound to the wrong thing would be taken for a direct one. A binding of
 * a port that there is not changes nothing; only `check` tells of it.
 */
export function checkBindings(cluster: ClusterFile, name: string, definition: OrchestrationDefinition): void {
  const first = bindingFindings(cluster, name, definition).find(({ code }) => code !== 'clusterFile.unknownName');
  if (first) throw new SohError(first.code, { file: 'cluster.json', path: printPath(first.path), ...first.parameters });
}

function wrongKind({ direction }: PortDeclaration, binding: Binding): Contradiction | undefined {
  const [receive, send] = [term('a receive port'), term('a send port')];
  if ('sendPort' in binding && direction === 'receive') return { name: binding.sendPort, expected: receive, found: send };
  if ('receivePort' in binding && direction === 'send') return { name: binding.receivePort, expected: send, found: receive };
  return undefined;
}

/** Callers of a two-way location wait for an answer that a one-way port never gives; a one-way location has nobody to give it to. */
function otherWay({ receiveLocations }: ClusterFile, { twoWay }: PortDeclaration, binding: Binding): Contradiction | undefined {
  if (!('receivePort' in binding)) return undefined;
  const [two, one] = [term('two-way'), term('one-way')];
  const other = receiveLocations.find((location) => receivePortOf(location) === binding.receivePort && isTwoWay(location) !== twoWay);
  return other && { name: other.name, expected: twoWay ? two : one, found: twoWay ? one : two };
}
