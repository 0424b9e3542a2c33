/** The logs of the group's host instances: one each, for as long as the data folder is ours. */
import type { Clock } from '../clock.ts';
import { logFile } from '../control/logs.ts';
import { LogFile } from './logFile.ts';

export class ProcessLogs {
  readonly #dataFolder: string;
  readonly #clock: Clock;
  readonly #logs = new Map<string, LogFile>();

  constructor(dataFolder: string, clock: Clock) {
    this.#dataFolder = dataFolder;
    this.#clock = clock;
  }

  of(hostInstance: string): LogFile {
    let log = this.#logs.get(hostInstance);
    if (!log) this.#logs.set(hostInstance, (log = new LogFile(logFile(this.#dataFolder, hostInstance), this.#clock)));
    return log;
  }

  /** The folder is another supervisor's: nothing is written there any more. */
  forsake(): void {
    for (const log of this.#logs.values()) log.forsake();
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
  }
}
