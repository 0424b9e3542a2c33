/**
 * Frames on a WebSocket: one text message is a JSON array of frames. What is larger than one piece is sent as several messages, each marked
 * by its first character, so that the socket's own limit stays small (docs/failure-model.md, P22). An array never begins with a mark, and a
 * mark is never a part of what was said, so whatever a frame contains, its pieces cannot be taken for something else.
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
/**
 * A mask of zeros: `ws` then neither masks nor unmasks, which took a tenth of a host instance's time. Masks keep a page's script from
 * feeding chosen bytes to a proxy (RFC 6455, section 10.3); between two of our own processes on loopback there is neither.
 */
export const noMask = (mask: Buffer): void => {
  mask.fill(0);
};

const PIECE_CHARACTERS = 1024 * 1024;
/** A state of 16 Mi characters of which each is escaped (six times as long), with room around it. */
export const FRAME_LIMIT_CHARACTERS = 128 * 1024 * 1024;

/** First character of a piece that another one follows, and of the last piece. */
const MORE = '+';
const LAST = '.';

/**
 * The socket messages for these frames, in order.
 *
 * @param tooLarge is given the frames that no receiver would take; they are left out, because they would cost the whole connection
 */
export function pack(frames: readonly object[], tooLarge?: (frame: object) => void): string[] {
  const messages: string[] = [];
  let batch = '';
  for (const frame of frames) {
    const text = JSON.stringify(frame);
    if (tooLarge && text.length > FRAME_LIMIT_CHARACTERS - 2) {
      tooLarge(frame);
      continue;
    }
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
  for (let from = 0; from < text.length;) {
    const to = endOfPiece(text, from);
    parts.push(`${to < text.length ? MORE : LAST}${text.slice(from, to)}`);
    from = to;
  }
  return parts;
}

/** Two halves of one character (a surrogate pair) stay together: alone, neither survives UTF-8. */
function endOfPiece(text: string, from: number): number {
  const to = Math.min(from + PIECE_CHARACTERS, text.length);
  const code = text.charCodeAt(to - 1);
  return to < text.length && code >= 0xd800 && code < 0xdc00 ? to - 1 : to;
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
    const mark = text[0];
    if (mark !== MORE && mark !== LAST) {
      if (this.#begun.length > 0) throw new SohError('messageBox.protocol', { reason: 'a message began within another' });
      return framesOf(text);
    }
    this.#size += text.length - 1;
    if (this.#size > FRAME_LIMIT_CHARACTERS) throw new SohError('messageBox.protocol', { reason: 'a message is too large' });
    this.#begun.push(text.slice(1));
    if (mark === MORE) return undefined;
    const whole = this.#begun.join('');
    this.#begun = [];
    this.#size = 0;
    return framesOf(whole);
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
