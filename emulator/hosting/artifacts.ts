/**
 * What this host instance can run: orchestrations, send ports and receive locations bound to its host. Modules of other hosts are not
 * loaded: one that fails, or never ends, is nobody's trouble but of the hosts that need it.
 */
import { resolve } from 'node:path';
import { findOrchestration, type LoadedModule, loadModule } from '../authoring/loader.ts';
import type { EngineServices } from '../engine/door.ts';
import type { ClusterFile, ReceiveLocationSettings, SendPortSettings } from '../cluster/clusterFile.ts';
import { isCode } from '../errors.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { orchestrationId, receiveLocationId } from '../messagebox/protocol/serviceIds.ts';
import { calledBy } from '../orchestration/calls.ts';
import { compile, versionOf } from '../orchestration/compile.ts';
import type { CompiledOrchestration, OrchestrationDefinition } from '../orchestration/definition.ts';
import { BTS, type FieldValue, type MessageType, type Properties } from '../orchestration/message.ts';
import { PROGRAM_FORMAT } from '../orchestration/outline.ts';
import { activations } from '../orchestration/subscriptions.ts';
import { checkBindings } from './check/bindings.ts';
import { LARGE_BYTES, LargeBody } from './largeBody.ts';
import { type DeclaredMessageType, MessageTypes } from './pipelines/messageTypes.ts';
import { SHORT_STEPS } from './pipelines/pathSteps.ts';
import { withLocalSources } from './sourcePlaces.ts';

export interface BoundOrchestration {
  readonly compiled: CompiledOrchestration;
  readonly services: EngineServices;
}

export interface Artifacts {
  readonly services: readonly Service[];
  /** By service id, and by the ids it is known by besides. */
  readonly orchestrations: ReadonlyMap<string, BoundOrchestration>;
  readonly sendPorts: ReadonlyMap<string, SendPortSettings>;
  readonly receiveLocations: readonly ReceiveLocationSettings[];
  readonly messageTypes: MessageTypes;
}

type OrchestrationSettings = ClusterFile['orchestrations'][number];
type Bindings = OrchestrationSettings['bindings'];

interface LoadedOrchestration {
  readonly settings: OrchestrationSettings;
  readonly compiled: CompiledOrchestration;
  readonly version: string;
  readonly messageTypes: readonly MessageType[];
}

/**
 * The form of the engine's places for which an instance may be pinned to the hash of its definition alone. That hash says nothing of a
 * changed helper; instances pinned to it are from before versions did.
 */
const PINNED_TO_THE_HASH = 1;

/**
 * Loads the modules of the host's orchestrations (in this process only).
 *
 * @param loading told of each module before it is loaded: it may never end, or end the process
 * @throws SohError 'definition.*', 'clusterFile.*', 'message.badPath'
 */
export async function loadArtifacts(
  cluster: ClusterFile,
  host: string,
  baseFolder: string,
  loading: (module: string) => Promise<void> = () => Promise.resolve(),
): Promise<Artifacts> {
  const loaded: LoadedOrchestration[] = [];
  for (const settings of cluster.orchestrations) {
    if (settings.host !== host) continue;
    await loading(settings.module);
    loaded.push(orchestrationIn(await loadModule(resolve(baseFolder, settings.module)), settings, cluster));
  }
  const declaredTypes = Object.fromEntries(loaded.map((one) => [one.settings.name, one.messageTypes]));
  const messageTypes = new MessageTypes(typesOf(cluster, declaredTypes), cluster.limits);
  const services: Service[] = [];
  const orchestrations = new Map<string, BoundOrchestration>();
  for (const { settings, compiled, version, messageTypes: declared } of loaded) {
    const { name } = settings;
    const bound = { compiled, services: engineServices(messageTypes, cluster, host) };
    const id = orchestrationId(name, version);
    const aliases = PROGRAM_FORMAT === PINNED_TO_THE_HASH ? [orchestrationId(name, compiled.hash)] : [];
    for (const known of [id, ...aliases]) orchestrations.set(known, bound);
    const subscriptions = activations(compiled, (port) => bound.services.receiveProperties(port, name));
    const outline = withLocalSources(compiled.outline, baseFolder);
    services.push({ id, aliases, name, kind: 'orchestration', host, activations: subscriptions, outline, messageTypes: declared });
  }
  const sendPorts = cluster.sendPorts.filter((port) => port.host === host);
  const receiveLocations = cluster.receiveLocations.filter((location) => location.host === host);
  services.push(...sendPorts.map((port) => sendPortService(port)), ...receiveLocations.map((location) => receiveLocationService(location)));
  return { services, orchestrations, sendPorts: new Map(sendPorts.map((port) => [port.name, port])), receiveLocations, messageTypes };
}

