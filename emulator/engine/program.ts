/** What does not change while instances of a definition run. */
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { eachShape, numberShapes, type NumberedShape } from '../orchestration/outline.ts';
import type { ReceiveShape } from '../orchestration/shapes.ts';
import type { Instruction } from './instruction.ts';
import { lower } from './lower.ts';
import { packVariables } from './variables.ts';

/** A compiled orchestration with its instructions. */
export interface Program {
  readonly compiled: CompiledOrchestration;
  readonly start: number;
  /** By place. */
  readonly instructions: readonly (Instruction | undefined)[];
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
  const program: Program = {
    compiled,
    ...lower(shapes),
    followers: followersOf(shapes),
    messages: new Set(Object.keys(compiled.definition.messages)),
    variables: JSON.stringify(packVariables(compiled.definition.variables)),
  };
  programs.set(compiled, program);
  return program;
}

function followersOf(shapes: readonly NumberedShape[]): Map<string, { number: number; shape: ReceiveShape }[]> {
  const followers = new Map<string, { number: number; shape: ReceiveShape }[]>();
  for (const { number, shape } of eachShape(shapes)) {
    if (shape.kind !== 'receive') continue;
    for (const set of shape.follows) followers.set(set, [...(followers.get(set) ?? []), { number, shape }]);
  }
  return followers;
}
