import * as v from 'valibot';
import { catalogue } from '../errorCatalogue.ts';
import type { WireError } from '../errors.ts';

/** Checks an error that comes over a socket. A group that was started by an older version does not say whether trying again can help. */
export const wireError: v.GenericSchema<unknown, WireError> = v.object({
  code: v.string(),
  message: v.string(),
  next: v.string(),
  retry: v.optional(v.boolean(), catalogue.unexpected.retry),
  parameters: v.record(v.string(), v.union([v.string(), v.number()])),
});
