/** What a body is, and its bytes as they leave the group. Inside a body is text; what is no text travels as base64 and says so. */
import type { Properties } from '../../orchestration/message.ts';
import { withUtf8Declared } from './encodings.ts';

/** Context property of a body that is not text: its value is 'base64'. */
export const ENCODING = 'BTS.Encoding';

/** A message whose body is wanted as bytes. */
interface Outgoing {
  readonly body: string;
  /** The body in UTF-8, where it is there already: then nobody has to make a text of it. */
  readonly bytes?: Uint8Array;
  readonly properties: Properties;
}

/** So much of a body is looked at for its first character; all of it when these are blanks. */
const BEGINNING_BYTES = 1024;

/** The bytes of a body as they leave the group. Text is UTF-8, and says so: whoever wrote another encoding into it could not write those bytes. */
export function bodyBytes(message: Outgoing): Buffer {
  if (message.properties[ENCODING] === 'base64') return Buffer.from(message.body, 'base64');
  const { bytes } = message;
  return bytes ? withUtf8DeclaredIn(bytes) : Buffer.from(withUtf8Declared(message.body), 'utf8');
}

/** The declaration ends with the first '>'. */
function withUtf8DeclaredIn(bytes: Uint8Array): Buffer {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (whole.toString('latin1', 0, 5) !== '<?xml') return whole;
  const end = whole.indexOf('>') + 1;
  const said = whole.toString('utf8', 0, end);
  const declared = withUtf8Declared(said);
  return declared === said ? whole : Buffer.concat([Buffer.from(declared), whole.subarray(end)]);
}

function beginningOf(message: Outgoing): string {
  const { bytes } = message;
  const beginning = bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(BEGINNING_BYTES, bytes.byteLength)).toString('utf8') : '';
  return beginning.trim() === '' ? message.body : beginning;
}

/** What the first character after white space makes of a body. */
export function formatOf(text: string): 'xml' | 'json' | undefined {
  switch (/\S/.exec(text)?.[0]) {
    case '<':
      return 'xml';
    case '{':
    case '[':
      return 'json';
    default:
      return undefined;
  }
}

/** The HTTP content type of a body. */
export function contentTypeOf(message: Outgoing): string {
  if (message.properties[ENCODING] === 'base64') return 'application/octet-stream';
  switch (formatOf(beginningOf(message))) {
    case 'xml':
      return 'application/xml; charset=utf-8';
    case 'json':
      return 'application/json';
    default:
      return 'text/plain; charset=utf-8';
  }
}
