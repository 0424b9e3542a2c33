/** What the engine asks of large bodies, found out in the other thread: the same values and the same errors, when code asks for them. */
import { fromWire, isCode } from '../errors.ts';
import type { FieldLocation, MessageType, Properties } from '../orchestration/message.ts';
import type { ReadLarge } from './bodies.ts';
import { dataOf } from './disassembly.ts';
import { type Fields, LargeBody, type ReadField, type ReadFields } from './largeBody.ts';
import type { LargeThread } from './largeThread.ts';
import type { BodyLimits } from './pipelines/bodyLimits.ts';
import type { MessageTypes } from './pipelines/messageTypes.ts';

/**
 * Reads the fields that messages of an orchestration declare, in the other thread. Which of its messages a body becomes is not known yet,
 * so it is read as each of those that it can be.
 */
export function readFields(thread: LargeThread, limits: BodyLimits, declared: Readonly<Record<string, MessageType>>): ReadLarge {
  return async (message, bytes) => {
    const types = [...new Set(Object.values(declared))].filter(
      (type) => (type.name === message.type || type.name === '') && locationsOf(type).length > 0,
    );
    if (types.length === 0) return new LargeBody(message, bytes);
    const plain = types.map(plainType);
    // Who asks for a field of a body that the other thread could not read is told by whoever reads it then.
    const answer = await thread.ask({ kind: 'fields', bytes, types: plain, limits }).catch(() => []);
    const fields = types.map((type, index) => [type, fieldsOf(type, answer[index])] as const);
    return new LargeBody(message, bytes, new Map(fields));
  };
}

function fieldsOf(type: MessageType, read: ReadFields | undefined): Fields {
  const fields = new Map<FieldLocation, ReadField>();
  for (const kind of ['distinguished', 'promoted'] as const) {
    for (const [name, location] of Object.entries(type[kind])) {
      const found = read?.[kind];
      const field = found && Object.hasOwn(found, name) ? found[name] : undefined;
      if (field !== undefined) fields.set(location, field);
    }
  }
  return fields;
}

function locationsOf({ promoted, distinguished }: MessageType): FieldLocation[] {
  return [...Object.values(promoted), ...Object.values(distinguished)];
}

/**
 * What a body that code has made promotes. The promise never rejects: what is wrong with the body is thrown where the Construct goes on.
 */
export function promoteLarge(thread: LargeThread, types: MessageTypes): (type: MessageType, body: string) => Promise<() => Properties> {
  const data = dataOf(types);
  return (type, body) =>
    thread.ask({ kind: 'promote', type: plainType(type), body, data }).then(
      (answer) => () => {
        if (answer === undefined) return types.promoteMade(type, body);
        if ('error' in answer) throw fromWire(answer.error);
        return answer.properties;
      },
      (error: unknown) => () => {
        // Here it would need as much memory again.
        if (isCode(error, 'message.unreadable')) throw error;
        return types.promoteMade(type, body);
      },
    );
}

/** A module may have put more into its types than what they are: only data goes to the other thread. */
function plainType({ name, format, namespaces, promoted, distinguished }: MessageType): MessageType {
  return JSON.parse(JSON.stringify({ name, format, namespaces, promoted, distinguished })) as MessageType;
}
