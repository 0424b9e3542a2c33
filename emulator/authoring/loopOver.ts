/** A loop over a list, made of the shapes there are. */
import type { VariableValue } from '../orchestration/json.ts';
import type { Code, CodeScope, LoopShape, Shape } from '../orchestration/shapes.ts';

export interface ListLoop {
  readonly name: string;
  readonly list: Code<readonly VariableValue[]>;
  /** Names of its variables. */
  readonly item: string;
  readonly position: string;
}

/** How far a loop over a list is, as it is saved. */
interface Position {
  readonly [part: string]: VariableValue;
  readonly at: number;
  /** The body has come to its end for this item. */
  readonly done: boolean;
}

/**
 * The condition takes the next item. Only that and its index are saved with the instance, not the list: it would be in every commit of every
 * iteration. So the list is asked for again before each of them.
 *
 * Whoever leaves the body in its middle (an exception, a time-out) leaves `done` unset, so the loop begins with the first item when it is entered
 * again.
 */
export function loopOver({ name, list, item, position }: ListLoop, body: readonly Shape[]): LoopShape {
  const positionIn = ({ variables }: CodeScope): Position | null => variables[position] as Position | null;
  const takeNext = (scope: CodeScope): boolean => {
    const items: unknown = list(scope);
    if (!Array.isArray(items)) throw new TypeError(`The list of "${name}" is given as ${typeof items}, which is no list.`);
    const last = positionIn(scope);
    const at = last?.done === true ? last.at + 1 : 0;
    const goesOn = at < items.length;
    scope.variables[item] = goesOn ? (items[at] as VariableValue) : null;
    scope.variables[position] = goesOn ? ({ at, done: false } satisfies Position) : null;
    return goesOn;
  };
  const next = (scope: CodeScope): void => {
    scope.variables[position] = { at: positionIn(scope)?.at ?? 0, done: true } satisfies Position;
  };
  return { kind: 'loop', name, while: takeNext, body: [...body, { kind: 'expression', name: `${name}: next`, run: next }] };
}
