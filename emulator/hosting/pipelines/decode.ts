/** From bytes to text and back. Inside the group a body is text; what is no text travels as base64 and says so. */
import type { Properties } from '../../orchestration/message.ts';

/** Context property of a body that is not text: its value is 'base64'. */
export const ENCODING = 'BTS.Encoding';

const declaration = /^(<\?xml[^>]*?\sencoding\s*=\s*)(["'])([A-Za-z][\w.:-]*)\2/;

/**
 * Decodes a received body. In this order: byte order mark (UTF-8, UTF-16), the encoding an XML declaration names, UTF-8. A body that
 * came in another encoding than UTF-8 has its XML declaration changed to say utf-8, because that is how it is stored and sent.
 *
 * @returns `undefined` when the bytes are not text in that encoding.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const mark = byteOrderMark(bytes);
  const named = mark ?? declaration.exec(Buffer.from(bytes.subarray(0, 200)).toString('latin1'))?.[3];
  const encoding = named?.toLowerCase() ?? 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return encoding === 'utf-8' ? text : text.replace(declaration, '$1$2utf-8$2');
  } catch {
    // Not an error: the caller decides what a body that is no text means.
    return undefined;
  }
}

function byteOrderMark(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  return undefined;
}

/** The bytes of a body as they leave the group. */
export function bodyBytes(message: { readonly body: string; readonly properties: Properties }): Buffer {
  return Buffer.from(message.body, message.properties[ENCODING] === 'base64' ? 'base64' : 'utf8');
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
export function contentTypeOf(message: { readonly body: string; readonly properties: Properties }): string {
  if (message.properties[ENCODING] === 'base64') return 'application/octet-stream';
  switch (formatOf(message.body)) {
    case 'xml':
      return 'application/xml; charset=utf-8';
    case 'json':
      return 'application/json';
    default:
      return 'text/plain; charset=utf-8';
  }
}