function orchestrationIn(module: LoadedModule, settings: OrchestrationSettings, cluster: ClusterFile): LoadedOrchestration {
  const definition = findOrchestration(module, settings.name);
  const compiled = compile(definition);
  checkBindings(cluster, settings.name, definition);
  const version = versionOf(definition, module.code, PROGRAM_FORMAT);
  return { settings, compiled, version, messageTypes: typesIn(module, definition) };
}

/** What a module says of message types: those it exports, and those the orchestration and what it calls use. */
export function typesIn(module: LoadedModule, definition: OrchestrationDefinition): MessageType[] {
  const used = [definition, ...calledBy(definition)].flatMap(({ messages }) => Object.values(messages));
  const types = [...module.messageTypes.values(), ...used];
  return types.map(({ name, format, namespaces, promoted, distinguished }) => ({ name, format, namespaces, promoted, distinguished }));
}

/**
 * The message types of the group file with those of its orchestrations' modules, by name.
 *
 * @param declared by the orchestration's name
 */
export function typesOf(
  cluster: ClusterFile,
  declared: Readonly<Record<string, readonly MessageType[]>>,
): Map<string, DeclaredMessageType> {
  const types = new Map<string, DeclaredMessageType>(Object.entries(cluster.messageTypes).map(([name, type]) => [name, { name, ...type }]));
  for (const { name } of cluster.orchestrations) {
    // How a JSON body is recognised stands only in the group file; the fields are the module's.
    for (const type of declared[name] ?? []) types.set(type.name, { ...types.get(type.name), ...type });
  }
  return types;
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
  return {
    id: receiveLocationId(location.name),
    name: location.name,
    kind: 'receiveLocation',
    host: location.host,
    activations: [],
    outline: [],
  };
}

/** The ports of an orchestration are bound where the group file names it, also when another one calls it. */
function engineServices(types: MessageTypes, { orchestrations, hosts }: ClusterFile, host: string): EngineServices {
  const settings = hosts.find(({ name }) => name === host);
  const bindings = new Map(orchestrations.map((one) => [one.name, new Map(Object.entries(one.bindings))]));
  return {
    promote: (type, body) => (body.length < LARGE_BYTES ? promoteHere(types, type, body) : 'elsewhere'),
    field: (type, message, location) => {
      const read = (): FieldValue | undefined => types.field(type, message.body, location);
      return message instanceof LargeBody ? message.field(type, location, read) : read();
    },
    sendProperties: (port, orchestration) => sendProperties(bindings.get(orchestration)?.get(port)),
    receiveProperties: (port, orchestration) => receiveProperties(bindings.get(orchestration)?.get(port)),
    correlation: { validate: settings?.validateCorrelations === true, empty: settings?.emptyCorrelation ?? 'accept' },
  };
}

function promoteHere(types: MessageTypes, type: MessageType, body: string): ReturnType<EngineServices['promote']> {
  try {
    return types.promoteMade(type, body, SHORT_STEPS);
  } catch (error) {
    if (isCode(error, 'message.pathTooCostly')) return 'elsewhere';
    throw error;
  }
}

/** An unbound port is direct-bound: plain publish and subscribe (docs/behaviour.md, section 10). */
function sendProperties(binding: Bindings[string] | undefined): Properties {
  return binding && 'sendPort' in binding ? { [BTS.sendPort]: binding.sendPort } : {};
}

function receiveProperties(binding: Bindings[string] | undefined): Properties {
  return binding && 'receivePort' in binding ? { [BTS.receivePort]: binding.receivePort } : {};
}
