/**
 * Which type a JSON body is of. XML says it by its root; JSON says nothing, so the members it has speak for a type (docs/behaviour.md,
 * section 4.2).
 */
import { SohError } from '../../errors.ts';
import type { Json } from '../../orchestration/json.ts';
import type { MessageType } from '../../orchestration/message.ts';
import { pointerTokens } from './json.ts';

/** Stands for every receive port: what a direct port takes may come in through any. */
export const ANY_PORT = '*';

/** A message type as a group knows it. */
export interface DeclaredMessageType extends MessageType {
  /** Receive ports from which an orchestration takes messages of this type, or `ANY_PORT`. */
  readonly receivePorts?: readonly string[];
}

/** What speaks for a type in a JSON body. */
export interface Marks {
  /** Top-level members. */
  readonly members: readonly string[];
  /** The type names them itself: a body has all of them. Else its fields are in them, and a body may lack some. */
  readonly said: boolean;
}

/** Each message that is made is compared with its type. */
const known = new WeakMap<MessageType, Marks>();

export function marksOf(type: MessageType): Marks {
  const marks = known.get(type) ?? findMarks(type);
  known.set(type, marks);
  return marks;
}

function findMarks({ members = [], promoted, distinguished }: MessageType): Marks {
  if (members.length > 0) return { members: [...new Set(members)], said: true };
  const tops = Object.values({ ...promoted, ...distinguished }).flatMap(({ path }) => pointerTokens(path).slice(0, 1));
  return { members: [...new Set(tops)], said: false };
}

/** What a JSON body is instead of one of this type; `undefined` when it is one. */
export function otherThan(type: MessageType, value: Json): string | undefined {
  const { members, said } = marksOf(type);
  if (members.length === 0) return undefined;
  if (typeof value !== 'object' || value === null || (said && Array.isArray(value))) return 'JSON that is no object';
  const missing = members.filter((member) => !Object.hasOwn(value, member));
  if (said) return missing[0] === undefined ? undefined : `JSON without the member "${missing[0]}"`;
  return missing.length < members.length ? undefined : `JSON with none of the members ${members.join(', ')}`;
}

interface Candidate extends Marks {
  readonly name: string;
  readonly receivePorts: readonly string[];
}

/** How much speaks for a candidate, the weightiest first. */
type Weight = readonly [has: number, ofThisPort: number, lacks: number];

/** Recognises the types of a group. */
export class Recognition {
  readonly #said: readonly Candidate[];
  readonly #awaited: readonly Candidate[];

  constructor(types: Iterable<DeclaredMessageType>) {
    const candidates = [...types].flatMap((type): Candidate[] => {
      const marks = marksOf(type);
      const { name, format, receivePorts = [] } = type;
      return format === 'json' && name !== '' && marks.members.length > 0 ? [{ name, receivePorts, ...marks }] : [];
    });
    this.#said = candidates.filter(({ said }) => said);
    this.#awaited = candidates.filter(({ said }) => !said);
  }

  /**
   * The name of the type; '' when nothing speaks for one. A type that does not say its members is recognised only where an orchestration
   * waits for it: a body that merely passes through is none of its concern.
   *
   * @param port the receive port it came in through
   * @throws SohError `message.ambiguousType`
   */
  typeOf(value: Json, port: string | undefined): string {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return '';
    const has = ({ members }: Candidate): number => members.filter((member) => Object.hasOwn(value, member)).length;
    const weigh = (candidate: Candidate): [Candidate, Weight] => {
      const found = has(candidate);
      return [candidate, [found, port !== undefined && candidate.receivePorts.includes(port) ? 1 : 0, found - candidate.members.length]];
    };
    const said = this.#said.filter((candidate) => has(candidate) === candidate.members.length);
    const awaited = this.#awaited.filter(
      (candidate) => candidate.receivePorts.some((awaitedFrom) => awaitedFrom === port || awaitedFrom === ANY_PORT) && has(candidate) > 0,
    );
    return heaviest((said.length > 0 ? said : awaited).map(weigh))?.name ?? '';
  }
}

function heaviest(weighed: readonly (readonly [Candidate, Weight])[]): Candidate | undefined {
  const [first, second] = [...weighed].sort(([one, a], [other, b]) => compare(b, a) || (one.name < other.name ? -1 : 1));
  if (first && second && compare(first[1], second[1]) === 0) {
    const [{ name, members }] = first;
    throw new SohError('message.ambiguousType', { type: name, other: second[0].name, members: members.join(', ') });
  }
  return first?.[0];
}

function compare(one: Weight, other: Weight): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
