/**
 * XPath 1.0 over a parsed body. Plain paths (`/o:Order/o:Line[2]/@id`), which nearly all declared fields are, are walked directly;
 * everything else goes to the xpath library, whose cost grows with the square of the nodes it selects.
 */
import type { Attr, Document, Element, Node } from '@xmldom/xmldom';
import * as xpath from 'xpath';
import { messageOf } from '../../errors.ts';

/**
 * A compiled expression: what it finds in a document, as text; `undefined` when it selects nothing, or an element that says of itself that
 * it has no value (`xsi:nil`). An empty element has one: the empty text.
 */
export type XmlPath = (document: Document) => string | undefined;

interface Step {
  readonly namespace: string | null;
  readonly name: string;
  /** 1-based position among the siblings the step matches; 0 = any. */
  readonly position: number;
}

/** What an expression selects: a node set, which alone has a size and nodes, or a value. */
interface Selected {
  readonly size?: number;
  first?(): Node | null;
  stringValue(): string;
}

/** The part of the library's compiled expressions that is used here; its type declarations leave it out. */
interface Compiled {
  evaluate(context: { node: Document; namespaces: Readonly<Record<string, string>> }): Selected;
}
const { parse } = xpath as unknown as { readonly parse: (expression: string) => Compiled };

const plainPath = /^(?:\/(?:[\w.-]+:)?[A-Za-z_][\w.-]*(?:\[[1-9]\d{0,6}\])?)+(?:\/@(?:[\w.-]+:)?[A-Za-z_][\w.-]*)?$/;
const literals = /"[^"]*"|'[^']*'/g;
const usedPrefix = /([\p{L}_][\p{L}\p{N}_.-]*):(?!:)(?=[\p{L}_*])/gu;

/**
 * Compiles an expression with its declared prefixes.
 *
 * @throws Error with the reason when the expression is wrong or a prefix is not declared.
 */
export function compileXmlPath(expression: string, namespaces: Readonly<Record<string, string>>): XmlPath {
  for (const [, prefix = ''] of expression.replace(literals, '').matchAll(usedPrefix)) {
    if (!Object.hasOwn(namespaces, prefix)) throw new Error(`prefix "${prefix}" is not declared`);
  }
  if (plainPath.test(expression)) return compilePlain(expression, namespaces);
  let compiled: Compiled;
  try {
    compiled = parse(expression);
  } catch (error) {
    throw new Error(messageOf(error).split('\n')[0], { cause: error });
  }
  return (document) => {
    numberNodes(document);
    const found = compiled.evaluate({ node: document, namespaces });
    // Only node sets have a size; number() of nothing is NaN, which is nothing.
    if (found.size === 0 || isNil(found.first?.() ?? null)) return undefined;
    const text = found.stringValue();
    return found.size === undefined && text === 'NaN' ? undefined : text;
  };
}

function compilePlain(expression: string, namespaces: Readonly<Record<string, string>>): XmlPath {
  const [path = '', attributeName] = expression.split('/@');
  const toStep = (text: string): Step => {
    const [, prefix, name = '', position] = /^(?:([^:]+):)?([^[]+)(?:\[(\d+)\])?$/.exec(text) ?? [];
    return { namespace: prefix === undefined ? null : (namespaces[prefix] ?? null), name, position: Number(position ?? 0) };
  };
  const steps = path.slice(1).split('/').map(toStep);
  const attribute = attributeName === undefined ? undefined : toStep(attributeName);
  return (document) => walk(document, steps, 0, attribute);
}

/** Depth first, so the first hit is the first in document order. */
function walk(parent: Node, steps: readonly Step[], depth: number, attribute: Step | undefined): string | undefined {
  const step = steps[depth];
  if (!step && attribute) return attributeValue(parent as Element, attribute);
  if (!step) return isNil(parent) ? undefined : (parent.textContent ?? '');
  let position = 0;
  for (let child = parent.firstChild; child; child = child.nextSibling) {
    if (child.nodeType !== 1 || !named(child as Element, step)) continue;
    position++;
    if (step.position !== 0 && position !== step.position) continue;
    const found = walk(child, steps, depth + 1, attribute);
    if (found !== undefined || step.position !== 0) return found;
  }
  return undefined;
}

const SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

/** An element that is there and has no value, which is neither an empty one nor one that is not there (XML Schema, 2.6.2). */
function isNil(node: Node | null): boolean {
  if (node?.nodeType !== 1) return false;
  const nil = (node as Element).getAttributeNS(SCHEMA_INSTANCE, 'nil')?.trim();
  return nil === 'true' || nil === '1';
}

function attributeValue(element: Element, wanted: Step): string | undefined {
  for (let index = 0; index < element.attributes.length; index++) {
    const attribute = element.attributes.item(index);
    if (attribute && named(attribute, wanted)) return attribute.value;
  }
  return undefined;
}

function named(node: Element | Attr, step: Step): boolean {
  return node.localName === step.name && (node.namespaceURI ?? '') === (step.namespace ?? '');
}

interface Numbered {
  ordinal?: number;
  compareDocumentPosition(other: Numbered): number;
}

/**
 * Gives every node its place in document order. The library sorts nodes by asking the DOM which one comes first, and the DOM finds
 * out by counting siblings: on 2,000 siblings that took a second, with numbers it takes milliseconds.
 */
function numberNodes(document: Document): void {
  if ((document as unknown as Numbered).ordinal !== undefined) return;
  let ordinal = 0;
  const mark = (node: Node): void => {
    const numbered = node as unknown as Numbered;
    numbered.ordinal = ordinal++;
    numbered.compareDocumentPosition = byOrdinal;
  };
  let node: Node = document;
  for (;;) {
    mark(node);
    const attributes = (node as Partial<Element>).attributes;
    for (let index = 0; index < (attributes?.length ?? 0); index++) {
      const attribute = attributes?.item(index);
      if (attribute) mark(attribute);
    }
    let next: Node | null = node.firstChild;
    for (let up: Node | null = node; !next && up; up = up.parentNode) next = up.nextSibling;
    if (!next) return;
    node = next;
  }
}

/** DOM constants: 4 = the other node follows, 2 = it precedes. */
function byOrdinal(this: Numbered, other: Numbered): number {
  if (this === other) return 0;
  return (this.ordinal ?? 0) < (other.ordinal ?? 0) ? 4 : 2;
}
