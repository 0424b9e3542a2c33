/** Many takeovers at one moment are one thing to a reader. */
import type { GroupEvent } from '../../emulator/control/events.ts';

export type TakenOver = Extract<GroupEvent, { kind: 'takenOver' }>;

/** One event, or a run of takeovers from one host instance by another. */
export type EventEntry =
  { readonly kind: 'one'; readonly event: GroupEvent } | { readonly kind: 'takeovers'; readonly takeovers: readonly TakenOver[] };

/** Puts neighbouring takeovers with the same two host instances together; the order stays. */
export function condense(events: readonly GroupEvent[]): readonly EventEntry[] {
  const entries: EventEntry[] = [];
  for (const event of events) {
    const last = entries.at(-1);
    const first = last?.kind === 'takeovers' ? last.takeovers[0] : undefined;
    if (event.kind !== 'takenOver') entries.push({ kind: 'one', event });
    else if (last?.kind === 'takeovers' && first?.from === event.from && first.to === event.to) {
      entries[entries.length - 1] = { kind: 'takeovers', takeovers: [...last.takeovers, event] };
    } else entries.push({ kind: 'takeovers', takeovers: [event] });
  }
  return entries;
}
