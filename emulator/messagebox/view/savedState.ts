/** What people are shown of a saved state: the message variables, with what the MessageBox or its journal knows of a received one. */
import { readState as read, type SavedFrame, type SavedState } from '../../engine/savedState.ts';
import type { MessageVariable } from '../../control/instances.ts';
import { shownProperties, shownVariables } from '../core/shown.ts';
import type { Json } from '../../orchestration/json.ts';
import type { OutlineEntry } from '../../orchestration/definition.ts';
import type { Properties } from '../../orchestration/message.ts';
import { SHOWN_BODY_CHARACTERS } from '../protocol/limits.ts';

type Outline = readonly Pick<OutlineEntry, 'name'>[];

/** A received message; without a body when that cannot be read. */
export interface KnownMessage {
  readonly type: string;
  readonly properties: Properties;
  readonly body: string | undefined;
}

/** The saved state of an orchestration from its text; `undefined` before the first persistence point, and when it cannot be read. */
export function readState(text: string | null | undefined): SavedState | undefined {
  if (text === null || text === undefined) return undefined;
  try {
    return read(text, 'the saved state');
  } catch {
    // Who looks at an instance sees the rest of it; who runs it meets the same error and is told.
    return undefined;
  }
}

/** @param find what is known of a received message */
export function messageVariables(saved: SavedState, outline: Outline, find: (id: string) => KnownMessage | undefined): MessageVariable[] {
  return named(saved, outline, ({ m = {} }) => m).map(([name, value]) => {
    if (typeof value !== 'string') return { name, id: null, type: null, ...shown(value.b), properties: shownProperties(value.p ?? {}) };
    const { type = null, body, properties = {} } = find(value) ?? {};
    return { name, id: value, type, ...shown(body), properties: shownProperties(properties) };
  });
}

/** The variables, named as the message variables are. */
export function variablesIn(saved: SavedState, outline: Outline): Record<string, Json> {
  return shownVariables(Object.fromEntries(named(saved, outline, ({ v = {} }) => v)));
}

/** What the orchestrations of an instance know: its own by its name, that of a called one which runs as `<Call> / <name>`. */
function named<T>({ s = {}, ...own }: SavedState, outline: Outline, of: (frame: SavedFrame) => Readonly<Record<string, T>>): [string, T][] {
  const called = Object.entries(s).flatMap(([call, [, frame]]) =>
    Object.entries(of(frame)).map(([name, value]): [string, T] => [`${outline[Number(call)]?.name ?? call} / ${name}`, value]),
  );
  return [...Object.entries(of(own)), ...called];
}

/** As much of a body as people are shown. */
export function shown(body: string | undefined, limit = SHOWN_BODY_CHARACTERS): Pick<MessageVariable, 'body' | 'cut'> {
  return { body: body?.slice(0, limit) ?? null, cut: (body?.length ?? 0) > limit };
}
