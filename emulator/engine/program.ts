/** What does not change while instances of a definition run. */
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { eachShape, numberShapes, type NumberedShape } from '../orchestration/outline.ts';
import type { ReceiveShape } from '../orchestration/shapes.ts';
import type { Scope } from './instruction.ts';
import { lower, type Lowered } from './lower.ts';
import { packVariables } from './variables.ts';

/** A compiled orchestration with its instructions. */
export interface Program extends Lowered {
  readonly compiled: CompiledOrchestration;
  /** Scopes that may take so long only. */
  readonly timed: readonly Scope[];
  /** Transactional scopes by their names. */
  readonly transactions: ReadonlyMap<string, Scope>;
  /** Names of the variables of the orchestration and of all its scopes. */
  readonly names: ReadonlySet<string>;
  /** Receives that follow a correlation set, by the set's name. */
  readonly followers: ReadonlyMap<string, readonly { readonly number: number; readonly shape: ReceiveShape }[]>;
  /** Names of the declared messages. */
  readonly messages: ReadonlySet<string>;
  /** Initial variables as text, so that every instance gets values of its own. */
  readonly variables: string;
}

const programs = new WeakMap<CompiledOrchestration, Program>();

/** The program of a compiled orchestration, made once. */
export function programOf(compiled: CompiledOrchestration): Program {
  const known = programs.get(compiled);
  if (known) return known;
  const { shapes } = numberShapes(compiled.definition.body);
  const lowered = lower(shapes, compiled.outline.length);
  const scopes = [...lowered.scopes.values()];
  const program: Program = {
    compiled,
    ...lowered,
    transactions: new Map(scopes.filter(({ transaction }) => transaction !== 'none').map((scope) => [scope.name, scope])),
    timed: scopes.filter(({ number }) => hasTimeout(lowered, number)),
    names: new Set([...Object.keys(compiled.definition.variables), ...scopes.flatMap(({ variables }) => variables)]),
    followers: followersOf(shapes),
    messages: new Set(Object.keys(compiled.definition.messages)),
    variables: JSON.stringify(packVariables(compiled.definition.variables)),
  };
  programs.set(compiled, program);
  return program;
}

function hasTimeout({ instructions }: Lowered, number: number): boolean {
  const shape = instructions[number]?.shape;
  return shape?.kind === 'scope' && shape.timeout !== undefined;
}

function followersOf(shapes: readonly NumberedShape[]): Map<string, { number: number; shape: ReceiveShape }[]> {
  const followers = new Map<string, { number: number; shape: ReceiveShape }[]>();
  for (const { number, shape } of eachShape(shapes)) {
    if (shape.kind !== 'receive') continue;
    for (const set of shape.follows) followers.set(set, [...(followers.get(set) ?? []), { number, shape }]);
  }
  return followers;
}
