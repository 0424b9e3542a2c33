/** What this host instance can run: orchestrations, send ports and receive locations bound to its host, and the message types of the group. */
import { resolve } from 'node:path';
import { findOrchestration, loadModule } from '../authoring/loader.ts';
import type { EngineServices } from '../engine/door.ts';
import type { ClusterFile, ReceiveLocationSettings, SendPortSettings } from '../cluster/clusterFile.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { compile } from '../orchestration/compile.ts';
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { BTS, type Properties } from '../orchestration/message.ts';
import { activations } from '../orchestration/subscriptions.ts';
import { type DeclaredMessageType, MessageTypes } from './pipelines/messageTypes.ts';
import { withLocalSources } from './sourcePlaces.ts';

export interface BoundOrchestration {
  readonly compiled: CompiledOrchestration;
  readonly services: EngineServices;
}

export interface Artifacts {
  readonly services: readonly Service[];
  /** By service id. */
  readonly orchestrations: ReadonlyMap<string, BoundOrchestration>;
  readonly sendPorts: ReadonlyMap<string, SendPortSettings>;
  readonly receiveLocations: readonly ReceiveLocationSettings[];
  readonly messageTypes: MessageTypes;
}

type Bindings = ClusterFile['orchestrations'][number]['bindings'];

/** Loads the user's modules (in this process only). @throws SohError 'definition.*', 'message.badPath' */
export async function loadArtifacts(cluster: ClusterFile, host: string, baseFolder: string): Promise<Artifacts> {
  const types = new Map<string, DeclaredMessageType>(Object.entries(cluster.messageTypes).map(([name, type]) => [name, { name, ...type }]));
  const found: { settings: ClusterFile['orchestrations'][number]; compiled: CompiledOrchestration }[] = [];
  for (const settings of cluster.orchestrations) {
    const module = await loadModule(resolve(baseFolder, settings.module));
    const definition = findOrchestration(module, settings.name);
    // How a JSON body is recognised stands only in the group file; the fields are the module's.
    for (const type of [...module.messageTypes.values(), ...Object.values(definition.messages)])
      types.set(type.name, { ...types.get(type.name), ...type });
    if (settings.host === host) found.push({ settings, compiled: compile(definition) });
  }
  const messageTypes = new MessageTypes(types);
  const services: Service[] = [];
  const orchestrations = new Map<string, BoundOrchestration>();
  for (const { settings, compiled } of found) {
    const bound = { compiled, services: engineServices(messageTypes, compiled, settings.bindings) };
    const id = `${settings.name}@${compiled.hash}`;
    orchestrations.set(id, bound);
    const subscriptions = activations(compiled, (port) => bound.services.receiveProperties(port));
    const outline = withLocalSources(compiled.outline, baseFolder);
    services.push({ id, name: settings.name, kind: 'orchestration', host, activations: subscriptions, outline });
  }
  const sendPorts = cluster.sendPorts.filter((port) => port.host === host);
  const receiveLocations = cluster.receiveLocations.filter((location) => location.host === host);
  services.push(...sendPorts.map((port) => sendPortService(port)), ...receiveLocations.map((location) => receiveLocationService(location)));
  return { services, orchestrations, sendPorts: new Map(sendPorts.map((port) => [port.name, port])), receiveLocations, messageTypes };
}

/** A bound send port subscribes to what is sent to it by name, and to whatever its filter says. */
function sendPortService(port: SendPortSettings): Service {
  const filter = [[{ property: BTS.sendPort, operator: '==', value: port.name } as const], ...port.filter];
  return {
    id: port.name,
    name: port.name,
    kind: 'sendPort',
    host: port.host,
    activations: [{ id: '0', filter, follows: [] }],
    outline: [],
  };
}

/** Instances of it are suspended messages and waiting two-way requests; nothing activates it. */
function receiveLocationService(location: ReceiveLocationSettings): Service {
  return { id: location.name, name: location.name, kind: 'receiveLocation', host: location.host, activations: [], outline: [] };
}

function engineServices(types: MessageTypes, { definition }: CompiledOrchestration, bindings: Bindings): EngineServices {
  const send = new Map(Object.keys(definition.ports).map((port) => [port, sendProperties(bindings[port])]));
  const receive = new Map(Object.keys(definition.ports).map((port) => [port, receiveProperties(bindings[port])]));
  return {
    promote: (type, body) => types.promoteMade(type, body),
    field: (type, body, location) => types.field(type, body, location),
    sendProperties: (port) => send.get(port) ?? {},
    receiveProperties: (port) => receive.get(port) ?? {},
  };
}

/** An unbound port is direct-bound: plain publish and subscribe (docs/behaviour.md, section 10). */
function sendProperties(binding: Bindings[string] | undefined): Properties {
  return binding && 'sendPort' in binding ? { [BTS.sendPort]: binding.sendPort } : {};
}

function receiveProperties(binding: Bindings[string] | undefined): Properties {
  return binding && 'receivePort' in binding ? { [BTS.receivePort]: binding.receivePort } : {};
}
