/** Sizes that both ends of the MessageBox's socket have to know (docs/failure-model.md, P20). */

/** Bodies up to this many characters travel and are stored with their message. */
export const INLINE_BODY_CHARACTERS = 16 * 1024;

/** Largest message body, in bytes. */
export const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** Bytes of a body that travel in one frame. */
export const BODY_CHUNK_BYTES = 1024 * 1024;

/** Largest saved state of an instance, in characters. */
export const STATE_LIMIT_CHARACTERS = 16 * 1024 * 1024;

/** Of the body of a message people are shown at most this many characters. */
export const SHOWN_BODY_CHARACTERS = 64 * 1024;
