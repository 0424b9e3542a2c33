/** The rules of what scopes declare for themselves (docs/behaviour.md, section 9.1). */
import type { OrchestrationDefinition } from './definition.ts';
import { argumentsOf, kindOf } from './calls.ts';
import { findNotJson } from './json.ts';
import type { Fail } from './mistakes.ts';
import { eachShape, type NumberedShape } from './outline.ts';
import { isReservedName } from './propertyValue.ts';
import type { ScopeShape, Shape } from './shapes.ts';
import { scopeKinds, type ScopeKind } from './withScopes.ts';

const words: Readonly<Record<ScopeKind, string>> = { variables: 'variable', messages: 'message', correlationSets: 'correlation set' };

/** What is wrong with correlation sets, and the name of the set. */
export function setMistake(
  sets: OrchestrationDefinition['correlationSets'],
): { readonly set: string; readonly detail: string } | undefined {
  for (const [set, properties] of Object.entries(sets)) {
    if (properties.length === 0) return { set, detail: `correlation set "${set}" has no properties` };
    const reserved = properties.find(isReservedName);
    if (reserved !== undefined) return { set, detail: `correlation set "${set}" has the property "${reserved}", a name that is reserved` };
  }
  return undefined;
}

/**
 * Names of each kind are unique in the orchestration, so that a name alone says whose it is; they are used only in the body, the handlers and
 * the compensation of their scope.
 */
export function checkScopeNames(definition: OrchestrationDefinition, shapes: readonly NumberedShape[], fail: Fail): void {
  const known = new Set(scopeKinds.flatMap((kind) => Object.keys(definition[kind]).map((name) => `${kind} ${name}`)));
  const all = [...eachShape(shapes)];
  for (const { number, last, shape } of all) {
    if (shape.kind !== 'scope') continue;
    checkDeclared(shape, known, fail);
    for (const other of all) if (other.number < number || other.number > last) checkOutside(shape, other.shape, fail);
  }
}

function checkDeclared(scope: ScopeShape, known: Set<string>, fail: Fail): void {
  for (const kind of scopeKinds) {
    const declared = scope[kind] ?? {};
    for (const name of Object.keys(declared)) {
      if (known.has(`${kind} ${name}`)) fail(`scope "${scope.name}" declares ${words[kind]} "${name}", which is declared already`, scope);
      known.add(`${kind} ${name}`);
    }
    // A literal with this name has it as its prototype, so it shows only where the object was made otherwise.
    if (Object.hasOwn(declared, '__proto__')) fail(`"__proto__" in the ${kind} of scope "${scope.name}" is a name that is reserved`, scope);
  }
  const found = findNotJson(scope.variables ?? {});
  if (found)
    fail(`the initial value of variable ${found.path} of scope "${scope.name}" is a ${found.found}, which JSON cannot carry`, scope);
  const wrong = setMistake(scope.correlationSets ?? {});
  if (wrong) fail(`${wrong.detail}, in scope "${scope.name}"`, scope);
}

function checkOutside(scope: ScopeShape, user: Shape, fail: Fail): void {
  for (const kind of ['messages', 'correlationSets'] as const) {
    const used = scope[kind] && usedBy(user, kind).find((name) => Object.hasOwn(scope[kind] ?? {}, name));
    if (used !== undefined)
      fail(`"${user.name}" uses ${words[kind]} "${used}" of scope "${scope.name}", which exists only in that scope`, user);
  }
}

/** Names that a shape itself uses, but for those in its code. */
function usedBy(shape: Shape, kind: 'messages' | 'correlationSets'): readonly string[] {
  const isMessages = kind === 'messages';
  switch (shape.kind) {
    case 'receive':
    case 'send':
      return isMessages ? [shape.message] : [...shape.initializes, ...shape.follows];
    case 'construct':
      return isMessages ? [shape.message] : [];
    case 'transform':
      return isMessages ? [...shape.from, ...shape.to] : [];
    case 'call':
    case 'start': {
      const given = Object.entries(argumentsOf(shape.arguments));
      return given.flatMap(([parameter, name]) => (kindOf(shape.orchestration, parameter) === kind ? [name] : []));
    }
    default:
      return [];
  }
}
