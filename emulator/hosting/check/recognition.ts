/** JSON types that no body, or no body of theirs alone, could be recognised as. */
import type { ClusterFile } from '../../cluster/clusterFile.ts';
import type { Finding } from '../../cluster/finding.ts';
import type { MessageType } from '../../orchestration/message.ts';
import { ANY_PORT, type Marks, marksOf } from '../pipelines/recognition.ts';

type Problem = Pick<Finding, 'code' | 'parameters'>;

/** Names of the types that were looked at, by what they are recognised by. */
export type KnownMarks = Map<string, string>;

/**
 * What is wrong with how a type of a module is recognised, by itself or beside those that were looked at before.
 *
 * @param receivePorts from which the orchestration takes it, as `receivePortsOf` gives them
 */
export function recognitionProblem(
  cluster: ClusterFile,
  orchestration: string,
  type: MessageType,
  receivePorts: readonly string[],
  known: KnownMarks,
): Problem | undefined {
  if (type.format !== 'json' || type.name === '') return undefined;
  const marks = marksIn(cluster, type);
  const port = receivePorts.find((from) => from !== ANY_PORT);
  if (marks.members.length === 0)
    return port === undefined ? undefined : { code: 'definition.neverRecognised', parameters: { orchestration, type: type.name, port } };
  const others = keysOf(marks, receivePorts).map((key) => {
    const before = known.get(key) ?? type.name;
    known.set(key, before);
    return before;
  });
  const other = others.find((name) => name !== type.name);
  return other === undefined
    ? undefined
    : { code: 'definition.recognisedAlike', parameters: { type: type.name, other, members: marks.members.join(', ') } };
}

/** The group file says it first. */
function marksIn({ messageTypes }: ClusterFile, type: MessageType): Marks {
  const said = Object.hasOwn(messageTypes, type.name) ? (messageTypes[type.name]?.members ?? []) : [];
  return marksOf(said.length > 0 ? { ...type, members: said } : type);
}

/** Two types with one of these in common cannot be told apart, whatever the body. */
function keysOf({ members, said }: Marks, receivePorts: readonly string[]): string[] {
  const sorted = [...members].sort();
  // A type that says its members is recognised wherever a body comes in.
  const ports = said && receivePorts.length === 0 ? [ANY_PORT] : receivePorts;
  return ports.map((port) => JSON.stringify([said, port, sorted]));
}
