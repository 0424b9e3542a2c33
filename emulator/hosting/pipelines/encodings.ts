/**
 * Which encoding bytes are in, from everything that says so: a byte order mark, the transport's charset, the pattern of a 16-bit text, an
 * XML declaration. What two of them say must agree, or the message is refused: a body is never read in one encoding while it claims another.
 *
 * Order: mark, charset, pattern, declaration, UTF-8 (RFC 7303, section 3; RFC 8259, section 8.1; XML 1.0, appendix F). Only a charset may
 * differ from the declaration, because RFC 7303 lets the transport change the encoding without reading the document.
 */
import iconv from 'iconv-lite';
import { SohError } from '../../errors.ts';

/** The declaration of an XML document up to its encoding: what stands before it, the quote, the name. */
const declaration = /^(<\?xml\s[^>]*?\sencoding\s*=\s*)(["'])([A-Za-z][\w.:-]*)\2/;
/** An XML declaration is at its very beginning; nobody writes a longer one. */
const DECLARATION_BYTES = 200;

/** Names of the encodings whose units are two or four bytes, as they are found in declarations: they leave the byte order to the bytes. */
const WIDE: Readonly<Record<string, string>> = {
  utf16: 'utf-16',
  ucs2: 'utf-16',
  iso10646ucs2: 'utf-16',
  unicode: 'utf-16',
  csunicode: 'utf-16',
  utf16le: 'utf-16le',
  unicodefffe: 'utf-16be',
  utf16be: 'utf-16be',
  utf32: 'utf-32',
  ucs4: 'utf-32',
  iso10646ucs4: 'utf-32',
  utf32le: 'utf-32le',
  utf32be: 'utf-32be',
};

/** Text whose XML declaration, where it has one, says utf-8: as which it is kept and sent. */
export function withUtf8Declared(text: string): string {
  if (!text.startsWith('<?xml')) return text;
  return text.replace(declaration, (whole, before: string, quote: string, name: string) =>
    /^utf-?8$/i.test(name) ? whole : `${before}${quote}utf-8${quote}`,
  );
}

/**
 * Decodes a received body.
 *
 * @param charset as the transport said it
 * @returns `undefined` when the bytes are not text in their encoding
 * @throws SohError 'message.encodingUnsupported', 'message.encodingContradiction'
 */
export function decode(bytes: Uint8Array, charset?: string): string | undefined {
  const marked = byteOrderMark(bytes);
  const said = charset === undefined ? undefined : known(charset);
  if (marked !== undefined && said !== undefined && !agree(said, marked)) throw contradiction(charset ?? '', marked);
  const wide = marked ?? (said === undefined || isWide(said) ? pattern(bytes) : undefined);
  if (wide !== undefined || said !== undefined) {
    const text = textIn(bytes, wide ?? said ?? '');
    const declared = declaration.exec(text ?? '')?.[3];
    if (said === undefined && declared !== undefined && !agree(known(declared), wide ?? '')) throw contradiction(declared, wide ?? '');
    return text === undefined ? undefined : withUtf8Declared(text);
  }
  const declared = declaration.exec(Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1'))?.[3];
  const encoding = declared === undefined ? 'utf-8' : known(declared);
  // It could be read, so its units are bytes, whatever it says.
  if (isWide(encoding)) throw contradiction(declared ?? '', 'utf-8');
  const text = textIn(bytes, encoding);
  return text === undefined ? undefined : withUtf8Declared(text);
}

/** Our name of an encoding. @throws SohError 'message.encodingUnsupported' */
function known(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  if (plain === 'utf8') return 'utf-8';
  const wide = WIDE[plain];
  if (wide !== undefined) return wide;
  if (!iconv.encodingExists(name) || /^(base64|hex|utf7)/.test(plain))
    throw new SohError('message.encodingUnsupported', { encoding: name });
  return name.toLowerCase();
}

function isWide(encoding: string): boolean {
  return encoding.startsWith('utf-16') || encoding.startsWith('utf-32');
}

/** True when bytes in `found` may say `said` of themselves. */
function agree(said: string, found: string): boolean {
  return said === found || ((said === 'utf-16' || said === 'utf-32') && found.startsWith(said));
}

function contradiction(declared: string, found: string): SohError {
  return new SohError('message.encodingContradiction', { declared, found });
}

function byteOrderMark([a, b, c, d]: Uint8Array): string | undefined {
  if (a === 0xff && b === 0xfe) return c === 0 && d === 0 ? 'utf-32le' : 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  if (a === 0 && b === 0 && c === 0xfe && d === 0xff) return 'utf-32be';
  return a === 0xef && b === 0xbb && c === 0xbf ? 'utf-8' : undefined;
}

/** Without a mark: XML and JSON begin with ASCII, so the zeros beside the first characters tell width and byte order. */
function pattern([a = 0, b = 0, c = 0, d = 0]: Uint8Array): string | undefined {
  const begins = (byte: number): boolean => '<{["'.includes(String.fromCharCode(byte));
  if (begins(a) && b === 0) return c === 0 && d === 0 ? 'utf-32le' : 'utf-16le';
  if (a === 0 && begins(b)) return 'utf-16be';
  return a === 0 && b === 0 && c === 0 && begins(d) ? 'utf-32be' : undefined;
}

function textIn(bytes: Uint8Array, encoding: string): string | undefined {
  // Without a mark and a pattern, bytes that are said to be UTF-16 are in the order of the product's own platform.
  const ordered = encoding === 'utf-16' || encoding === 'utf-32' ? `${encoding}le` : encoding;
  if (ordered === 'utf-8' || ordered.startsWith('utf-16')) {
    try {
      return new TextDecoder(ordered, { fatal: true }).decode(bytes);
    } catch {
      // Not an error: the caller decides what a body that is no text means.
      return undefined;
    }
  }
  const text = iconv.decode(Buffer.from(bytes), ordered);
  // What cannot be decoded becomes U+FFFD; bytes that really mean it are the same when they are written again.
  if (!text.includes('\ufffd') || iconv.encode(text, ordered).equals(Buffer.from(bytes))) return text;
  return undefined;
}
