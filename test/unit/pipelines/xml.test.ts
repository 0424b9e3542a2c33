/**
 * Guarantee: an XML body is read exactly or refused with the place of the error; nothing is repaired by guessing, no document type is
 * accepted, and fields are what XPath 1.0 says they are, whichever way they are found.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { parseXml, xmlMessageType } from '../../../emulator/hosting/pipelines/xml.ts';
import { compileXmlPath } from '../../../emulator/hosting/pipelines/xmlPath.ts';

const order = `<?xml version="1.0" encoding="utf-8"?>
<o:Order xmlns:o="http://example.org/orders" id="7">
  <o:Customer>Åsa &amp; Co</o:Customer>
  <o:Empty/>
  <o:Lines><o:Line n="1"><o:Price>2.50</o:Price></o:Line><o:Line n="2"><o:Item>x</o:Item></o:Line></o:Lines>
  <plain>no <!-- c --><![CDATA[<namespace>]]></plain>
</o:Order>`;
const namespaces = { a: 'http://example.org/orders' };

function refusal(body: string): SohError {
  try {
    parseXml(body);
  } catch (error) {
    assert.ok(error instanceof SohError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${body}` });
}

test('the message type is namespace#root, or root without a namespace', () => {
  assert.equal(xmlMessageType(parseXml(order)), 'http://example.org/orders#Order');
  assert.equal(xmlMessageType(parseXml('<Order xmlns="urn:x"/>')), 'urn:x#Order');
  assert.equal(xmlMessageType(parseXml('<Order/>')), 'Order');
});

test('fields: plain paths and general expressions find the same', () => {
  const document = parseXml(order);
  const expected: [string, string | undefined][] = [
    ['/a:Order/a:Customer', 'Åsa & Co'],
    ['/a:Order/@id', '7'],
    ['/a:Order/a:Empty', ''],
    ['/a:Order/a:Missing', undefined],
    ['/a:Order/a:Lines/a:Line[2]/@n', '2'],
    ['/a:Order/a:Lines/a:Line/a:Item', 'x'],
    ['/a:Order/plain', 'no <namespace>'],
    ['/Order', undefined],
  ];
  for (const [path, value] of expected) {
    assert.equal(compileXmlPath(path, namespaces)(document), value, path);
    assert.equal(compileXmlPath(`(${path})[1]`, namespaces)(document), value, `general ${path}`);
  }
});

test('XPath functions give text; what is not a number is nothing', () => {
  const document = parseXml(order);
  const find = (path: string): string | undefined => compileXmlPath(path, namespaces)(document);
  assert.equal(find('count(//a:Line)'), '2');
  assert.equal(find('//a:Line[@n="2"]/a:Item'), 'x');
  assert.equal(find('sum(//a:Price)'), '2.5');
  assert.equal(find('boolean(//a:Missing)'), 'false');
  assert.equal(find('number("x")'), undefined);
});

test('wrong expressions and undeclared prefixes are found before any message', () => {
  assert.throws(() => compileXmlPath('/b:Order', namespaces), /prefix "b" is not declared/);
  assert.throws(() => compileXmlPath('count(/a:Order', namespaces));
  assert.doesNotThrow(() => compileXmlPath('/a:Order[. = "b:c"]/child::a:Line', namespaces));
});

test('malformed bodies: code, line, column and reason', () => {
  const cases: [string, number, number, RegExp][] = [
    ['<a>\n  <b></c>\n</a>', 2, 6, /<\/c> where <\/b> was expected/],
    ['<a>\r\n<b>', 2, 1, /<b> is not closed/],
    ['<a/>\n<b/>', 2, 1, /second root/],
    ['<a/>x', 1, 5, /outside the root/],
    ['', 1, 1, /no root/],
    ['<a>\n\u0001</a>', 2, 1, /character code 1/],
    ['<a>&nbsp;</a>', 1, 4, /no known reference/],
    ['<a>&#0;</a>', 1, 4, /not allowed/],
    ['<a b="<"></a>', 1, 1, /'<' not allowed/],
    ['<a b=c></a>', 1, 1, /missed quot/],
    ['<a b="1" b="2"/>', 1, 1, /redefined/],
    ['<a>\n<x:b/></a>', 2, 1, /Namespace/i],
    ['<a <b></a>', 1, 4, /unexpected "<"/],
    ['</a>', 1, 1, /without a start tag/],
    ['<a><!-- </a>', 1, 4, /comment is not closed/],
  ];
  for (const [body, line, column, reason] of cases) {
    const error = refusal(body);
    assert.equal(error.code, 'message.malformed', body);
    assert.match(error.message, reason, body);
    assert.equal(error.parameters['line'], line, `line of ${body}: ${error.message}`);
    // The parser itself only knows the tag; the scan before it knows the character.
    assert.equal(error.parameters['column'], column, `column of ${body}: ${error.message}`);
  }
});

test('a DOCTYPE is refused wherever and however it is written', () => {
  for (const body of [
    '<!DOCTYPE a><a/>',
    '<!doctype a><a/>',
    '<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a>\n<!DOCTYPE a></a>',
    '<!-- > -->\n<!DOCTYPE a><a/>',
  ]) {
    assert.equal(refusal(body).code, 'message.doctype', body);
  }
  assert.equal(refusal('<?xml version="1.0"?>\n<!DOCTYPE a><a/>').parameters['line'], 2);
  assert.doesNotThrow(() => parseXml('<a><!-- <!DOCTYPE a> --><![CDATA[<!DOCTYPE a> & &x;]]></a>'));
});
