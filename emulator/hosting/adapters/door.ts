/**
 * The door between the host runner and its adapters. The runner starts receive adapters when the MessageBox lets messages in, hands
 * messages of its send ports to send adapters, and does all retrying of sends: an adapter tries once.
 */
import type { InstanceError } from '../../engine/door.ts';
import type { SohError } from '../../errors.ts';
import type { Properties } from '../../orchestration/message.ts';
import type { Incoming } from '../bodies.ts';
import type { Received } from '../disassembly.ts';
import type { LocationNotices } from '../settings.ts';
import type { BodyHint } from '../pipelines/messageTypes.ts';

/** A message on its way to the MessageBox. */
export interface Submission {
  /** Submitting the same id again is recognised until it is forgotten. */
  readonly receiveId: string;
  readonly message: Incoming;
  readonly malformed?: InstanceError;
  readonly twoWay?: { readonly timeoutMs: number };
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
  /** The source of these messages is gone, so they cannot be submitted again. May get lost: `keptIds` tells what is still remembered. */
  forget(receiveIds: readonly string[]): void;
  /**
   * The receive ids of this location that the MessageBox remembers, page by page. Every id that is not named was unknown at the time of the
   * answer. Rejects when the MessageBox cannot be reached.
   */
  keptIds(): AsyncIterable<readonly KeptId[]>;
  /** Bytes to message. The bytes are given away: they must not be used afterwards. */
  read(bytes: Buffer, hint: BodyHint): Promise<Received>;
  /** Submitting can work now. */
  readonly connected: boolean;
  /** Largest message that is taken in, in bytes. */
  readonly maxBytes: number;
  /** What a person has to know of the location now: everything that stands, and of it what is new. */
  notices(notices: LocationNotices, news: readonly SohError[]): void;
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

/** A receive id the MessageBox remembers, and since when (UTC ms; 0: not known). */
export interface KeptId {
  readonly id: string;
  readonly at: number;
}

/** One receive location in one host instance. */
export interface ReceiveAdapter {
  /** Resolves when it receives. Throws SohError `receive.portTaken` or `receive.folderUnusable`. */
  start(): Promise<void>;
  /** Folder or URL; of an HTTP location known after `start`. */
  readonly address: string;
  /** Takes nothing more in and resolves when what was taken in is submitted or safe to be found again. */
  stop(): Promise<void>;
  /** A new session with the MessageBox began: what was said in the old one may be lost. */
  reconnected?(): void;
  /**
   * Two-way locations only: the response for an instance that `submit` returned, or why there is none that could be read.
   *
   * @returns true when it was handed to the caller, false when nobody waits for it any more.
   */
  respond?(instance: string, response: Response): Promise<boolean>;
}

/** What a two-way caller gets. */
export type Response = OutboundMessage | { readonly error: InstanceError };

/** A message that leaves the group. */
export interface OutboundMessage {
  /** Stable across attempts and owners: what makes a repeat recognisable. */
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** The body in UTF-8, where it is there already. */
  readonly bytes?: Uint8Array;
  readonly properties: Properties;
}

/** What a two-way send port gets back. */
export interface Answer {
  readonly bytes: Buffer;
  /** As the transport said it. */
  readonly charset?: string;
  /** The other side calls it a fault. When it is no message that the group knows the transmission has failed, and this is why. */
  readonly fault?: SohError;
}

export interface SendAdapter {
  /** Cleans up what a process that died left behind. */
  start?(): void;
  /** Nothing is sent any more. */
  stop?(): Promise<void>;
  /**
   * Delivers once or throws SohError `send.failed`. Delivering the same id again is harmless where the other side can tell.
   *
   * @returns what came back, of a two-way send port
   */
  transmit(message: OutboundMessage, signal: AbortSignal): Promise<Answer | undefined>;
}
