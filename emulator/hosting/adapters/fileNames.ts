/** Names of files: masks of receive locations, macros of send ports, and what a name may not contain (docs/failure-model.md, P29). */
import type { OutboundMessage } from './door.ts';
import { BTS } from '../../orchestration/message.ts';
import { term } from '../../text/term.ts';
import { shortened } from '../../files/fileFolder.ts';

const unsafe = /[\u0000-\u001f\u007f<>:"/\\|?*]/g;
/** Devices of Windows, also with an extension or blanks behind them; superscript digits count as digits there. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]) *(?:\.|$)/i;
const macro = /%(MessageID|SourceFileName|datetime)%/gi;

/** Longest name of a file written, in bytes; room is left for the temporary name. */
export const MAX_NAME_BYTES = 220;

/** Compiles a mask: `*` is any run of characters, `?` one; letter case does not matter, as on Windows. */
export function compileMask(mask: string): (name: string) => boolean {
  const pattern = mask
    .replace(/\*+/g, '*')
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`, 'isu');
  return (name) => expression.test(name);
}

/** Why a text cannot be the name of a file, on any system; `undefined` when it can. */
export function whyUnusable(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return term('it is no name');
  if (name.search(unsafe) >= 0) return term('it contains a separator or another character that file names cannot have');
  if (reserved.test(name)) return term('it is the name of a device');
  if (/[. ]$/.test(name)) return term('it ends with a dot or a blank');
  return undefined;
}

/** A macro in the pattern of a file name that there is not; it would stand in every name as it is. */
export function unknownMacro(pattern: string): string | undefined {
  return pattern.replace(macro, '').match(/%[a-z]+%/i)?.[0];
}

/** Why no message could be sent to a file of this pattern; `undefined` when it can. */
export function unusableName(pattern: string): string | undefined {
  return whyUnusable(withMessageId(pattern).replace(macro, 'x'));
}

/**
 * A message id as part of a file name: `/` becomes `.`, everything unusual `~` and its code, so different ids stay different, also where
 * letter case does not count.
 */
export function messageIdInName(id: string): string {
  return Array.from(id, (character) => {
    if (character === '/') return '.';
    return /^[a-z\d_-]$/.test(character) ? character : `~${(character.codePointAt(0) ?? 0).toString(16)}~`;
  }).join('');
}

/** The last part of a path, made safe and short enough to be part of a name. */
export function safeSourceName(path: string): string {
  return shortened((path.split(/[/\\]/).at(-1) ?? '').replace(unsafe, '_').replace(/^\.+/, ''), 100);
}

/** A name to write to, and what recognises the same message under another time. */
export interface TargetName {
  readonly name: string;
  /** Set when the name contains the time: any name it matches holds this message. */
  readonly anyTime?: RegExp;
}

/**
 * Fills in the macros of a file name (docs/behaviour.md, section 14). A pattern without `%MessageID%` gets the id before its
 * extension, because the id is what makes a repeated send recognisable.
 */
export function targetName(pattern: string, message: OutboundMessage, now: number): TargetName {
  const whole = withMessageId(pattern);
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(':', '');
  const values: Record<string, string> = {
    messageid: messageIdInName(message.id),
    sourcefilename: safeSourceName(String(message.properties[BTS.receivedFileName] ?? '')),
  };
  const fill = (datetime: string, quote: (text: string) => string): string => {
    const fixed = whole.split(macro);
    return fixed
      .map((part, index) =>
        index % 2 === 0 ? quote(part) : part.toLowerCase() === 'datetime' ? datetime : quote(values[part.toLowerCase()] ?? ''),
      )
      .join('');
  };
  const name = fill(time, (text) => text);
  if (!/%datetime%/i.test(whole)) return { name };
  return { name, anyTime: new RegExp(`^${fill('\\d{4}-\\d\\d-\\d\\dT\\d{6}', (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))}$`) };
}

function withMessageId(pattern: string): string {
  return /%MessageID%/i.test(pattern) ? pattern : appendToStem(pattern, '%MessageID%');
}

function appendToStem(pattern: string, text: string): string {
  const dot = pattern.lastIndexOf('.');
  const stem = dot > 0 ? pattern.slice(0, dot) : pattern;
  return `${stem}${stem === '' ? '' : '-'}${text}${dot > 0 ? pattern.slice(dot) : ''}`;
}
