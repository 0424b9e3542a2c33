/**
 * Guarantee: an XML body is read exactly or refused with the place of the error; nothing is repaired by guessing, no document type is
 * accepted, and fields are what XPath 1.0 says they are, whichever way they are found.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode, SohError } from '../../../emulator/errors.ts';
import { parseXml, xmlMessageType } from '../../../emulator/hosting/pipelines/xml.ts';
import { MESSAGE_STEPS, PathSteps } from '../../../emulator/hosting/pipelines/pathSteps.ts';
import { compileXmlPath } from '../../../emulator/hosting/pipelines/xmlPath.ts';

const order = `<?xml version="1.0" encoding="utf-8"?>
<o:Order xmlns:o="http://example.org/orders" id="7">
  <o:Customer>Åsa &amp; Co</o:Customer>
  <o:Empty/>
  <o:Lines><o:Line n="1"><o:Price>2.50</o:Price></o:Line><o:Line n="2"><o:Item>x</o:Item></o:Line></o:Lines>
  <plain>no <!-- c --><![CDATA[<namespace>]]></plain>
</o:Order>`;
const namespaces = { a: 'http://example.org/orders' };

function find(document: ReturnType<typeof parseXml>, path: string, declared = namespaces, limit = MESSAGE_STEPS): string | undefined {
  return compileXmlPath(path, declared)(document, new PathSteps(limit));
}

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
    assert.equal(find(document, path), value, path);
    assert.equal(find(document, `(${path})[1]`), value, `general ${path}`);
  }
});

test('steps as BizTalk writes them are plain, and find what the library finds', () => {
  const document = parseXml(order);
  const step = (name: string, uri?: string): string =>
    `*[local-name()='${name}'${uri === undefined ? '' : ` and namespace-uri()='${uri}'`}]`;
  const [root, o] = [`/${step('Order', namespaces.a)}`, namespaces.a];
  const expected: [string, string | undefined][] = [
    [`${root}/${step('Customer', o)}`, 'Åsa & Co'],
    [`${root}/@${step('id', '')}`, '7'],
    [`${root}/@${step('id', o)}`, undefined],
    [`${root}/${step('plain', '')}`, 'no <namespace>'],
    [`${root}/${step('plain')}`, 'no <namespace>'],
    [`${root}/${step('plain', o)}`, undefined],
    [`/${step('Order')}/${step('Lines')}/${step('Line', o)}[2]/@n`, '2'],
    [`${root}/a:Lines/*[ local-name() = "Line"  and  namespace-uri() = "${o}" ]/${step('Item', o)}`, 'x'],
  ];
  for (const [path, value] of expected) {
    // A plain one costs nothing.
    assert.equal(find(document, path, namespaces, { base: 0, perNode: 0 }), value, path);
    assert.equal(find(document, `(${path})[1]`), value, `general ${path}`);
  }
});

test('a path may look at a message so often, counted; then it is too costly, whatever looks', () => {
  const document = parseXml(`<o>${'<l>12</l>'.repeat(3000)}</o>`);
  assert.equal(find(document, '//l[last()]'), '12');
  assert.equal(find(document, 'count(//l[. = "12"] | //l)'), '3000');
  const costly = [
    '//l[following-sibling::l]',
    '//l[contains(string(/), "z")]',
    '//l[count(//l) < 2]',
    '//l[preceding-sibling::l[preceding-sibling::l = 3]]',
    '//l[id(string(/))]',
  ];
  for (const path of [...costly, '//l[//l[//l]]', '//l[../node()[../node()]]'])
    assert.throws(
      () => find(document, path),
      (error) => isCode(error, 'message.pathTooCostly'),
      path,
    );
  assert.throws(
    () => find(document, '//l[last()]', namespaces, { base: 1000, perNode: 0 }),
    (error) => isCode(error, 'message.pathTooCostly'),
  );
  assert.equal(find(document, '//l[last()]'), '12', 'what was too costly before leaves nothing behind');
});

test('a long text costs as much as many nodes', () => {
  const document = parseXml(`<o><t>${'x'.repeat(100_000)}</t>${'<l/>'.repeat(2000)}</o>`);
  assert.throws(
    () => find(document, '//l[translate(/o/t, "x", "y") = "z"]'),
    (error) => isCode(error, 'message.pathTooCostly'),
  );
});

test('XPath functions give text; what is not a number is nothing', () => {
  const document = parseXml(order);
  const found = (path: string): string | undefined => find(document, path);
  assert.equal(found('count(//a:Line)'), '2');
  assert.equal(found('//a:Line[@n="2"]/a:Item'), 'x');
  assert.equal(found('sum(//a:Price)'), '2.5');
  assert.equal(found('boolean(//a:Missing)'), 'false');
  assert.equal(found('number("x")'), undefined);
});

test('wrong expressions and undeclared prefixes are found before any message', () => {
  for (const axis of ['namespace', 'following', 'preceding'])
    assert.throws(() => compileXmlPath(`//a:Line/${axis} ::*`, namespaces), new RegExp(`axis ${axis}:: is not supported`));
  assert.equal(find(parseXml(order), 'count(//a:Line[1]/following-sibling::a:Line)'), '1');
  assert.doesNotThrow(() => compileXmlPath('//*[. = "namespace::a" or . = "following::b"]', namespaces));
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
