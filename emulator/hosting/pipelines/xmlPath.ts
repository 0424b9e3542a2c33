/**
 * XPath 1.0 over a parsed body. Plain paths, which nearly all declared fields are, are walked directly: `/o:Order/o:Line[2]/@id`, and as BizTalk
 * writes them, `/*[local-name()='Order' and namespace-uri()='urn:o']`. Everything else goes to the xpath library, and is paid for.
 */
import type { Attr, Document, Element, Node } from '@xmldom/xmldom';
import { messageOf } from '../../errors.ts';
import { countNodes, type PathSteps } from './pathSteps.ts';
import { type Expression, parse } from './xpathLibrary.ts';

/**
 * A compiled expression: what it finds in a document, as text; `undefined` when it selects nothing, or an element that says of itself that
 * it has no value (`xsi:nil`). An empty element has one: the empty text.
 */
export type XmlPath = (document: Document, steps: PathSteps) => string | undefined;

interface Step {
  /** null = none, undefined = any. */
  readonly namespace: string | null | undefined;
  readonly name: string;
  /** 1-based position among the siblings the step matches; 0 = any. */
  readonly position: number;
}

const qname = String.raw`(?:(?<prefix>[\w.-]+):)?(?<name>[A-Za-z_][\w.-]*)`;
const text = (group: string): string => String.raw`(?:"(?<${group}2>[^"]*)"|'(?<${group}1>[^']*)')`;
const uri = String.raw`(?:\s+and\s+namespace-uri\(\)\s*=\s*${text('uri')})?`;
const localName = String.raw`\*\[\s*local-name\(\)\s*=\s*${text('local')}${uri}\s*\]`;
/** A step of a plain path, and where it begins. */
const plainStep = new RegExp(String.raw`\/(?<at>@)?(?:${qname}|${localName})(?:\[(?<position>[1-9]\d{0,6})\])?`, 'gy');
const literals = /"[^"]*"|'[^']*'/g;
/** Axes on which the library finds other nodes than it should, or cannot sort what it finds. */
const wrongAxis = /\b(?:following|preceding|namespace)(?=\s*::)/;
const usedPrefix = /([\p{L}_][\p{L}\p{N}_.-]*):(?!:)(?=[\p{L}_*])/gu;

/**
 * Compiles an expression with its declared prefixes.
 *
 * @throws Error with the reason when the expression is wrong or a prefix is not declared.
 */
export function compileXmlPath(expression: string, namespaces: Readonly<Record<string, string>>): XmlPath {
  const bare = expression.replace(literals, '');
  for (const [, prefix = ''] of bare.matchAll(usedPrefix)) {
    if (!Object.hasOwn(namespaces, prefix)) throw new Error(`prefix "${prefix}" is not declared`);
  }
  const steps = plainSteps(expression, namespaces);
  if (steps) return compilePlain(steps);
  const [axis] = wrongAxis.exec(bare) ?? [];
  if (axis !== undefined) throw new Error(`the axis ${axis}:: is not supported`);
  let compiled: Expression;
  try {
    compiled = parse(expression);
  } catch (error) {
    throw new Error(messageOf(error).split('\n')[0], { cause: error });
  }
  return (document, steps) =>
    steps.pay(countNodes(document), () => {
      const found = compiled.evaluate({ node: document, namespaces });
      // Only node sets have a size; number() of nothing is NaN, which is nothing.
      if (found.size === 0 || isNil(found.first?.() ?? null)) return undefined;
      const value = found.stringValue();
      return found.size === undefined && value === 'NaN' ? undefined : value;
    });
}

interface PlainStep extends Step {
  readonly attribute: boolean;
}

/** The steps of a plain path; `undefined` when the expression is none. */
function plainSteps(expression: string, namespaces: Readonly<Record<string, string>>): PlainStep[] | undefined {
  const steps: PlainStep[] = [];
  let end = 0;
  for (const { 0: whole, index, groups = {} } of expression.matchAll(plainStep)) {
    const { at, prefix, name, local1, local2, uri1, uri2, position } = groups;
    if (at !== undefined && position !== undefined) return undefined;
    const namespace = name === undefined ? (uri1 ?? uri2) : prefix === undefined ? null : (namespaces[prefix] ?? null);
    steps.push({ attribute: at !== undefined, namespace, name: name ?? local1 ?? local2 ?? '', position: Number(position ?? 0) });
    end = index + whole.length;
  }
  const attributeAt = steps.findIndex(({ attribute }) => attribute);
  return end === expression.length && (attributeAt < 0 || (attributeAt > 0 && attributeAt === steps.length - 1)) ? steps : undefined;
}

function compilePlain(steps: readonly PlainStep[]): XmlPath {
  const last = steps.at(-1);
  const attribute = last?.attribute ? last : undefined;
  const elements = attribute ? steps.slice(0, -1) : steps;
  return (document) => walk(document, elements, 0, attribute);
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
  return node.localName === step.name && (step.namespace === undefined || (node.namespaceURI ?? '') === (step.namespace ?? ''));
}
