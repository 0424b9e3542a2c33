/** What the thread for large messages is asked, and what it answers: only data, since nothing else crosses from one thread to another. */
import type { MessageType, Properties } from '../orchestration/message.ts';
import type { InstanceError } from '../engine/door.ts';
import type { WireError } from '../errors.ts';
import type { LargeMessage } from './bodies.ts';
import type { ReadFields } from './largeBody.ts';
import type { BodyLimits } from './pipelines/bodyLimits.ts';
import type { BodyHint } from './pipelines/messageTypes.ts';
import type { DeclaredMessageType } from './pipelines/recognition.ts';

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
  readonly disassemble: { readonly message: LargeMessage; readonly malformed?: InstanceError; readonly contentHash: string };
  /** For each of the types. */
  readonly fields: readonly ReadFields[];
  /** `undefined`: it could not be found out in the other thread. */
  readonly promote: { readonly properties: Properties } | { readonly error: WireError } | undefined;
}
