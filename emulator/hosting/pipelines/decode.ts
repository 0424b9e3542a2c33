/** What a body is, and its bytes as they leave the group. Inside a body is text; what is no text travels as base64 and says so. */
import type { Properties } from '../../orchestration/message.ts';
import { withUtf8Declared } from './encodings.ts';

/** Context property of a body that is not text: its value is 'base64'. */
export const ENCODING = 'BTS.Encoding';

/** The bytes of a body as they leave the group. Text is UTF-8, and says so: whoever wrote another encoding into it could not write those bytes. */
export function bodyBytes({ body, properties }: { readonly body: string; readonly properties: Properties }): Buffer {
  return properties[ENCODING] === 'base64' ? Buffer.from(body, 'base64') : Buffer.from(withUtf8Declared(body), 'utf8');
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
