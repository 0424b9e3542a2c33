/** Ports that correlate by themselves, and faults (docs/behaviour.md, sections 10 and 11). */
import type { OrchestrationDefinition, PortDeclaration } from './definition.ts';
import type { Fail } from './mistakes.ts';
import type { NumberedShape } from './outline.ts';
import type { ReceiveShape, Shape } from './shapes.ts';

/** True when the engine brings what is received through a port to the instance that waits for it: no correlation set does. */
export function isAnswered(port: PortDeclaration | undefined): boolean {
  return port !== undefined && (port.selfCorrelating === true || (port.direction === 'send' && port.twoWay));
}

/** The fault message of a port that is of a type. */
export function faultOf({ ports, messages }: OrchestrationDefinition, port: string, type: string): string | undefined {
  return ports[port]?.faults?.find((name) => messages[name]?.name === type);
}

/** Names of the types of a port's faults. */
export function faultTypes({ ports, messages }: OrchestrationDefinition, port: string): string[] {
  return (ports[port]?.faults ?? []).map((name) => messages[name]?.name ?? '');
}

/** Fault messages that a handler of this exception has. */
export function faultsCaught({ ports, messages }: OrchestrationDefinition, exception: string): string[] {
  const faults = Object.values(ports).flatMap((port) => (isAnswered(port) ? (port.faults ?? []) : []));
  return faults.filter((name) => messages[name]?.name === exception);
}

/** The type of the messages that an orchestration receives through a two-way send port; `undefined` when it receives none. */
export function responseType({ messages }: OrchestrationDefinition, port: string, all: Iterable<Shape>): string | undefined {
  for (const shape of all) if (shape.kind === 'receive' && shape.port === port) return messages[shape.message]?.name;
  return undefined;
}

/** Faults are messages with types of their own. */
export function checkFaults(definition: OrchestrationDefinition, invalid: (detail: string, port: string) => never): void {
  for (const [name, { faults = [], twoWay }] of Object.entries(definition.ports)) {
    if (faults.length > 0 && !twoWay) invalid(`port "${name}" is one-way, so it has no faults`, name);
    const unknown = faults.find((fault) => !Object.hasOwn(definition.messages, fault));
    if (unknown !== undefined) invalid(`fault "${unknown}" of port "${name}" is no declared message`, name);
    const types = faultTypes(definition, name);
    if (types.includes('')) invalid(`a fault of port "${name}" is untyped, so nothing could tell it from a response`, name);
    if (new Set(types).size < types.length) invalid(`two faults of port "${name}" are of the same type`, name);
  }
}

/** Only what leaves through a send port can be said to have left. */
export function checkNotification({ ports }: OrchestrationDefinition, invalid: (detail: string, port: string) => never): void {
  for (const [name, { direction, twoWay, deliveryNotification }] of Object.entries(ports))
    if (deliveryNotification === true && (direction === 'receive' || twoWay))
      invalid(`port "${name}" has delivery notification, which only a one-way send port has`, name);
}

/** A Receive that gets what the port's token brings. */
export function checkAnswer(definition: OrchestrationDefinition, shape: ReceiveShape, all: readonly NumberedShape[], fail: Fail): void {
  const { name, port } = shape;
  if (shape.activate) fail(`"${name}" activates, but to port "${port}" comes only what an instance waits for that runs already`, shape);
  if (shape.follows.length > 0) fail(`"${name}" follows a correlation set, but port "${port}" correlates by itself`, shape);
  if (definition.ports[port]?.selfCorrelating === true) return;
  const type = definition.messages[shape.message]?.name ?? '';
  if (faultTypes(definition, port).includes(type)) fail(`"${name}" receives a message of the type of a fault of port "${port}"`, shape);
  const other = responseType(
    definition,
    port,
    all.map(({ shape: one }) => one),
  );
  if (other !== type)
    fail(`"${name}" receives a response of type "${type}" through port "${port}", whose response is of type "${String(other)}"`, shape);
}
