/** XML bodies: parsing behind the gate of `xmlScan.ts`, message type, fields. */
import { DOMParser, MIME_TYPE, type Document } from '@xmldom/xmldom';
import { SohError } from '../../errors.ts';
import { type BodyLimits, DEFAULT_LIMITS } from './bodyLimits.ts';
import { RecentlyParsedWithin } from './recentlyParsed.ts';
import { scanXml } from './xmlScan.ts';

const recent = new RecentlyParsedWithin(parse);

/**
 * The parsed body; the last few are kept.
 *
 * @throws SohError `message.doctype`, `message.malformed` or `message.tooLarge` with the position.
 */
export function parseXml(body: string, limits: BodyLimits = DEFAULT_LIMITS): Document {
  return recent.get(body, limits);
}

/** The message type of an XML body: `namespace#root`, or the root's name when it has no namespace (docs/behaviour.md, section 4.2). */
export function xmlMessageType(document: Document): string {
  const root = document.documentElement;
  if (!root) return '';
  const name = root.localName ?? root.nodeName;
  return root.namespaceURI ? `${root.namespaceURI}#${name}` : name;
}

function parse(body: string, limits: BodyLimits): Document {
  scanXml(body, limits);
  try {
    return parseStrictly(body, false);
  } catch {
    // Positions cost a third of the time, so they are kept only for a body known to be wrong.
    return parseStrictly(body, true);
  }
}

/** Everything the parser would only warn about, and repair by guessing, is an error here. */
function parseStrictly(body: string, withPositions: boolean): Document {
  let failure: SohError | undefined;
  const parser = new DOMParser({
    locator: withPositions,
    normalizeLineEndings: (text) => (text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text),
    onError: (_level, reason, context: { locator?: { lineNumber?: number; columnNumber?: number } }) => {
      // U+FFFD is a character like any other.
      if (reason.startsWith('Unicode replacement character')) return;
      const { lineNumber = 1, columnNumber = 1 } = context.locator ?? {};
      failure ??= new SohError('message.malformed', {
        format: 'XML',
        line: Math.max(1, lineNumber),
        column: Math.max(1, columnNumber),
        reason,
      });
      throw failure;
    },
  });
  try {
    return parser.parseFromString(body, MIME_TYPE.XML_APPLICATION);
  } catch (error) {
    // The parser hides what onError threw in an error of its own.
    throw failure ?? error;
  }
}
