/** What a client of the control socket checks in what the supervisor says: the envelope, so that wrong versions are noticed at the door. */
import * as v from 'valibot';
import { messageOf, SohError } from '../errors.ts';
import type { CommandResponse, Delta, Snapshot } from './commands.ts';
import { wireError } from './wireErrorSchema.ts';

const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const plainObject = v.record(v.string(), v.unknown());
const namedList = (key: string) => v.array(v.looseObject({ [key]: v.string() }));

const status = v.looseObject({ state: v.string(), hostInstances: namedList('name'), messageBox: plainObject, services: namedList('name') });
const instances = namedList('id');
const events = namedList('kind');

const delta = v.object({
  kind: v.literal('delta'),
  frame: natural,
  status: v.exactOptional(status),
  instances: v.exactOptional(instances),
  events: v.exactOptional(events),
});
const snapshot = v.object({ kind: v.literal('snapshot'), frame: natural, status, instances, events });
const incoming = v.union([v.object({ id: natural, result: v.unknown() }), v.object({ id: natural, error: wireError }), delta]);

/** One message of the supervisor. Throws `group.protocol`. */
export function parseIncoming(text: string): CommandResponse | Delta {
  // Everything inside the envelope was made by the same version's types; the envelope is what tells another version.
  return check(incoming, () => JSON.parse(text) as unknown) as CommandResponse | Delta;
}

/** The result of `follow`. Throws `group.protocol`. */
export function parseSnapshot(value: unknown): Snapshot {
  return check(snapshot, () => value) as unknown as Snapshot;
}

function check<S extends v.GenericSchema>(schema: S, read: () => unknown): v.InferOutput<S> {
  try {
    return v.parse(schema, read());
  } catch (error) {
    throw new SohError('group.protocol', { reason: messageOf(error) }, error);
  }
}
