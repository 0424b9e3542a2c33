import type { OrchestrationDefinition } from './definition.ts';
import { shapesIn } from './outline.ts';

/** Kinds of what a scope may declare for itself. */
export const scopeKinds = ['variables', 'messages', 'correlationSets'] as const;
export type ScopeKind = (typeof scopeKinds)[number];

/** Each instance that begins asks for it. */
const known = new WeakMap<OrchestrationDefinition, OrchestrationDefinition>();

/** A definition whose declarations have those of its scopes among them: names of each kind are unique in an orchestration (scopeNames.ts). */
export function withScopes(definition: OrchestrationDefinition): OrchestrationDefinition {
  const made = known.get(definition) ?? addScopes(definition);
  known.set(definition, made);
  return made;
}

function addScopes(definition: OrchestrationDefinition): OrchestrationDefinition {
  const { body, compensation } = definition;
  const scopes = [...shapesIn([...body, ...(compensation?.body ?? [])])].filter((shape) => shape.kind === 'scope');
  const all = <K extends ScopeKind>(kind: K): OrchestrationDefinition[K] =>
    Object.assign({}, definition[kind], ...scopes.map((scope) => scope[kind])) as OrchestrationDefinition[K];
  return { ...definition, variables: all('variables'), messages: all('messages'), correlationSets: all('correlationSets') };
}
