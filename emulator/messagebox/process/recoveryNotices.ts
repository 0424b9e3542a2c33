/** What a start found in its data folder that a person should know, although it goes on: told by `start`, `status`, the tree and the page. */
import { SohError, toWire, type WireError } from '../../errors.ts';
import type { OpenStorage } from '../storage/storage.ts';

/** Oldest first; empty after an ordinary start. */
export function recoveryNotices({ cut, unmarked, damagedSnapshot }: OpenStorage<unknown>['recovered']): WireError[] {
  const found: SohError[] = [];
  if (damagedSnapshot) found.push(new SohError('messageBox.snapshotReplaced', damagedSnapshot));
  if (cut) {
    const { file, offset, bytes, sequence, instances } = cut;
    found.push(new SohError('messageBox.tailCut', { file, offset, bytes, sequence, instances: instances.join(', ') || '–' }));
  }
  if (unmarked) found.push(new SohError('messageBox.unmarked', { file: unmarked }));
  return found.map(toWire);
}
