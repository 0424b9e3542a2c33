/**
 * The data folder while it is ours: the counter in its owner file moves, so that others who cannot see this process know that it lives
 * (`wire/folderClaim.ts`), and with the same look it is noticed when somebody has taken the folder over all the same.
 */
import type { Cancel, Clock } from '../clock.ts';
import { isCode, messageOf, type SohError } from '../errors.ts';
import { BEAT_MS, type Claim } from '../wire/folderClaim.ts';

export interface HeldFolderOptions {
  readonly claim: Pick<Claim, 'beat' | 'release'>;
  readonly clock: Clock;
  /** The folder is another supervisor's; told once, and nothing more is written there. */
  readonly lost: (error: SohError) => void;
  readonly log: (line: string) => void;
}

export class HeldFolder {
  readonly #options: HeldFolderOptions;
  #cancel: Cancel | undefined;

  constructor(options: HeldFolderOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#cancel = this.#options.clock.every(BEAT_MS, () => {
      this.#beat();
    });
  }

  /** Gives the folder back. */
  release(): void {
    this.#cancel?.();
    this.#options.claim.release();
  }

  #beat(): void {
    const { claim, clock, log, lost } = this.#options;
    try {
      claim.beat(clock.wall());
    } catch (error) {
      if (!isCode(error, 'messageBox.claimLost')) {
        log(`the owner file could not be written: ${messageOf(error)}`);
        return;
      }
      this.#cancel?.();
      lost(error);
    }
  }
}
