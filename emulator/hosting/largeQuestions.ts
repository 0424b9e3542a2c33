/** What the thread for large messages is asked, and what it answers: only data, since nothing else crosses from one thread to another. */
import type { MessageType, Properties } from '../orchestration/message.ts';
import type { WireError } from '../errors.ts';
import type { LargeMessage } from './bodies.ts';
import type { Received } from './disassembly.ts';
import type { BodyLimits } from './pipelines/bodyLimits.ts';
import type { BodyHint, DeclaredMessageType } from './pipelines/messageTypes.ts';

/** The message types of the group. */
export interface TypesData {
  readonly types: readonly (readonly [string, DeclaredMessageType])[];
  readonly limits: BodyLimits;
}

export type LargeQuestion =
  /** Received bytes are to become a message. */
  | { readonly kind: 'disassemble'; readonly bytes: Uint8Array<ArrayBuffer>; readonly hint: BodyHint; readonly data: TypesData }
  /** The declared fields of a body, as each of these types declares them. The bytes are shared: they stay where they are. */
  | {
      readonly kind: 'fields';
      readonly bytes: Uint8Array<SharedArrayBuffer>;
      readonly types: readonly MessageType[];
      readonly limits: BodyLimits;
    }
  /** What a body that code has made promotes. */
  | { readonly kind: 'promote'; readonly type: MessageType; readonly body: string; readonly data: TypesData };

export interface LargeAnswers {
  readonly disassemble: Omit<Received, 'message'> & { readonly message: LargeMessage };
  /** For each of the types. */
  readonly fields: readonly ReadFields[];
  /** `undefined`: it could not be found out in the other thread. */
  readonly promote: { readonly properties: Properties } | { readonly error: WireError } | undefined;
}

/** By name; a field that is missing here could not be read in the other thread. */
export interface ReadFields {
  readonly distinguished: Readonly<Record<string, ReadField>>;
  readonly promoted: Readonly<Record<string, ReadField>>;
}

/** What reading one field came to. `decimal`: its text, because a decimal is no plain data. */
export type ReadField =
  { readonly value: string | number | boolean | undefined } | { readonly decimal: string } | { readonly error: WireError };
