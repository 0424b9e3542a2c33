/** Data folders on a simulated disk as the product writes them: records of the real core, segments, snapshots, a history, bodies, a mark. */
import { createHash } from 'node:crypto';
import { apply } from '../../emulator/messagebox/core/apply.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { kindOf } from '../../emulator/messagebox/core/recordFormat.ts';
import { isNote } from '../../emulator/messagebox/core/records.ts';
import { fromSnapshot, messageBoxFormats, type SnapshotContent, toSnapshot } from '../../emulator/messagebox/core/snapshotState.ts';
import { emptyState, type MessageBoxState } from '../../emulator/messagebox/core/state.ts';
import type { SeededRandom } from '../../emulator/faults/seededRandom.ts';
import type { Disk } from '../../emulator/messagebox/storage/disk.ts';
import { FileStorage } from '../../emulator/messagebox/storage/fileStorage.ts';
import { JournalSource } from '../../emulator/messagebox/storage/follower.ts';
import { makeSnapshot } from '../../emulator/messagebox/storage/snapshotWorker.ts';
import type { OpenStorage } from '../../emulator/messagebox/storage/storage.ts';
import { SimulatedDisk } from '../../emulator/simulation/simulatedDisk.ts';
import { commitFrame, Core } from './core.ts';

export const folder = '/data/messagebox';
const SEGMENT_BYTES = 6000;

export function storageOn(disk: Disk, at = folder): FileStorage<JournalRecord, SnapshotContent> {
  return new FileStorage({
    ...{ disk, folder: at, formats: messageBoxFormats, segmentBytes: SEGMENT_BYTES },
    isNote: (json) => isNote(kindOf(json)),
    claim: () => Promise.resolve({ confirm: () => undefined, beat: () => undefined, release: () => undefined }),
    snapshot: (upTo) => snapshotOf(disk, at, upTo),
  });
}

function snapshotOf(disk: Disk, at: string, upTo: number) {
  return makeSnapshot<JournalRecord, MessageBoxState, SnapshotContent>({
    ...{ disk, folder: at, upTo, recordFormat: messageBoxFormats.record, snapshotFormat: messageBoxFormats.snapshot },
    load: fromSnapshot,
    apply,
    save: toSnapshot,
  });
}

/**
 * Opens a folder like a MessageBox and gives the state it had.
 * @param start the start that a segment tells of when it is begun because the one before is full; default: the last one in the folder
 */
export async function openFolder(
  disk: Disk,
  at = folder,
  start?: () => Pick<MessageBoxState, 'at' | 'generation' | 'origin'>,
): Promise<{ opened: OpenStorage<JournalRecord>; state: MessageBoxState }> {
  let state = emptyState();
  const opened = await storageOn(disk, at).open({
    begin: (data) => (state = fromSnapshot(data)),
    record: (record, sequence) => {
      apply(state, record, sequence);
    },
    segmentHeader: () => {
      const { at: time, generation, origin } = start?.() ?? state;
      return { kind: 'generation', at: time, generation, origin };
    },
  });
  return { opened, state };
}

/** A record of some length that changes nothing. */
export function idle(at: number, length: number): JournalRecord {
  return { kind: 'unenlist', at, services: [{ kind: 'orchestration', name: 'é訂單'.repeat(length) }] };
}

/** All records there are, by number. */
export async function recordsOf(disk: Disk, at = folder): Promise<Map<number, JournalRecord>> {
  const found = new Map<number, JournalRecord>();
  const source = new JournalSource({ disk, folder: at, format: messageBoxFormats.record, isNote: () => false });
  const follower = source.follow();
  for (let end = false; !end;) {
    const next = await follower.next(1000);
    for (const { sequence, record } of next.records) found.set(sequence, record);
    end = next.end;
  }
  return found;
}

/** The state after the records 1 to `last`. */
export function stateAt(records: ReadonlyMap<number, JournalRecord>, last: number): SnapshotContent {
  const state = emptyState();
  for (let sequence = 1; sequence <= last; sequence++) {
    const record = records.get(sequence);
    if (record === undefined) throw new Error(`no record ${String(sequence)}`);
    apply(state, record, sequence);
  }
  return toSnapshot(state, last);
}

