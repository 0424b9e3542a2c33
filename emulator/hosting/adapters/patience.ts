/** How long a FILE receive location waits for what may still happen, ms. */
export interface Patience {
  /** A file that was not changed for so long is not written any more. */
  readonly keepMs: number;
  /** Longer, because what is no well-formed message may be the beginning of one. */
  readonly keepMalformedMs: number;
  /** What stands in the folder for less is nothing to talk about: it is on its way to another name or another location. */
  readonly noticeMs: number;
  /** How long a stop waits for acknowledgements. */
  readonly stopMs: number;
  /** How long a stop waits at most to finish what dead host instances left. */
  readonly leaveMs: number;
}
export const PATIENCE: Patience = { keepMs: 5000, keepMalformedMs: 60_000, noticeMs: 3000, stopMs: 5000, leaveMs: 12_000 };
