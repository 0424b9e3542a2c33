/** Bodies are laid out without a letter lost or changed; hostile ones take no time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pretty } from '../../../webview/model/prettyText.ts';

const same = (text: string): string => text.replace(/\s+/g, '');

test('XML: an element a line, text and mixed content as they are', () => {
  const body = '<?xml version="1.0"?><a x="1>2"><!-- c --><b>t &amp; u</b><c/><d></d><e>one <i>two</i> three</e><f><![CDATA[<g>]]></f></a>';
  assert.equal(
    pretty(body),
    `<?xml version="1.0"?>
<a x="1>2">
  <!-- c -->
  <b>t &amp; u</b>
  <c/>
  <d></d>
  <e>one <i>two</i> three</e>
  <f><![CDATA[<g>]]></f>
</a>`,
  );
});

test('JSON: a member a line, numbers as they are written', () => {
  assert.equal(
    pretty('{"id":12345678901234567890,"e":1.0e2,"n":[],"o":{},"list":[1,"a,{b}"],"q":"\\"}"}'),
    `{
  "id": 12345678901234567890,
  "e": 1.0e2,
  "n": [],
  "o": {},
  "list": [
    1,
    "a,{b}"
  ],
  "q": "\\"}"
}`,
  );
});

test('anything else stays as it is', () => {
  assert.equal(pretty('id;name\n 1;x'), 'id;name\n 1;x');
  assert.equal(pretty(''), '');
});

test('nothing but white space is added or left out, whatever the text', () => {
  const letters = fc.stringMatching(/^[<>/!?a-z"'= [\]{}:,\\0-9-]{0,60}$/);
  fc.assert(
    fc.property(letters, fc.constantFrom('<', '{', '[', ''), (text, head) => {
      assert.equal(same(pretty(head + text)), same(head + text));
    }),
    { verbose: true, numRuns: 2000 },
  );
});

test('64 Ki letters that never close are laid out at once', () => {
  for (const part of ['<a "', '<a', '<!--', '<![CDATA[', '{"', '[', '{"a":', '</'])
    for (const whole of [part.repeat(65_536 / part.length), `{${part.repeat(65_536 / part.length)}`]) {
      const began = performance.now();
      pretty(whole);
      assert.ok(performance.now() - began < 3000, part);
    }
});
