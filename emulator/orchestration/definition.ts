import type { OrchestrationDefinition, Transaction } from './shapes.ts';
import type { SourcePlace } from './source.ts';

// A shape may call another definition, so what a definition says stands beside the shapes.
export type { OrchestrationDefinition, PortDeclaration } from './shapes.ts';

/**
 * A definition made ready to run. Shapes are numbered in document order; the number is what states and histories carry, valid for
 * this definition only (an instance is pinned to the version it started with, docs/failure-model.md, P14).
 */
export interface CompiledOrchestration {
  readonly definition: OrchestrationDefinition;
  /** Hash over the tree and the text of the functions in it, but of nothing they call. */
  readonly hash: string;
  readonly outline: readonly OutlineEntry[];
}

/** One line of the outline of a definition: enough to name, draw and list shapes without their code. */
export interface OutlineEntry {
  readonly kind: string;
  readonly name: string;
  /** Index of the enclosing shape or branch, -1 at the top. */
  readonly parent: number;
  /** Of a Scope or Call that is a transaction. */
  readonly transaction?: Exclude<Transaction, 'none'>;
  /** Name of what a Call or Start is for. */
  readonly orchestration?: string;
  /** Name of the one transaction that a Compensate is for. */
  readonly compensates?: string;
  readonly source?: SourcePlace;
}
