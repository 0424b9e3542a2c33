/** The orchestrations that run in an instance: its own, and those that are called (docs/behaviour.md, section 10, Call). */
import { argumentsOf, parametersOf } from '../orchestration/calls.ts';
import type { OrchestrationDefinition } from '../orchestration/definition.ts';
import type { CallShape } from '../orchestration/shapes.ts';
import { withScopes } from '../orchestration/withScopes.ts';
import { ORCHESTRATION, type Follower, type Frame, type PortOfFrame, type Scope, type SharedSubscription } from './instruction.ts';
import { packVariables } from './variables.ts';

/** A frame while its instructions are being made. */
export interface GrowingFrame extends Frame {
  readonly owners: Map<string, number>;
  readonly transactions: Map<string, Scope>;
  readonly followers: Map<string, Follower[]>;
  readonly subscriptions: Map<number, SharedSubscription>;
}

/** The frame of an orchestration. Its scopes and receives come to it while they are lowered. */
export function newFrame(
  written: OrchestrationDefinition,
  number = ORCHESTRATION,
  call?: { shape: CallShape; caller: Frame },
): GrowingFrame {
  const definition = withScopes(written);
  const { messages, variables, ports } = definition;
  const given = call && argumentsOf(call.shape.arguments);
  const parameters = new Set(parametersOf(definition, 'ports', 'in'));
  const portOf = (name: string): PortOfFrame => {
    const declaration = ports[name] ?? { direction: 'receive', twoWay: false };
    const own = { frame: number, orchestration: definition.name, port: name, declaration };
    return (parameters.has(name) ? call?.caller.ports.get(given?.[name] ?? '') : undefined) ?? own;
  };
  return {
    ...{ number, definition, call },
    ports: new Map(Object.keys(ports).map((name) => [name, portOf(name)])),
    variables: new Set(Object.keys(variables)),
    messages: new Set(Object.keys(messages)),
    owners: new Map(),
    transactions: new Map(),
    followers: new Map(),
    subscriptions: new Map(),
    initial: JSON.stringify(packVariables(written.variables)),
  };
}
