/** What the MessageBox keeps of one instance, as people are shown it. It reads the store only, so a store rebuilt from a journal will do. */
import type { InstanceParts, InstanceTimer, MessageVariable } from '../../control/instances.ts';
import { isoTime } from '../../control/isoTime.ts';
import { shapeAtPlace } from '../../engine/state.ts';
import type { OutlineEntry } from '../../orchestration/definition.ts';
import { SHOWN_BODY_CHARACTERS } from '../protocol/limits.ts';
import { shownFilter, shownProperties } from '../core/shown.ts';
import { messageVariables, readState, shown } from './savedState.ts';
import type { Instance, Message } from '../core/state.ts';
import type { Store } from '../core/store.ts';

/** A convoy may have thousands waiting; nobody reads more of them than this. */
const SHOWN_ENTRIES = 200;
/** Of the bodies of all messages that an instance keeps. */
const SHOWN_KEPT_CHARACTERS = 4 * SHOWN_BODY_CHARACTERS;

/** The body of a message, at least as much of it as is shown; `undefined` when it cannot be read. */
type BodyOf = (message: Message) => string | undefined;

export function partsOf(store: Store, instance: Instance, bodyOf: BodyOf): InstanceParts {
  const { messages, services } = store.state;
  const outline = services.get(instance.service)?.outline ?? [];
  // A subscription has the number of its Receive; a timer `<number of its Delay>.<count>`.
  const numberOf = (id: string): number => Number.parseInt(id, 10);
  const nameOf = (id: string): string => outline[numberOf(id)]?.name ?? '';
  // Only an orchestration's state has the form of the engine.
  const saved = instance.kind === 'orchestration' ? readState(instance.state) : undefined;
  const atRisk = store.holdings.atRiskOf(instance).map(([shape]) => shape);
  const timers = [...timersOf(instance, saved?.d ?? {}, store.holdings.timersOf(instance))].map(([timer, due]): InstanceTimer => ({
    timer,
    kind: timerKind(outline, numberOf(timer)),
    shape: numberOf(timer) === outline.length ? (services.get(instance.service)?.name ?? '') : nameOf(timer),
    number: nameOf(timer) === '' ? -1 : numberOf(timer),
    due: isoTime(due),
  }));
  return {
    position: { saved: (saved?.t ?? []).flatMap((place) => shapeAtPlace(outline, place) ?? []), atRisk },
    messages:
      instance.status === 'suspendedNotResumable'
        ? keptMessages(store, instance, nameOf, bodyOf)
        : saved === undefined
          ? []
          : messageVariables(saved, outline, (id) => {
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
    timers,
    retries: retriesOf(outline, saved?.r ?? {}, atRisk, timers),
  };
}

/**
 * A Scope has one timer at a time: a long-running one its time-out, an atomic one the pause before it runs again. A Call has that of what it calls,
 * and the orchestration itself has its time-out behind the outline.
 */
function timerKind(outline: readonly OutlineEntry[], number: number): InstanceTimer['kind'] {
  const entry = outline[number];
  if (number === outline.length || entry?.kind === 'call') return 'timeout';
  if (entry?.kind !== 'scope') return 'delay';
  return entry.transaction === 'atomic' ? 'retry' : 'timeout';
}

/**
 * How often atomic scopes have run in vain. One that comes to its end is saved, so whatever ran of it since and began once more, or pauses,
 * ran in vain.
 */
function retriesOf(
  outline: readonly OutlineEntry[],
  saved: Readonly<Record<string, number>>,
  atRisk: readonly number[],
  timers: readonly InstanceTimer[],
): InstanceParts['retries'] {
  const times = new Map(Object.entries(saved).map(([scope, count]) => [Number(scope), count]));
  const begun = atRisk.filter((shape) => outline[shape]?.transaction === 'atomic');
  const pausing = new Set(timers.flatMap(({ kind, number }) => (kind === 'retry' ? [number] : [])));
  for (const [index, scope] of begun.entries())
    if (pausing.has(scope) || begun.lastIndexOf(scope) > index) times.set(scope, (times.get(scope) ?? 0) + 1);
  return [...times].map(([scope, count]) => ({ scope, times: count }));
}

/** What an instance keeps that will never take it. */
function keptMessages(store: Store, { queue }: Instance, nameOf: (id: string) => string, bodyOf: BodyOf): MessageVariable[] {
  let room = SHOWN_KEPT_CHARACTERS;
  return queue.slice(0, SHOWN_ENTRIES).flatMap(({ subscription, message: id = '' }) => {
    const message = store.state.messages.get(id);
    if (!message) return [];
    // To look for a body may mean to read it from the disk.
    const part = room === 0 ? { body: '', cut: true } : shown(bodyOf(message), Math.min(room, SHOWN_BODY_CHARACTERS));
    room -= part.body?.length ?? 0;
    return { name: nameOf(subscription), id, type: message.type, ...part, properties: shownProperties(message.properties) };
  });
}

/** Those the MessageBox keeps, and those that its owner keeps in memory: as a saved state says, and as it has reported since. */
function timersOf(
  { timers, queue }: Instance,
  dues: Readonly<Record<string, readonly [number, string, 0 | 1]>>,
  reported: ReturnType<Store['holdings']['timersOf']>,
): Map<string, number> {
  const found = new Map([...timers, ...reported].map(({ id, due }) => [id, due]));
  const fired = new Set(queue.map(({ timer }) => timer));
  for (const [at, timer] of Object.values(dues)) if (!found.has(timer) && !fired.has(timer)) found.set(timer, at);
  return found;
}
