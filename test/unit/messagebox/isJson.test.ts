/** What is called JSON here is what JSON.parse calls JSON: for every text, however it was damaged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { isJson } from '../../../emulator/messagebox/protocol/isJson.ts';
import { newSeed } from '../../faults/group.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const SAMPLES = [
  '{"f":2,"t":[5],"v":{"id":"1102-5","round":-1.5e+3,"rounds":0},"m":{"Order":"1-9","Step":{"b":"{\\"id\\":\\"x\\"}","p":{}}},"c":[]}',
  '[true,false,null,"\\u00e9\\n\\\\/","\u2028é😀",0,-0,10,0.50,1E5,1e-5,[[[]]],{"":{"":[{}]}}]',
  ' { "blank" : [ 1 , 2 ] } ',
  `${'['.repeat(100)}7${']'.repeat(100)}`,
];

const ODD = [
  '',
  ' ',
  '"',
  '-',
  '-a',
  '01',
  '1.',
  '.5',
  '1e',
  '1e+',
  '+1',
  '[1,]',
  '[,1]',
  '{"a"}',
  '{"a":}',
  '{a:1}',
  '{"a":1,}',
  'tru',
  'trueX',
  '[1 2]',
  '"\\x"',
  '"\\u12g4"',
  '"\t"',
  '1 1',
  '{}{}',
  'NaN',
  'undefined',
  '"\\',
  '[',
  '{',
  '{"',
  '\ufeff{}',
  '1.5.5',
  '--1',
  '0x1',
  '"\u007f"',
  '"\ud800"',
];

test('odd texts', () => {
  for (const text of [...SAMPLES, ...ODD]) assert.equal(isJson(text), parses(text), JSON.stringify(text));
});

test('samples with one to three characters taken out, put in or changed', () => {
  const random = seededRandom(newSeed());
  const alphabet = '{}[],:"\\ -+.0123456789eEtfnu\n\ta\u0000';
  for (let round = 0; round < 20_000; round++) {
    let text = SAMPLES[random.below(SAMPLES.length)] ?? '';
    for (let times = 1 + random.below(3); times > 0; times--) {
      const at = random.below(text.length + 1);
      const put = random.chance(0.3) ? '' : alphabet.charAt(random.below(alphabet.length));
      text = text.slice(0, at) + put + text.slice(at + random.below(2));
    }
    assert.equal(isJson(text), parses(text), JSON.stringify(text));
  }
});
