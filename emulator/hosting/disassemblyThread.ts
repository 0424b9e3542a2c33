/** The thread that reads large messages; see `largeThread.ts`. */
import { createHash } from 'node:crypto';
import { parentPort, type Transferable } from 'node:worker_threads';
import { SohError, toWire } from '../errors.ts';
import { isDecimal } from '../orchestration/decimal.ts';
import type { FieldLocation, MessageType } from '../orchestration/message.ts';
import { received } from './disassembly.ts';
import type { ReadField, ReadFields } from './largeBody.ts';
import type { LargeAnswers, LargeQuestion } from './largeQuestions.ts';
import { MessageTypes } from './pipelines/messageTypes.ts';

type Question<K extends LargeQuestion['kind']> = Extract<LargeQuestion, { kind: K }>;

parentPort?.on('message', (question: LargeQuestion) => {
  switch (question.kind) {
    case 'disassemble': {
      const answer = disassembled(question);
      say(answer, [answer.message.bytes.buffer as ArrayBuffer]);
      return;
    }
    case 'fields':
      say(fields(question));
      return;
    case 'promote':
      say(promoted(question));
  }
});

function say(answer: LargeAnswers[keyof LargeAnswers], given: readonly Transferable[] = []): void {
  parentPort?.postMessage(answer, given);
}

function disassembled({ bytes, hint, data }: Question<'disassemble'>): LargeAnswers['disassemble'] {
  const { message, ...rest } = received(new MessageTypes(new Map(data.types), data.limits), bytes, hint);
  const { body, ...context } = message;
  const stored = new TextEncoder().encode(body);
  const bodyHash = createHash('sha256').update(stored).digest('hex');
  return { ...rest, message: { ...context, bytes: stored, bodyHash } };
}

function fields({ bytes, types, limits }: Question<'fields'>): LargeAnswers['fields'] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return types.map((type): ReadFields => {
    const readers = new MessageTypes(new Map([[type.name, type]]), limits);
    return { distinguished: eachOf(readers, type, body, type.distinguished), promoted: eachOf(readers, type, body, type.promoted) };
  });
}

function eachOf(
  readers: MessageTypes,
  type: MessageType,
  body: string,
  locations: Readonly<Record<string, FieldLocation>>,
): Record<string, ReadField> {
  const read: [string, ReadField][] = [];
  for (const [name, location] of Object.entries(locations)) {
    try {
      const value = readers.field(type, body, location);
      read.push([name, isDecimal(value) ? { decimal: value.toString() } : { value }]);
    } catch (error) {
      // What nobody thought of is thrown where code asks for the field, by whoever reads it there.
      if (error instanceof SohError) read.push([name, { error: toWire(error) }]);
    }
  }
  return Object.fromEntries(read);
}

function promoted({ type, body, data }: Question<'promote'>): LargeAnswers['promote'] {
  try {
    return { properties: new MessageTypes(new Map(data.types), data.limits).promoteMade(type, body) };
  } catch (error) {
    return error instanceof SohError ? { error: toWire(error) } : undefined;
  }
}
