/**
 * Where the parts of a definition are written. The mark is invisible to JSON, so a definition whose lines have moved keeps its hash, and an
 * instance its definition.
 */

/** Line `line` (from 1) of a file; its URL in a definition, its path relative to the folder of the group file in a service. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
}

/** The same for every copy of this module: user modules have the library's, a host instance its own. */
const SOURCE = Symbol.for('scaled-out-hosts.source');

/** Notes where a shape, rule, branch, handler or message type is written; gives it back. */
export function markSource<T extends object>(part: T, place: SourcePlace | undefined): T {
  return place === undefined ? part : Object.defineProperty(part, SOURCE, { value: place });
}

/** Where a part is written; `undefined` when nobody noted it. */
export function sourceOf(part: object): SourcePlace | undefined {
  return (part as { readonly [SOURCE]?: SourcePlace })[SOURCE];
}
