import type { VariableValue } from './json.ts';
import type { MessageType } from './message.ts';
import type { Direction, Shape } from './shapes.ts';
import type { SourcePlace } from './source.ts';

/** A logical port of an orchestration; `cluster.json` binds it. */
export interface PortDeclaration {
  readonly direction: 'receive' | 'send';
  /** The response of a request-response receive port is sent through the same port. */
  readonly twoWay: boolean;
}

/** One orchestration: what is drawn, validated, hashed and run. */
export interface OrchestrationDefinition {
  readonly name: string;
  readonly messages: Readonly<Record<string, MessageType>>;
  /** Initial values. */
  readonly variables: Readonly<Record<string, VariableValue>>;
  /** Correlation set name -> the promoted properties it consists of. */
  readonly correlationSets: Readonly<Record<string, readonly string[]>>;
  readonly ports: Readonly<Record<string, PortDeclaration>>;
  /** Transactional scopes are nested only in transactional orchestrations; without it there is none. */
  readonly transaction?: 'longRunning';
  /**
   * What it gets from whoever calls or starts it: names of its messages, variables, correlation sets and ports. Only an orchestration that
   * says this, be it that it gets nothing, can be called or started; no message activates it.
   */
  readonly parameters?: Readonly<Record<string, Direction>>;
  readonly body: readonly Shape[];
  /** Undoes what it did, when it has been called, has ended, and what is around the Call fails. */
  readonly compensation?: { readonly name: string; readonly body: readonly Shape[] };
}

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
  readonly source?: SourcePlace;
}
