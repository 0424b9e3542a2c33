/** What the MessageBox keeps of one instance, as people are shown it. It reads the store only, so a store rebuilt from a journal will do. */
import type { InstanceParts } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import { shapeAtPlace } from '../../engine/state.ts';
import { shownFilter } from '../core/shown.ts';
import { messageVariables, readState } from './savedState.ts';
import type { Instance, Message } from '../core/state.ts';
import type { Store } from '../core/store.ts';

/** A convoy may have thousands waiting; nobody reads more of them than this. */
const SHOWN_ENTRIES = 200;

/** @param bodyOf the body of a message, at least as much of it as is shown; `undefined` when it cannot be read */
export function partsOf(store: Store, instance: Instance, bodyOf: (message: Message) => string | undefined): InstanceParts {
  const { messages, services } = store.state;
  const outline = services.get(instance.service)?.outline ?? [];
  // A subscription has the number of its Receive; a timer `<number of its Delay>.<count>`.
  const nameOf = (id: string): string => outline[Number.parseInt(id, 10)]?.name ?? '';
  // Only an orchestration's state has the form of the engine.
  const saved = instance.kind === 'orchestration' ? readState(instance.state) : undefined;
  return {
    position: {
      saved: (saved?.t ?? []).flatMap((place) => shapeAtPlace(outline, place) ?? []),
      atRisk: store.holdings.atRiskOf(instance).map(([shape]) => shape),
    },
    messages: messageVariables(saved, (id) => {
      const message = messages.get(id);
      return message && { ...message, body: bodyOf(message) };
    }),
    subscriptions: instance.subscriptions.map(({ id, filter }) => ({ id, receive: nameOf(id), filter: shownFilter(filter) })),
    queue: instance.queue.slice(0, SHOWN_ENTRIES).map(({ id, subscription, message }) => ({
      entry: id,
      message: message ?? null,
      messageType: message === undefined ? null : (messages.get(message)?.type ?? null),
      receive: nameOf(subscription),
    })),
    timers: [...timersOf(instance, saved?.d ?? {})].map(([timer, due]) => ({
      timer,
      shape: nameOf(timer),
      due: isoTime(due),
    })),
  };
}

/** Those the MessageBox keeps, and those that a saved state says its owner keeps in memory. */
function timersOf({ timers, queue }: Instance, dues: Readonly<Record<string, readonly [number, string, 0 | 1]>>): Map<string, number> {
  const found = new Map(timers.map(({ id, due }) => [id, due]));
  const fired = new Set(queue.map(({ timer }) => timer));
  for (const [at, timer] of Object.values(dues)) if (!found.has(timer) && !fired.has(timer)) found.set(timer, at);
  return found;
}
