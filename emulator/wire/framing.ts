/**
 * Frames on a WebSocket: one text message is a JSON array of frames. What is larger than one piece is sent as several messages, all but
 * the last marked with a leading '+', so that the socket's own limit stays small (docs/failure-model.md, P22).
 */
import { SohError } from '../errors.ts';

/** Limits of every socket of the product (docs/failure-model.md, P22); `ws` names. */
export const SOCKET_LIMITS = {
  maxPayload: 4 * 1024 * 1024,
  maxFragments: 64,
  maxBufferedChunks: 1024,
  perMessageDeflate: false,
} as const;
export const HANDSHAKE_TIMEOUT_MS = 2000;
/** How often connections are looked at whose request does not come to its end: they take places others need. */
export const CONNECTIONS_CHECK_MS = 500;
/**
 * A mask of zeros: `ws` then neither masks nor unmasks, which took a tenth of a host instance's time. Masks keep a page's script from
 * feeding chosen bytes to a proxy (RFC 6455, section 10.3); between two of our own processes on loopback there is neither.
 */
export const noMask = (mask: Buffer): void => {
  mask.fill(0);
};
export const MAX_CONNECTIONS = 64;

const PIECE_CHARACTERS = 1024 * 1024;
/** A state of 16 MiB, escaped, with room around it. */
const WHOLE_CHARACTERS = 48 * 1024 * 1024;

/** The socket messages for these frames, in order. */
export function pack(frames: readonly object[]): string[] {
  const messages: string[] = [];
  let batch = '';
  for (const frame of frames) {
    const text = JSON.stringify(frame);
    if (batch !== '' && batch.length + text.length > PIECE_CHARACTERS) {
      messages.push(...pieces(`[${batch}]`));
      batch = text;
    } else batch = batch === '' ? text : `${batch},${text}`;
  }
  if (batch !== '') messages.push(...pieces(`[${batch}]`));
  return messages;
}

function pieces(text: string): string[] {
  if (text.length <= PIECE_CHARACTERS) return [text];
  const parts: string[] = [];
  for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
    const part = text.slice(from, from + PIECE_CHARACTERS);
    parts.push(from + PIECE_CHARACTERS < text.length ? `+${part}` : part);
  }
  return parts;
}

/** Puts the pieces of one direction of one connection together again. */
export class Unpacker {
  #begun: string[] = [];
  #size = 0;

  /**
   * The frames of a complete message, or `undefined` when more pieces must come.
   * @throws SohError 'messageBox.protocol' when it is not an array of objects or too large.
   */
  push(text: string): { readonly kind: string }[] | undefined {
    const partial = text.startsWith('+');
    if (partial || this.#begun.length > 0) {
      this.#size += text.length;
      if (this.#size > WHOLE_CHARACTERS) throw new SohError('messageBox.protocol', { reason: 'a message is too large' });
      this.#begun.push(partial ? text.slice(1) : text);
      if (partial) return undefined;
      text = this.#begun.join('');
      this.#begun = [];
      this.#size = 0;
    }
    return framesOf(text);
  }
}

function framesOf(text: string): { readonly kind: string }[] {
  let frames: unknown;
  try {
    frames = JSON.parse(text);
  } catch (error) {
    throw new SohError('messageBox.protocol', { reason: 'not JSON' }, error);
  }
  if (!Array.isArray(frames) || frames.some((frame) => typeof frame !== 'object' || frame === null))
    throw new SohError('messageBox.protocol', { reason: 'not an array of frames' });
  return frames as { readonly kind: string }[];
}
