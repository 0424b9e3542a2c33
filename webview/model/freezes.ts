/** When host instances were frozen, from the events: the journal does not know, it only sees the lease end. */
import type { GroupEvent } from '../../emulator/control/events.ts';

export interface Freeze {
  readonly hostInstance: string;
  /** UTC ms */
  readonly from: number;
  /** `null`: still. */
  readonly to: number | null;
}

/** `events`: newest first. */
export function freezes(events: readonly GroupEvent[]): readonly Freeze[] {
  const found: Freeze[] = [];
  const open = new Map<string, number>();
  for (const event of events.toReversed()) {
    if (event.kind !== 'hostInstanceState') continue;
    const from = open.get(event.hostInstance);
    const at = Date.parse(event.at);
    if (event.state === 'frozen') open.set(event.hostInstance, from ?? at);
    else if (from !== undefined) {
      open.delete(event.hostInstance);
      found.push({ hostInstance: event.hostInstance, from, to: at });
    }
  }
  return [...found, ...[...open].map(([hostInstance, from]) => ({ hostInstance, from, to: null }))];
}
