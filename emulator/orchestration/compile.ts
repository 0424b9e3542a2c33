import { createHash } from 'node:crypto';
import type { CompiledOrchestration, OrchestrationDefinition } from './definition.ts';
import { numberShapes, PROGRAM_FORMAT } from './outline.ts';
import { validate } from './validate.ts';

/** Hex digits of the hash that names a version of a definition. */
const HASH_DIGITS = 16;

/**
 * Makes a definition ready to run: checks it, numbers its shapes, and computes the hash that instances are pinned to.
 *
 * @throws SohError `definition.invalid` with the place of the first mistake.
 */
export function compile(definition: OrchestrationDefinition): CompiledOrchestration {
  const numbering = numberShapes(definition.body);
  validate(definition, numbering);
  return { definition, hash: hashOf(definition), outline: numbering.outline };
}

/**
 * Functions count with their text: changed code is a changed definition. What ends a line is the editor's choice and no change: JavaScript
 * itself reads CR LF as one end of a line, also inside of a template. Format 1 of programs is that of the first release, whose hashes did not
 * say it.
 */
export function hashOf(definition: OrchestrationDefinition, programFormat = PROGRAM_FORMAT): string {
  const textOf = (value: unknown): unknown => (typeof value === 'function' ? String(value).replaceAll(/\r\n?/g, '\n') : value);
  const tree = JSON.stringify(definition, (_key, value: unknown) => textOf(value));
  const text = programFormat === 1 ? tree : `program format ${String(programFormat)}\n${tree}`;
  return createHash('sha256').update(text).digest('hex').slice(0, HASH_DIGITS);
}
