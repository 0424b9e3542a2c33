/**
 * Receive ids that are remembered until their source is gone (docs/failure-model.md, P15). Whoever has the sources is told what is remembered,
 * page by page, because that a source is gone may have been said and not been heard.
 */
import type { MessageBoxFrame } from '../protocol/frames.ts';
import type { Session } from './sessions.ts';
import type { MessageBoxState, ReceivedId } from './state.ts';

/** Ids of one page, and ids that are looked at for it. */
const PAGE = 500;
const LOOKED_AT = 10_000;
/** So long the ids of a location that is not in the group file are remembered: it may come back, with its sources, ms. */
export const ABANDONED_MS = 86_400_000;

type Page = Pick<Extract<MessageBoxFrame, { kind: 'keptIds' }>, 'ids' | 'more'>;

/** The walks of sessions through the remembered ids, one a location. A walk sees what is added while it is under way. */
export class ReceiveIdWalks {
  readonly #sessions = new WeakMap<Session, Map<string, MapIterator<[string, ReceivedId]>>>();

  page(session: Session, { receiveIds }: MessageBoxState, location: string, begin: boolean): Page {
    let walks = this.#sessions.get(session);
    if (!walks) this.#sessions.set(session, (walks = new Map<string, MapIterator<[string, ReceivedId]>>()));
    const walk = (begin ? undefined : walks.get(location)) ?? receiveIds.entries();
    walks.set(location, walk);
    const ids: [string, number][] = [];
    for (let looked = 0; looked < LOOKED_AT && ids.length < PAGE; looked++) {
      const next = walk.next();
      if (next.done === true) {
        walks.delete(location);
        return { ids, more: false };
      }
      const [id, kept] = next.value;
      if (kept.location === location) ids.push([id, kept.at]);
    }
    return { ids, more: true };
  }
}

/** Ids of locations that are not in the group file, and that were not for long. @param now UTC ms */
export function abandonedIds({ receiveIds }: MessageBoxState, locations: readonly string[], now: number): string[] {
  const there = new Set(locations);
  return [...receiveIds].filter(([, { location, at }]) => !there.has(location) && now - at > ABANDONED_MS).map(([id]) => id);
}
