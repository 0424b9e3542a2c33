/** A journal on the disk that a test writes as it likes. */
import { appendFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { LineBuffer, noCrc } from '../../../emulator/messagebox/storage/journalLine.ts';
import { segmentName } from '../../../emulator/messagebox/storage/segments.ts';

export class WrittenJournal {
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'soh-watch-'));
  readonly #file: string;
  #crc = noCrc;
  #sequence = 0;

  constructor() {
    mkdirSync(join(this.dataFolder, 'messagebox'));
    this.#file = join(this.dataFolder, 'messagebox', segmentName(1));
    writeFileSync(this.#file, '');
  }

  write(...records: readonly JournalRecord[]): void {
    const lines = new LineBuffer();
    const group = this.#sequence + 1;
    for (const record of records) this.#crc = lines.add(this.#crc, ++this.#sequence, group, JSON.stringify(record));
    appendFileSync(this.#file, lines.content);
  }

  /** Bytes that are no record. */
  damage(): void {
    appendFileSync(this.#file, 'not a record\n');
  }

  /** As after a power failure: only the first records are still there. */
  rewrite(...records: readonly JournalRecord[]): void {
    this.#crc = noCrc;
    this.#sequence = 0;
    writeFileSync(this.#file, '');
    this.write(...records);
  }
}
