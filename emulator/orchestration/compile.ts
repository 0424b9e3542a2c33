import { createHash } from 'node:crypto';
import type { CompiledOrchestration, OrchestrationDefinition } from './definition.ts';
import { numberShapes } from './outline.ts';
import { validate } from './validate.ts';

/** Hex digits of a version. */
const HASH_DIGITS = 16;

/**
 * Makes a definition ready to run: checks it, numbers its shapes, and computes the hash of what it says.
 *
 * @throws SohError `definition.invalid` with the place of the first mistake.
 */
export function compile(definition: OrchestrationDefinition): CompiledOrchestration {
  validate(definition);
  return { definition, hash: hashOf(definition), outline: numberShapes(definition.body).outline };
}

/**
 * The version instances are pinned to: what the definition says, the code it was made from with all that imports, and the form in which
 * the engine saves the places in it.
 *
 * @param code digest of the code of its module
 */
export function versionOf(definition: OrchestrationDefinition, code: string, programFormat: number): string {
  // The text of a function is part of the code; only the functions we make of a value have a text of their own.
  const text = JSON.stringify(definition, (_key, value: unknown) => {
    if (typeof value !== 'function') return value;
    return Object.hasOwn(value, 'toString') ? String(value) : 'code';
  });
  return digest(JSON.stringify([programFormat, code, text]));
}

/** What was the whole version once: instances are pinned to it, so it never changes. Functions count with their text, comments and all. */
function hashOf(definition: OrchestrationDefinition): string {
  return digest(JSON.stringify(definition, (_key, value: unknown) => (typeof value === 'function' ? String(value) : value)));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
