/** What the host instances of a receive location say of the files it does not take, put together: several of them see the same folder. */
import type { ReceiveLocationStatus } from '../control/status.ts';
import type { WireError } from '../errors.ts';
import type { LocationNotices } from '../hosting/settings.ts';

/** Of one host instance, by receive location. */
export type NoticesByLocation = ReadonlyMap<string, LocationNotices>;

/** Notices that are listed of one location. */
const LISTED = 20;

/** The members of the status of a location. */
export function noticesOf(
  location: string,
  hostInstances: readonly { readonly notices: NoticesByLocation }[],
): Pick<ReceiveLocationStatus, 'notices' | 'moreNotices'> {
  const first = new Map<string, { readonly at: number; readonly error: WireError }>();
  let more = 0;
  for (const { notices } of hostInstances) {
    const said = notices.get(location);
    more = Math.max(more, said?.more ?? 0);
    for (const notice of said?.notices ?? []) {
      const key = keyOf(notice.error);
      if (notice.at < (first.get(key)?.at ?? Infinity)) first.set(key, notice);
    }
  }
  const all = [...first.values()].sort((a, b) => a.at - b.at).map(({ at, error }) => ({ at: new Date(at).toISOString(), error }));
  const listed = all.slice(-LISTED);
  more += all.length - listed.length;
  return { ...(listed.length > 0 ? { notices: listed } : {}), ...(more > 0 ? { moreNotices: more } : {}) };
}

/** Of what one host instance says anew what no other has said. */
export function newsOf(
  location: string,
  news: readonly WireError[],
  others: readonly { readonly notices: NoticesByLocation }[],
): WireError[] {
  const said = new Set(others.flatMap(({ notices }) => (notices.get(location)?.notices ?? []).map(({ error }) => keyOf(error))));
  return news.filter((error) => !said.has(keyOf(error)));
}

function keyOf({ code, parameters }: WireError): string {
  return JSON.stringify([code, parameters]);
}
