/** What the bindings of a group file say against the ports an orchestration declares. */
import { isAnswering, isTwoWay, receivePortOf } from '../../cluster/addressCheck.ts';
import type { ClusterFile } from '../../cluster/clusterFile.ts';
import type { Finding } from '../../cluster/finding.ts';
import { printPath } from '../../cluster/jsonText.ts';
import { SohError } from '../../errors.ts';
import { calledBy } from '../../orchestration/calls.ts';
import { shapesIn } from '../../orchestration/outline.ts';
import type { OrchestrationDefinition, PortDeclaration } from '../../orchestration/definition.ts';
import { acrossPorts } from '../../orchestration/convoys.ts';
import { isAnswered } from '../../orchestration/ports.ts';
import { withScopes } from '../../orchestration/withScopes.ts';
import { term } from '../../text/term.ts';
import { ANY_PORT } from '../pipelines/recognition.ts';

/** What a port is, and what it is bound to. */
interface Contradiction {
  readonly name: string;
  /** What that is, where it is not clear. */
  readonly kind?: string;
  readonly expected: string;
  readonly found: string;
}

type Binding = ClusterFile['orchestrations'][number]['bindings'][string];

/** What each logical port is bound to, by its name. */
export type Bindings = ReadonlyMap<string, Binding>;

/**
 * What the ports of an orchestration are bound to: what the group file says of the one of that name, else the receive or send port of the same
 * name. Where there is none a port is direct: plain publish and subscribe (docs/behaviour.md, section 10).
 */
export function bindingsOf(cluster: ClusterFile, { name, ports }: OrchestrationDefinition): Bindings {
  const bindings = cluster.orchestrations.find((one) => one.name === name)?.bindings ?? {};
  return new Map(
    Object.entries(ports).map(([port, { direction, selfCorrelating = false }]) => {
      const said = Object.hasOwn(bindings, port) ? bindings[port] : undefined;
      return [port, said ?? (selfCorrelating ? { direct: true } : sameName(cluster, port, direction))];
    }),
  );
}

function sameName({ receiveLocations, sendPorts }: ClusterFile, name: string, direction: PortDeclaration['direction']): Binding {
  if (direction === 'send') return sendPorts.some((port) => port.name === name) ? { sendPort: name } : { direct: true };
  return receiveLocations.some((location) => receivePortOf(location) === name) ? { receivePort: name } : { direct: true };
}

/**
 * Receive ports from which an orchestration, or one that it calls, takes messages, by the name of their type; `ANY_PORT` where its port is
 * direct.
 */
export function receivePortsOf(cluster: ClusterFile, definition: OrchestrationDefinition): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const one of [definition, ...calledBy(definition)].map(withScopes)) {
    const bindings = bindingsOf(cluster, one);
    for (const shape of shapesIn([...one.body, ...(one.compensation?.body ?? [])])) {
      if (shape.kind !== 'receive') continue;
      const binding = bindings.get(shape.port);
      const port = binding && 'receivePort' in binding ? binding.receivePort : ANY_PORT;
      const declared = one.ports[shape.port];
      const faults = declared && isAnswered(declared) ? (declared.faults ?? []) : [];
      for (const message of [shape.message, ...faults]) {
        const type = one.messages[message]?.name ?? '';
        const ports = found.get(type) ?? [];
        if (!ports.includes(port)) found.set(type, [...ports, port]);
      }
    }
  }
  return found;
}

/** @param name of the orchestration, as the group file calls it */
export function bindingFindings(cluster: ClusterFile, name: string, definition: OrchestrationDefinition): Finding[] {
  const { ports } = definition;
  const index = cluster.orchestrations.findIndex((orchestration) => orchestration.name === name);
  const bindings = cluster.orchestrations[index]?.bindings ?? {};
  const bound = bindingsOf(cluster, definition);
  // Those of the file in its order, then those it does not name.
  const findings = [...new Set([...Object.keys(bindings), ...bound.keys()])].flatMap((port): Finding[] => {
    const path = ['orchestrations', index, 'bindings', port];
    const unknown = (one: string): Finding => {
      const known = Object.keys(ports).join(', ') || term('none');
      return { code: 'clusterFile.unknownName', path, parameters: { kind: term('port of the orchestration'), name: one, known } };
    };
    const [declared, binding] = [Object.hasOwn(ports, port) ? ports[port] : undefined, bound.get(port)];
    if (declared === undefined || binding === undefined) return [unknown(port)];
    // Whose module is another one is not asked.
    const own = 'partner' in binding && binding.partner.startsWith(`${name}.`) ? binding.partner.slice(name.length + 1) : port;
    if (!Object.hasOwn(ports, own)) return [unknown(own)];
    const wrong = wrongKind(declared, binding);
    if (wrong) return [{ code: 'clusterFile.wrongBinding', path, parameters: { orchestration: name, port, ...wrong } }];
    if (declared.deliveryNotification && !('sendPort' in binding))
      return [{ code: 'clusterFile.notNotified', path, parameters: { orchestration: name, port } }];
    const other = otherWay(cluster, declared, binding);
    return other ? [{ code: 'clusterFile.otherWay', path, parameters: { orchestration: name, port, ...other } }] : [];
  });
  return [...findings, ...convoyFindings(definition, name, index, bound)];
}

/** The ports of a convoy are one port; two that are bound to one place would only look as if they were not. */
function convoyFindings(definition: OrchestrationDefinition, name: string, index: number, bindings: Bindings): Finding[] {
  const placeOf = (port: string): string | undefined => {
    const binding = bindings.get(port);
    return binding && 'receivePort' in binding ? binding.receivePort : undefined;
  };
  return acrossPorts(definition)
    .filter(({ start, follower }) => placeOf(start.port) === placeOf(follower.port))
    .map(({ start, follower }) => ({
      code: 'clusterFile.convoyAcrossPorts',
      path: ['orchestrations', index, 'bindings', follower.port],
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

function wrongKind({ direction, selfCorrelating }: PortDeclaration, binding: Binding): Contradiction | undefined {
  const [receive, send] = [term('a receive port'), term('a send port')];
  const unbound = term('self-correlating, which needs no binding');
  if (selfCorrelating && 'receivePort' in binding) return { name: binding.receivePort, expected: unbound, found: receive };
  if (selfCorrelating && 'partner' in binding) return { name: binding.partner, expected: unbound, found: term('a partner') };
  if ('sendPort' in binding && direction === 'receive') return { name: binding.sendPort, expected: receive, found: send };
  if ('receivePort' in binding && direction === 'send') return { name: binding.receivePort, expected: send, found: receive };
  return undefined;
}

/**
 * Callers of a two-way location wait for an answer that a one-way port never gives; a one-way location has nobody to give it to. A one-way send
 * port answers nothing, and nobody would take what a two-way one brings back.
 */
function otherWay({ receiveLocations, sendPorts }: ClusterFile, { twoWay }: PortDeclaration, binding: Binding): Contradiction | undefined {
  const [two, one] = [term('two-way'), term('one-way')];
  const differs = { expected: twoWay ? two : one, found: twoWay ? one : two };
  if ('receivePort' in binding) {
    const other = receiveLocations.find((location) => receivePortOf(location) === binding.receivePort && isTwoWay(location) !== twoWay);
    return other && { name: other.name, kind: term('receive location'), ...differs };
  }
  const other = 'sendPort' in binding && sendPorts.find((port) => port.name === binding.sendPort && isAnswering(port) !== twoWay);
  return other ? { name: other.name, kind: term('send port'), ...differs } : undefined;
}
