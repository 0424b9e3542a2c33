/** What people are shown of a saved state: the message variables, with what the MessageBox or its journal knows of a received one. */
import { readState as read, type SavedState } from '../../engine/savedState.ts';
import type { MessageVariable } from '../../control/instances.ts';
import { shownProperties } from '../core/shown.ts';
import type { Properties } from '../../orchestration/message.ts';
import { SHOWN_BODY_CHARACTERS } from '../protocol/limits.ts';

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
export function messageVariables(saved: SavedState | undefined, find: (id: string) => KnownMessage | undefined): MessageVariable[] {
  return Object.entries(saved?.m ?? {}).map(([name, value]) => {
    if (typeof value !== 'string') return { name, id: null, type: null, ...shown(value.b), properties: shownProperties(value.p ?? {}) };
    const { type = null, body, properties = {} } = find(value) ?? {};
    return { name, id: value, type, ...shown(body), properties: shownProperties(properties) };
  });
}

/** As much of a body as people are shown. */
export function shown(body: string | undefined, limit = SHOWN_BODY_CHARACTERS): Pick<MessageVariable, 'body' | 'cut'> {
  return { body: body?.slice(0, limit) ?? null, cut: (body?.length ?? 0) > limit };
}
