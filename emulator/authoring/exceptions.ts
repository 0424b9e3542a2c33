/** Exceptions that code throws to tell the engine something, under the field's names. */

/** Makes an atomic scope give back what it did and run again, 21 times at most (docs/behaviour.md, section 9.1). */
export class RetryTransactionException extends Error {
  override readonly name = 'RetryTransactionException';
  /** Pause before it runs again, ms; 2 s without it. */
  readonly delay: number | undefined;

  constructor(message = 'Run again.', delay?: number) {
    super(message);
    this.delay = delay;
  }
}
