/**
 * The gate before the XML parser (docs/failure-model.md, P30): one pass over the text, in linear time and without building anything, that
 * refuses document types and everything that would make the parser slow or large, and that knows exactly where a tag is wrong.
 */
import { SohError } from '../../errors.ts';
import { type BodyLimits, DEFAULT_LIMITS } from './bodyLimits.ts';
import { positionOf } from './position.ts';

const notXmlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const reference = /&(?:#(\d{1,7})|#x([\da-fA-F]{1,6})|lt|gt|amp|quot|apos);/y;
const blank = /^[ \t\r\n]*$/;

/**
 * Checks a text before it is parsed.
 *
 * @throws SohError `message.doctype`, `message.malformed` or `message.tooLarge` with the position.
 */
export function scanXml(text: string, limits: BodyLimits = DEFAULT_LIMITS): void {
  new XmlScan(text, limits).run();
}

interface OpenTag {
  readonly name: string;
  readonly at: number;
}

class XmlScan {
  readonly #text: string;
  readonly #limits: BodyLimits;
  readonly #open: OpenTag[] = [];
  #rootSeen = false;
  #nodes = 0;
  #references = 0;
  /** First '&' not looked at yet; only moves forward, so all searches together are one pass. */
  #ampersand: number;

  constructor(text: string, limits: BodyLimits) {
    this.#text = text;
    this.#limits = limits;
    this.#ampersand = text.indexOf('&');
  }

  run(): void {
    const text = this.#text;
    const bad = text.search(notXmlCharacter);
    if (bad >= 0) throw this.#malformed(bad, `character code ${String(text.charCodeAt(bad))} is not allowed in XML`);
    let at = 0;
    while (at < text.length) {
      const tag = text.indexOf('<', at);
      const end = tag < 0 ? text.length : tag;
      if (end > at) this.#content(at, end);
      if (tag < 0) break;
      at = this.#markup(tag);
    }
    const unclosed = this.#open.at(-1);
    if (unclosed) throw this.#malformed(unclosed.at, `element <${shorten(unclosed.name)}> is not closed`);
    if (!this.#rootSeen) throw this.#malformed(text.length, 'there is no root element');
  }

  #content(from: number, to: number): void {
    this.#count(from);
    if (this.#open.length === 0 && !blank.test(this.#text.slice(from, to))) throw this.#malformed(from, 'text outside the root element');
    this.#checkReferences(from, to);
  }

  /** Returns the offset after the markup that starts at `at`. */
  #markup(at: number): number {
    this.#count(at);
    switch (this.#text.charCodeAt(at + 1)) {
      case 0x21: // !
        return this.#declaration(at);
      case 0x3f: // ?
        return this.#after('?>', at, at + 2, 'processing instruction');
      case 0x2f: // /
        return this.#endTag(at);
      default:
        return this.#startTag(at);
    }
  }

  #declaration(at: number): number {
    if (this.#text.startsWith('<!--', at)) return this.#after('-->', at, at + 4, 'comment');
    if (this.#text.startsWith('<![CDATA[', at) && this.#open.length > 0) return this.#after(']]>', at, at + 9, 'CDATA section');
    if (/^<!doctype/i.test(this.#text.slice(at, at + 9))) throw new SohError('message.doctype', { line: positionOf(this.#text, at).line });
    throw this.#malformed(at, 'unexpected "<!"');
  }

  #after(mark: string, at: number, from: number, what: string): number {
    const end = this.#text.indexOf(mark, from);
    if (end < 0) throw this.#malformed(at, `the ${what} is not closed`);
    return end + mark.length;
  }

  #endTag(at: number): number {
    const end = this.#after('>', at, at + 2, 'end tag');
    const name = this.#text.slice(at + 2, end - 1).trimEnd();
    const open = this.#open.pop();
    if (!open) throw this.#malformed(at, `end tag </${shorten(name)}> without a start tag`);
    if (open.name !== name) throw this.#malformed(at, `end tag </${shorten(name)}> where </${shorten(open.name)}> was expected`);
    return end;
  }

  #startTag(at: number): number {
    const text = this.#text;
    if (this.#open.length === 0 && this.#rootSeen) throw this.#malformed(at, 'a second root element');
    this.#rootSeen = true;
    let end = at + 1;
    let nameEnd = 0;
    let attributes = 0;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (code === 0x3e) break; // >
      if (Number.isNaN(code)) throw this.#malformed(at, 'the start tag is not closed');
      if (code === 0x3c) throw this.#malformed(end, 'unexpected "<" in a tag');
      if (nameEnd === 0 && (code <= 0x20 || code === 0x2f)) nameEnd = end;
      if (code !== 0x22 && code !== 0x27) continue; // " '
      if (++attributes > this.#limits.xmlAttributes) throw this.#tooLarge(end, 'xmlAttributes');
      end = this.#attributeValue(end);
    }
    const name = text.slice(at + 1, nameEnd === 0 ? end : nameEnd);
    if (name === '') throw this.#malformed(at, 'a tag without a name');
    if (text.charCodeAt(end - 1) === 0x2f) return end + 1;
    this.#open.push({ name, at });
    if (this.#open.length > this.#limits.depth) throw this.#tooLarge(at, 'depth');
    return end + 1;
  }

  /** Returns the offset of the closing quote. */
  #attributeValue(quote: number): number {
    this.#count(quote);
    const end = this.#text.indexOf(this.#text.charAt(quote), quote + 1);
    if (end < 0) throw this.#malformed(quote, 'the attribute value is not closed');
    this.#checkReferences(quote, end);
    return end;
  }

  #count(at: number): void {
    if (++this.#nodes > this.#limits.xmlNodes) throw this.#tooLarge(at, 'xmlNodes');
  }

  #checkReferences(from: number, to: number): void {
    // References in comments and CDATA sections are text; the search continues after them.
    if (this.#ampersand >= 0 && this.#ampersand < from) this.#ampersand = this.#text.indexOf('&', from);
    while (this.#ampersand >= 0 && this.#ampersand < to) {
      const at = this.#ampersand;
      reference.lastIndex = at;
      const match = reference.exec(this.#text);
      if (!match) throw this.#malformed(at, '"&" that is no known reference');
      const code = match[1] === undefined ? Number.parseInt(match[2] ?? '20', 16) : Number(match[1]);
      if (!isXmlCharacter(code)) throw this.#malformed(at, `character reference ${match[0]} is not allowed in XML`);
      if (++this.#references > this.#limits.xmlReferences) throw this.#tooLarge(at, 'xmlReferences');
      this.#ampersand = this.#text.indexOf('&', reference.lastIndex);
    }
  }

  #tooLarge(at: number, setting: keyof BodyLimits): SohError {
    return new SohError('message.tooLarge', { format: 'XML', ...positionOf(this.#text, at), setting, limit: this.#limits[setting] });
  }

  #malformed(at: number, reason: string): SohError {
    return new SohError('message.malformed', { format: 'XML', ...positionOf(this.#text, at), reason });
  }
}

function shorten(name: string): string {
  return name.length > 80 ? `${name.slice(0, 80)}…` : name;
}

function isXmlCharacter(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13;
  return code < 0xd800 || (code > 0xdfff && code < 0xfffe) || (code > 0xffff && code <= 0x10ffff);
}
