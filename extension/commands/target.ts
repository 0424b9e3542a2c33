import type { NodeTarget } from '../views/node.ts';

/** What a command was called on: tree items carry their target, everything else (palette, other extensions) a name or nothing. */
export function targetsOf<K extends NodeTarget['kind']>(parameters: readonly unknown[], kind: K): Extract<NodeTarget, { kind: K }>[] {
  const [item, selection] = parameters;
  // VS Code gives the item that was clicked, then the whole selection, which the item may not be part of.
  const selected = Array.isArray(selection) && selection.includes(item) ? (selection as unknown[]) : [item];
  return selected.map(targetOf).filter((target): target is Extract<NodeTarget, { kind: K }> => target?.kind === kind);
}

function targetOf(value: unknown): NodeTarget | undefined {
  return (value as { spec?: { target?: NodeTarget } } | undefined | null)?.spec?.target;
}

/** A name given directly, as a test or another extension does. */
export function nameOf(parameters: readonly unknown[]): string | undefined {
  return typeof parameters[0] === 'string' ? parameters[0] : undefined;
}
