/** The xpath library, with node sets that take a node in without looking through all they have. */
import { DOMParser, type Document, MIME_TYPE, type Node } from '@xmldom/xmldom';
import * as xpath from 'xpath';

/** What an expression selects: a node set, which alone has a size and nodes, or a value. */
export interface Selected {
  readonly size?: number;
  first?(): Node | null;
  stringValue(): string;
}

/** The part of the library's compiled expressions that is used here; its type declarations leave it out. */
export interface Expression {
  evaluate(context: { node: Document; namespaces: Readonly<Record<string, string>> }): Selected;
}

/** @throws Error of the library, with the place in the expression */
export const { parse } = xpath as unknown as { readonly parse: (expression: string) => Expression };

interface NodeSet {
  readonly nodes: Node[];
  size: number;
  tree: object | null;
  members?: Set<Node>;
  add(node: Node): void;
}

/** As the library's own does, which compares the node with every one that is there: a set of 60,000 took seconds. */
function add(this: NodeSet, node: Node): void {
  this.members ??= new Set(this.nodes);
  if (this.members.has(node)) return;
  this.members.add(node);
  this.tree = null;
  this.nodes.push(node);
  this.size += 1;
}

const document = new DOMParser().parseFromString('<a/>', MIME_TYPE.XML_APPLICATION);
// The class of node sets is not exported.
const nodeSets = Object.getPrototypeOf(parse('/').evaluate({ node: document, namespaces: {} })) as NodeSet;
if (typeof nodeSets.add !== 'function') throw new Error('another version of the xpath library makes node sets in another way');
nodeSets.add = add;
