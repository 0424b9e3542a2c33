import type { WireError } from '../../errors.ts';
import { errorText } from '../../text/translate.ts';
import type { Call } from '../command.ts';
import { oneLine } from './width.ts';

/** What went wrong with a part of what was asked for, and the next step; the command itself has done its work. */
export function printError(error: WireError, { print, t }: Pick<Call, 'print' | 't'>): void {
  const { message, next } = errorText(error, t);
  print.line(print.paint('bad', oneLine(message)));
  print.line(oneLine(next));
}
