/**
 * What reading a message may cost the xpath library. An expression may look at every node once for every other (`//*[following-sibling::*]`), so that
 * a message could keep a host instance busy until it is taken for hung, again and again. Looks are counted, not timed: the same message is too
 * costly everywhere, however busy the machine is.
 */
import type { Document, Element, Node } from '@xmldom/xmldom';
import { SohError } from '../../errors.ts';

/** To compare the places of two nodes costs as much as so many looks at one. */
const COMPARISON = 4;
/** So many characters of a text cost a look. */
const CHARACTERS = 64;

/** What one reading may cost, in looks at a node. */
export interface StepLimit {
  readonly base: number;
  /** For each node of the message. */
  readonly perNode: number;
}

/** What a message may cost: about two seconds for one of 60,000 nodes. */
export const MESSAGE_STEPS: StepLimit = { base: 2_000_000, perNode: 100 };
/** What may be spent where other things wait meanwhile, about 50 ms. */
export const SHORT_STEPS: StepLimit = { base: 200_000, perNode: 0 };

/** What is left for one reading, which may take several paths. */
export class PathSteps {
  readonly #limit: StepLimit;
  #allowed: number | undefined;
  #taken = 0;

  constructor(limit: StepLimit) {
    this.#limit = limit;
  }

  /** Reads a document of so many nodes by the library. @throws SohError 'message.pathTooCostly' */
  pay<T>(nodes: number, read: () => T): T {
    this.#allowed ??= this.#limit.base + this.#limit.perNode * nodes;
    paying = (steps) => {
      this.#take(steps);
    };
    try {
      return read();
    } finally {
      paying = undefined;
    }
  }

  #take(steps: number): void {
    this.#taken += steps;
    const allowed = this.#allowed ?? 0;
    if (this.#taken > allowed) throw new SohError('message.pathTooCostly', { steps: allowed });
  }
}

/** Reading by the library is one call without a pause, so there is one who pays. */
let paying: ((steps: number) => void) | undefined;

/** A node whose kind and place cost something: whatever the library does with a node, it asks for one of them. */
interface Counted extends Node {
  ordinal: number;
}

const counting = new Map<object, object>();
const counted = new WeakMap<Document, number>();

/**
 * Gives every node its place in document order, and makes looking at it count; the number of nodes. The library sorts nodes by asking the DOM
 * which one comes first, and the DOM finds out by counting siblings: on 2,000 siblings that took a second, with numbers it takes milliseconds.
 */
export function countNodes(document: Document): number {
  const known = counted.get(document);
  if (known !== undefined) return known;
  let ordinal = 0;
  const count = (node: Node): void => {
    Object.setPrototypeOf(node, countingLike(node));
    (node as Counted).ordinal = ordinal++;
  };
  let node: Node = document;
  for (;;) {
    count(node);
    const attributes = (node as Partial<Element>).attributes;
    for (let index = 0; index < (attributes?.length ?? 0); index++) {
      const attribute = attributes?.item(index);
      if (attribute) count(attribute);
    }
    let next: Node | null = node.firstChild;
    for (let up: Node | null = node; !next && up; up = up.parentNode) next = up.nextSibling;
    if (!next) break;
    node = next;
  }
  counted.set(document, ordinal);
  return ordinal;
}

/** The class of a node, with counting. */
function countingLike(node: Node): object {
  const plain = Object.getPrototypeOf(node) as { readonly nodeType: number };
  const known = counting.get(plain);
  if (known) return known;
  const { nodeType } = plain;
  const made = Object.create(plain, {
    nodeType: {
      get(this: Partial<CharacterData>) {
        paying?.(1 + (this.length ?? 0) / CHARACTERS);
        return nodeType;
      },
    },
    compareDocumentPosition: { value: compare },
  }) as object;
  counting.set(plain, made);
  return made;
}

/** DOM constants: 4 = the other node follows, 2 = it precedes. */
function compare(this: Counted, other: Counted): number {
  paying?.(COMPARISON);
  if (this === other) return 0;
  return this.ordinal < other.ordinal ? 4 : 2;
}
