/**
 * What this host instance can run: orchestrations, send ports and receive locations bound to its host. Modules of other hosts are not
 * loaded: one that fails, or never ends, is nobody's trouble but of the hosts that need it.
 */
import { resolve } from 'node:path';
import { declaredIn, findOrchestration, type LoadedModule, loadModule } from '../authoring/loader.ts';
import type { CorrelationChecks, EngineServices } from '../engine/door.ts';
import type { ClusterFile, ReceiveLocationSettings, SendPortSettings } from '../cluster/clusterFile.ts';
import { isCode } from '../errors.ts';
import type { Service } from '../messagebox/protocol/frames.ts';
import { orchestrationId, receiveLocationId } from '../messagebox/protocol/serviceIds.ts';
import { calledBy } from '../orchestration/calls.ts';
import { compile, versionOf } from '../orchestration/compile.ts';
import type { CompiledOrchestration, OrchestrationDefinition } from '../orchestration/definition.ts';
import { BTS, PARTNER_PORT, type FieldValue, type MessageType, type Properties } from '../orchestration/message.ts';
import { PROGRAM_FORMAT } from '../orchestration/outline.ts';
import { activations } from '../orchestration/subscriptions.ts';
import { type Bindings, bindingsOf, checkBindings, receivePortsOf } from './check/bindings.ts';
import { LARGE_BYTES, LargeBody } from './largeBody.ts';
import { MessageTypes } from './pipelines/messageTypes.ts';
import { SHORT_STEPS } from './pipelines/pathSteps.ts';
import type { DeclaredMessageType } from './pipelines/recognition.ts';
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
type Binding = OrchestrationSettings['bindings'][string];
type Log = NonNullable<EngineServices['log']>;

interface LoadedOrchestration {
  readonly settings: OrchestrationSettings;
  readonly compiled: CompiledOrchestration;
  /** Of itself and of those it calls, by name. */
  readonly bindings: ReadonlyMap<string, Bindings>;
  readonly version: string;
  readonly messageTypes: readonly DeclaredMessageType[];
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
 * @param log where the code of orchestrations writes to
 * @throws SohError 'definition.*', 'clusterFile.*', 'message.badPath'
 */
export async function loadArtifacts(
  cluster: ClusterFile,
  host: string,
  baseFolder: string,
  loading: (module: string) => Promise<void> = () => Promise.resolve(),
  log?: Log,
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
  const checks = correlationChecks(cluster, host);
  const orchestrations = new Map<string, BoundOrchestration>();
  for (const { settings, compiled, bindings, version, messageTypes: declared } of loaded) {
    const { name } = settings;
    const bound = { compiled, services: engineServices(messageTypes, bindings, checks, log) };
    const id = orchestrationId(name, version);
    const aliases = PROGRAM_FORMAT === PINNED_TO_THE_HASH ? [orchestrationId(name, compiled.hash)] : [];
    for (const known of [id, ...aliases]) orchestrations.set(known, bound);
    const subscriptions = activations(compiled, (port) => bound.services.receiveProperties(port, name));
    const outline = withLocalSources(compiled.outline, baseFolder);
    services.push({ id, aliases, name, kind: 'orchestration', host, activations: subscriptions, outline, messageTypes: [...declared] });
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
  const bindings = new Map([definition, ...calledBy(definition)].map((one) => [one.name, bindingsOf(cluster, one)]));
  return { settings, compiled, bindings, version, messageTypes: typesIn(module, cluster, definition) };
}

/** What a module says of message types: those it exports, and those the orchestration uses, with the ports it takes them from. */
function typesIn(module: LoadedModule, cluster: ClusterFile, definition: OrchestrationDefinition): DeclaredMessageType[] {
  const ports = receivePortsOf(cluster, definition);
  return declaredIn(module, definition).map(({ name, format, namespaces, promoted, distinguished, members }) => {
    const receivePorts = ports.get(name);
    return {
      ...{ name, format, namespaces, promoted, distinguished },
      ...(members && { members: [...members] }),
      ...(receivePorts && { receivePorts: [...receivePorts] }),
    };
  });
}

/**
 * The message types of the group file with those of its orchestrations' modules, by name. The fields are the module's; by which members a body
 * is recognised the group file may say otherwise.
 *
 * @param declared by the orchestration's name
 */
export function typesOf(
  cluster: ClusterFile,
  declared: Readonly<Record<string, readonly DeclaredMessageType[]>>,
): Map<string, DeclaredMessageType> {
  const types = new Map<string, DeclaredMessageType>(Object.entries(cluster.messageTypes).map(([name, type]) => [name, { name, ...type }]));
  for (const { name } of cluster.orchestrations) {
    for (const type of declared[name] ?? []) {
      const known = types.get(type.name);
      const members = known?.members?.length ? known.members : type.members;
      const receivePorts = [...new Set([...(known?.receivePorts ?? []), ...(type.receivePorts ?? [])])];
      types.set(type.name, { ...type, receivePorts, ...(members && { members }) });
    }
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

/** @param bindings by the name of the orchestration: another one may be called, and its ports are bound where the group file names it */
function engineServices(
  types: MessageTypes,
  bindings: ReadonlyMap<string, Bindings>,
  correlation: CorrelationChecks,
  log: Log | undefined,
): EngineServices {
  return {
    promote: (type, body) => (body.length < LARGE_BYTES ? promoteHere(types, type, body) : 'elsewhere'),
    field: (type, message, location) => {
      const read = (): FieldValue | undefined => types.field(type, message.body, location);
      return message instanceof LargeBody ? message.field(type, location, read) : read();
    },
    sendProperties: (port, orchestration) => sendProperties(bindings.get(orchestration)?.get(port)),
    receiveProperties: (port, orchestration) => receiveProperties(bindings.get(orchestration)?.get(port)),
    correlation,
    ...(log && { log }),
  };
}

function correlationChecks({ hosts }: ClusterFile, host: string): CorrelationChecks {
  const settings = hosts.find(({ name }) => name === host);
  return { validate: settings?.validateCorrelations === true, empty: settings?.emptyCorrelation ?? 'accept' };
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
function sendProperties(binding: Binding | undefined): Properties {
  if (binding && 'partner' in binding) return { [PARTNER_PORT]: binding.partner };
  return binding && 'sendPort' in binding ? { [BTS.sendPort]: binding.sendPort } : {};
}

function receiveProperties(binding: Binding | undefined): Properties {
  if (binding && 'partner' in binding) return { [PARTNER_PORT]: binding.partner };
  return binding && 'receivePort' in binding ? { [BTS.receivePort]: binding.receivePort } : {};
}