/** Two host instances, submitted messages (some with bodies out of line), commits, takeovers; then a stop, or a death. */
export async function writeFolder(random: SeededRandom, steps: number): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk(random);
  const core = new Core();
  const origin = `start ${String(random.below(1_000_000))}`;
  const { opened } = await openFolder(disk, folder, () => ({ ...core.messageBox.store.state, origin }));
  const drive = new Driver(core, random);
  let written = 0;
  for (let step = 0; step < steps; step++) {
    await drive.step(opened);
    for (const { record } of core.records.slice(written)) opened.log.append(record.kind === 'generation' ? { ...record, origin } : record);
    written = core.records.length;
    if (random.chance(0.4)) await opened.log.flush();
    if (random.chance(0.04)) {
      await opened.log.flush();
      const { sequence } = await opened.snapshot(opened.log.sealedSequence);
      await opened.log.archive(sequence);
    }
  }
  await opened.log.flush();
  if (random.chance(0.5)) await opened.log.close();
  disk.crash();
  return disk;
}

class Driver {
  readonly #core: Core;
  readonly #random: SeededRandom;
  #peers: ReturnType<Core['hello']>[] = [];
  readonly #held: { peer: number; instance: string; lock: string; version: number }[] = [];
  #jobs = 0;

  constructor(core: Core, random: SeededRandom) {
    this.#core = core;
    this.#random = random;
    this.#peers = [0, 1].map((host) => core.hello(`h${String(host)}`));
  }

  async step({ bodies }: OpenStorage<JournalRecord>): Promise<void> {
    const chance = this.#random.next();
    const which = this.#random.below(2);
    if (chance < 0.35) await this.#submit(which, bodies);
    else if (chance < 0.5) this.#core.messageBox.frame(this.#peer(which).session, { kind: 'pull', credit: 2 });
    else if (chance < 0.55) this.#reconnect(which);
    else this.#commit();
    this.#core.now += 10;
    this.#core.messageBox.settle();
    this.#takeGrants();
  }

  #peer(which: number): ReturnType<Core['hello']> {
    const peer = this.#peers[which];
    if (peer === undefined) throw new Error('no peer');
    return peer;
  }

  async #submit(which: number, bodies: OpenStorage<JournalRecord>['bodies']): Promise<void> {
    const job = ++this.#jobs;
    const text = Buffer.from(`<job number="${String(job)}">${'é訂單🎉'.repeat(this.#random.below(20))}</job>`);
    const bodyHash = createHash('sha256').update(text).digest('hex');
    const large = this.#random.chance(0.3);
    if (large) await bodies.putChunk(bodyHash, 0, text, true);
    const message = { type: 'Job', properties: { Job: String(job) }, ...(large ? { bodyHash } : { body: text.toString() }) };
    this.#core.messageBox.frame(this.#peer(which).session, {
      kind: 'submit',
      request: job,
      location: 'L',
      receiveId: `r${String(job)}`,
      message,
    });
  }

  #reconnect(which: number): void {
    this.#core.messageBox.closed(this.#peer(which).session);
    for (const session of this.#core.messageBox.sessions.live.values()) session.excused = true;
    this.#peers[which] = this.#core.hello(`h${String(which)}`);
    for (let index = this.#held.length - 1; index >= 0; index--) if (this.#held[index]?.peer === which) this.#held.splice(index, 1);
  }

  #commit(): void {
    const [chosen] = this.#held.splice(this.#random.below(Math.max(1, this.#held.length)), 1);
    if (chosen === undefined) return;
    const { peer, instance, lock, version: base } = chosen;
    const queue = this.#core.messageBox.store.state.instances.get(instance)?.queue ?? [];
    const ends = this.#random.chance(0.3);
    const state = { f: 2, v: { count: base, text: 'é訂單'.repeat(this.#random.below(10)) } };
    const frame = commitFrame({
      ...{ id: `${instance}#${String(base + 1)}@${lock}`, instance, lock, base },
      outcome: ends ? 'completed' : 'running',
      consumed: ends ? queue.map(({ id }) => id) : [],
      ...(ends ? {} : { state: JSON.stringify(state) }),
    });
    this.#core.messageBox.frame(this.#peer(peer).session, frame);
    if (!ends) this.#held.push({ peer, instance, lock, version: base + 1 });
  }

  #takeGrants(): void {
    for (const [peer, { connection }] of this.#peers.entries()) {
      for (const frame of connection.frames.splice(0)) {
        if (frame.kind !== 'grant') continue;
        for (const { instance, lock, version } of frame.instances) this.#held.push({ peer, instance, lock, version });
      }
    }
  }
}
