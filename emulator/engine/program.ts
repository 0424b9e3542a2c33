/** What does not change while instances of a definition run. */
import type { CompiledOrchestration } from '../orchestration/definition.ts';
import { numberShapes } from '../orchestration/outline.ts';
import type { Scope } from './instruction.ts';
import { lower, type Lowered } from './lower.ts';
import { wakesOf, type Wakes } from './waiting.ts';

/** A compiled orchestration with its instructions. */
export interface Program extends Lowered {
  readonly compiled: CompiledOrchestration;
  /** Scopes that may take so long only. */
  readonly timed: readonly Scope[];
  readonly wakes: Wakes;
}

const programs = new WeakMap<CompiledOrchestration, Program>();

/** The program of a compiled orchestration, made once. */
export function programOf(compiled: CompiledOrchestration): Program {
  const known = programs.get(compiled);
  if (known) return known;
  const { definition, outline } = compiled;
  const lowered = lower(definition, numberShapes(definition.body).shapes, outline.length);
  const timed = [...lowered.scopes.values()].filter(({ number }) => hasTimeout(lowered, number));
  const program: Program = { compiled, ...lowered, timed, wakes: wakesOf(lowered) };
  programs.set(compiled, program);
  return program;
}

function hasTimeout({ instructions }: Lowered, number: number): boolean {
  const shape = instructions[number]?.shape;
  return shape?.kind === 'scope' && shape.timeout !== undefined;
}
