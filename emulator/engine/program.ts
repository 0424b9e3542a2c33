/** What does not change while instances of a definition run. */
import type { CompiledOrchestration, OrchestrationDefinition } from '../orchestration/definition.ts';
import { numberShapes } from '../orchestration/outline.ts';
import type { Instruction } from './instruction.ts';
import { lower, type Lowered } from './lower.ts';
import { wakesOf, type Wakes } from './waiting.ts';

/** A compiled orchestration with its instructions. */
export interface Program extends Lowered {
  readonly compiled: CompiledOrchestration;
  /** Of scopes, Calls and the orchestration that may take so long only, the outer ones first; its own is that of its default handler. */
  readonly timed: readonly Instruction[];
  readonly wakes: Wakes;
}

const programs = new WeakMap<CompiledOrchestration, Program>();

/** The program of a compiled orchestration, made once. */
export function programOf(compiled: CompiledOrchestration): Program {
  const known = programs.get(compiled);
  if (known) return known;
  const { definition, outline } = compiled;
  const lowered = lower(definition, numberShapes(definition.body).shapes, outline);
  const places = [lowered.defaultHandler, ...lowered.scopes.keys()];
  const timed = places.flatMap((place) => lowered.instructions[place] ?? []).filter((one) => hasTimeout(definition, one));
  const program: Program = { compiled, ...lowered, timed, wakes: wakesOf(lowered) };
  programs.set(compiled, program);
  return program;
}

function hasTimeout(definition: OrchestrationDefinition, { shape }: Instruction): boolean {
  const timed = shape?.kind === 'scope' ? shape : shape?.kind === 'call' ? shape.orchestration : shape === undefined ? definition : {};
  return 'timeout' in timed && timed.timeout !== undefined;
}
