import type { NodeSpec } from './node.ts';

/** A tree item that keeps its identity while what it shows changes. */
export interface TreeElement {
  readonly id: string;
  spec: NodeSpec;
  parent: TreeElement | undefined;
  children: readonly TreeElement[];
}

/** What has to be drawn again: the elements, or everything. */
export type TreeChange = { readonly whole: true } | { readonly whole: false; readonly elements: readonly TreeElement[] };

/**
 * Holds a tree view still: takes the newest specs and says which elements differ, the smallest ones. An element lives as long as its id is
 * under the same parent, so selection and expansion stay.
 */
export class StableTree {
  #roots: readonly TreeElement[] = [];

  get roots(): readonly TreeElement[] {
    return this.#roots;
  }

  /** The element of that id, wherever it is. */
  find(id: string): TreeElement | undefined {
    const search = (elements: readonly TreeElement[]): TreeElement | undefined => {
      for (const element of elements) {
        const found = element.id === id ? element : search(element.children);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    return search(this.#roots);
  }

  /** Takes the new state of the tree; an empty list of elements means that nothing visible changed. */
  update(specs: readonly NodeSpec[]): TreeChange {
    const changed: TreeElement[] = [];
    const before = this.#roots;
    this.#roots = merge(before, specs, undefined, changed);
    if (!sameElements(before, this.#roots)) return { whole: true };
    return { whole: false, elements: changed.filter((element) => !hasAncestorIn(element, changed)) };
  }
}

function merge(
  before: readonly TreeElement[],
  specs: readonly NodeSpec[],
  parent: TreeElement | undefined,
  changed: TreeElement[],
): TreeElement[] {
  const known = new Map(before.map((element) => [element.id, element]));
  return specs.map((spec) => {
    const element = known.get(spec.id) ?? { id: spec.id, spec, parent, children: [] };
    const children = merge(element.children, spec.children ?? [], element, changed);
    const differs = face(element.spec) !== face(spec) || !sameElements(element.children, children);
    element.spec = spec;
    element.children = children;
    if (differs && known.has(spec.id)) changed.push(element);
    return element;
  });
}

/** Everything of a node that is visible without hovering. */
function face({ label, description, icon, contextValue, accessibility, children }: NodeSpec): string {
  return JSON.stringify([label, description, icon.id, icon.color, contextValue, accessibility, children === undefined]);
}

function sameElements(a: readonly TreeElement[], b: readonly TreeElement[]): boolean {
  return a.length === b.length && a.every((element, index) => element === b[index]);
}

function hasAncestorIn(element: TreeElement, changed: readonly TreeElement[]): boolean {
  for (let above = element.parent; above !== undefined; above = above.parent) if (changed.includes(above)) return true;
  return false;
}
