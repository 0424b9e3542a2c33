/**
 * The door between the host runner and its adapters. The runner starts receive adapters when the MessageBox lets messages in, hands
 * messages of its send ports to send adapters, and does all retrying of sends: an adapter tries once.
 */
import type { InstanceError } from '../../engine/door.ts';
import type { NewMessage } from '../../messagebox/protocol/frames.ts';
import type { Properties } from '../../orchestration/message.ts';
import type { BodyHint, Disassembled } from '../pipelines/messageTypes.ts';

/** A message on its way to the MessageBox. */
export interface Submission {
  /** Submitting the same id again is recognised until it is forgotten. */
  readonly receiveId: string;
  readonly message: NewMessage;
  readonly malformed?: InstanceError;
  readonly twoWay?: { readonly service: string; readonly timeoutMs: number };
}

/** What the MessageBox made of it; durable when this is known. */
export interface SubmitResult {
  /** It was submitted before; nothing new happened. */
  readonly duplicate: boolean;
  /** Id of the instance that waits for the response of a two-way submission. */
  readonly instance?: string;
  /** The message is kept, but suspended: malformed, or nobody subscribes to it. */
  readonly suspended?: InstanceError;
}

/** What a receive adapter may use. */
export interface ReceiveContext {
  /** Rejects when the MessageBox cannot be reached; nothing is known then, and submitting again is safe. */
  submit(submission: Submission): Promise<SubmitResult>;
  /** The source of these messages is gone, so they cannot be submitted again. */
  forget(receiveIds: readonly string[]): void;
  /** Bytes to message; see `MessageTypes.disassemble`. */
  disassemble(bytes: Uint8Array, hint: BodyHint): Disassembled;
  log(level: 'info' | 'warning' | 'error', text: string): void;
  /** True while the MessageBox has no room: nothing more is taken in; what was taken in stays where it is. */
  paused(): boolean;
  /** UTC ms. */
  now(): number;
  /** Name of the host instance, for example `ReceivingHost@A`. */
  readonly hostInstance: string;
  /** What callers of an HTTP location have to present. */
  readonly token: string;
  /**
   * A claim of another host instance is dead when it is this old (ms). Longer than a lease, so that whoever made it can no longer
   * submit.
   */
  readonly claimTimeoutMs: number;
}

/** One receive location in one host instance. */
export interface ReceiveAdapter {
  /** Resolves when it receives. Throws SohError `receive.portTaken` or `receive.folderUnusable`. */
  start(): Promise<void>;
  /** Folder or URL; of an HTTP location known after `start`. */
  readonly address: string;
  /** Takes nothing more in and resolves when what was taken in is submitted or safe to be found again. */
  stop(): Promise<void>;
  /**
   * Two-way locations only: the response for an instance that `submit` returned.
   *
   * @returns true when it was handed to the caller, false when nobody waits for it any more.
   */
  respond?(instance: string, response: OutboundMessage): Promise<boolean>;
}

/** A message that leaves the group. */
export interface OutboundMessage {
  /** Stable across attempts and owners: what makes a repeat recognisable. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
  readonly properties: Properties;
}

export interface SendAdapter {
  /** Delivers once or throws SohError `send.failed`. Delivering the same id again is harmless where the other side can tell. */
  transmit(message: OutboundMessage, signal: AbortSignal): Promise<void>;
}

/** Largest message an adapter takes in, in bytes (docs/failure-model.md, P20). */
export const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
