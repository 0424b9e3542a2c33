import type { ErrorCode } from '../errorCatalogue.ts';
import type { ErrorParameters } from '../errors.ts';
import type { JsonPath } from './jsonText.ts';

/** A problem of a group file, before its place in the text is known. */
export interface Finding {
  readonly code: ErrorCode;
  readonly path: JsonPath;
  readonly parameters: ErrorParameters;
}
