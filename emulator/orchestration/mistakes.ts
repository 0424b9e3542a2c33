/** How the rules of a definition report what breaks them. */
import type { OrchestrationDefinition, Shape } from './shapes.ts';

/** Reports a mistake in a shape; does not return. */
export type Fail = (detail: string, shape: Shape) => never;

/** Reports a mistake in one of several definitions; does not return. */
export type FailIn = (definition: OrchestrationDefinition, detail: string, shape?: Shape) => never;
