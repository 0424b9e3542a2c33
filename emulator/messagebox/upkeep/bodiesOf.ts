/** The bodies out of line that a state needs: which they are, whether they are what they are named, and copies of them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hasCode, messageOf, SohError } from '../../errors.ts';
import type { MessageBoxState } from '../core/state.ts';
import { BODIES_FOLDER } from '../storage/bodies.ts';
import type { Disk } from '../storage/disk.ts';
import { copyBytes } from './copying.ts';

export interface LostBody {
  readonly hash: string;
  readonly reason: string;
  /** Messages that have it, and the instances that wait for or hold these. */
  readonly messages: readonly string[];
  readonly instances: readonly string[];
}

const PIECE_BYTES = 1024 * 1024;

/** By hash: the messages of the state that have it. */
export function bodiesOf({ messages }: MessageBoxState): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { id, bodyHash } of messages.values()) if (bodyHash !== undefined) found.set(bodyHash, [...(found.get(bodyHash) ?? []), id]);
  return found;
}

/** Why a body is not what it is named; undefined when it is. */
export function faultOf(disk: Disk, folder: string, hash: string): string | undefined {
  try {
    const file = disk.open(join(folder, BODIES_FOLDER, hash), 'read');
    try {
      const digest = createHash('sha256');
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      let done = 0;
      for (let count = file.read(piece, 0); count > 0; count = file.read(piece, done)) {
        digest.update(piece.subarray(0, count));
        done += count;
      }
      return digest.digest('hex') === hash ? undefined : `its ${String(done)} bytes are not those that were put there`;
    } finally {
      file.close();
    }
  } catch (error) {
    return hasCode(error, 'ENOENT') ? 'there is no such file' : messageOf(error);
  }
}

/** Copies what the state needs and can be read; what cannot is told. Errors: 'messageBox.storageFailed'. */
export async function copyBodies(disk: Disk, from: string, to: string, state: MessageBoxState): Promise<LostBody[]> {
  const target = join(to, BODIES_FOLDER);
  disk.makeFolder(target);
  const lost: LostBody[] = [];
  for (const [hash, messages] of bodiesOf(state)) {
    const reason = faultOf(disk, from, hash);
    if (reason !== undefined) {
      lost.push({ hash, reason, messages, instances: instancesOf(state, messages) });
      continue;
    }
    const file = disk.open(join(from, BODIES_FOLDER, hash), 'read');
    try {
      await copyBytes(disk, file, join(target, hash), file.size());
    } finally {
      file.close();
    }
  }
  await disk.syncFolder(target);
  return lost;
}

export function bodyUnreadable(hash: string, reason: string): SohError {
  return new SohError('messageBox.bodyUnreadable', { hash, reason });
}

function instancesOf({ instances }: MessageBoxState, messages: readonly string[]): string[] {
  const wanted = new Set(messages);
  return [...instances.values()]
    .filter(
      ({ queue, holds }) => queue.some(({ message }) => message !== undefined && wanted.has(message)) || holds.some((id) => wanted.has(id)),
    )
    .map(({ id }) => id);
}
