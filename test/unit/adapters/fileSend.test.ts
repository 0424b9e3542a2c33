/**
 * Guarantee (docs/failure-model.md, 4.9 and P29): however often a message is sent, there is one complete file with its content, inside the
 * configured folder and nowhere else.
 */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { createSendAdapter } from '../../../emulator/hosting/adapters/createAdapter.ts';
import type { OutboundMessage, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import { compileMask, messageIdInName, safeSourceName, targetName, whyUnusable } from '../../../emulator/hosting/adapters/fileNames.ts';
import { temporaryFolder } from './fakeMessageBox.ts';

const signal = new AbortController().signal;
const message = (over: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: 'i-1/3/0',
  type: 'a',
  body: '<a/>',
  properties: {},
  ...over,
});

function port(base: string, fileName = '%MessageID%.xml'): SendAdapter {
  return createSendAdapter(
    {
      name: 'Out',
      host: 'SendingHost',
      filter: [],
      transport: { adapter: 'FILE', folder: 'out', fileName, retryCount: 3, retryIntervalMs: 1 },
    },
    base,
  );
}

test('sent twice, also by two adapters at once: one file, no temporary ones', async (t) => {
  const base = await temporaryFolder(t);
  const one = port(base);
  await one.transmit(message(), signal);
  await one.transmit(message(), signal);
  await Promise.all([one, port(base), port(base)].map((adapter) => adapter.transmit(message({ id: 'i-2/1/0', body: '<b/>' }), signal)));
  assert.deepEqual((await readdir(join(base, 'out'))).sort(), ['i-1.3.0.xml', 'i-2.1.0.xml']);
  assert.equal(await readFile(join(base, 'out', 'i-2.1.0.xml'), 'utf8'), '<b/>');
});

test('many messages at once', async (t) => {
  const base = await temporaryFolder(t);
  const adapter = port(base);
  await Promise.all(
    Array.from({ length: 100 }, (_, n) => adapter.transmit(message({ id: `i/${String(n)}/0`, body: `<a>${String(n)}</a>` }), signal)),
  );
  assert.equal((await readdir(join(base, 'out'))).length, 100);
  assert.equal(await readFile(join(base, 'out', 'i.42.0.xml'), 'utf8'), '<a>42</a>');
});

test('a name with the time in it: a repeat later is still recognised', async (t) => {
  const base = await temporaryFolder(t);
  const early = targetName('%datetime%_%MessageID%.xml', message(), Date.UTC(2020, 1, 3, 4, 5, 6)).name;
  assert.equal(early, '2020-02-03T040506_i-1.3.0.xml');
  await mkdir(join(base, 'out'));
  await writeFile(join(base, 'out', early), '<a/>');
  await port(base, '%datetime%_%MessageID%.xml').transmit(message(), signal);
  assert.deepEqual(await readdir(join(base, 'out')), [early]);
});

test('a name without the message id gets it; the source name is made safe', () => {
  const properties = { 'FILE.ReceivedFileName': 'C:\\in\\..\\..\\ord:er<1>.xml' };
  assert.equal(targetName('out.xml', message(), 0).name, 'out-i-1.3.0.xml');
  assert.equal(targetName('%SourceFileName%', message({ properties }), 0).name, 'ord_er_1_.xml-i-1.3.0'.replace('.xml-', '.xml-'));
  assert.equal(safeSourceName('/a/..'), '');
  assert.ok(Buffer.byteLength(safeSourceName('å'.repeat(300))) <= 100);
});

test('different message ids never share a name', () => {
  const ids = ['a/1/2', 'a.1.2', 'a-1-2', 'a~2e~1', 'a\\1', 'a 1', '../../x', 'ä', 'a%2f1'];
  const names = ids.map(messageIdInName);
  assert.equal(new Set(names).size, ids.length);
  for (const name of names) assert.match(name, /^[\w.~-]+$/);
});

test('escapes from the folder: refused or harmless', async (t) => {
  const base = await temporaryFolder(t);
  for (const fileName of [
    '../%MessageID%',
    'a/%MessageID%',
    'a\\%MessageID%',
    '%MessageID%.',
    'nul.%MessageID%',
    'a\u0000%MessageID%',
    `${'x'.repeat(300)}%MessageID%`,
  ]) {
    await assert.rejects(port(base, fileName).transmit(message(), signal), (error) => isCode(error, 'send.badFileName'), fileName);
  }
  for (const id of ['../../escape', '/etc/passwd', '..', 'con', 'a\u0000b'])
    await port(base, 'x%MessageID%').transmit(message({ id }), signal);
  assert.deepEqual(await readdir(base), ['out']);
  for (const name of ['', '.', '..', 'CON', 'lpt1.txt', 'a/b', 'a:b', 'x.']) assert.ok(whyUnusable(name), name);
});

test('a link that waits under the name is not followed', async (t) => {
  const base = await temporaryFolder(t);
  await mkdir(join(base, 'out'));
  await writeFile(join(base, 'victim'), 'untouched');
  await symlink(join(base, 'victim'), join(base, 'out', 'i-1.3.0.xml'));
  await assert.rejects(port(base).transmit(message(), signal), (error) => isCode(error, 'send.failed'));
  assert.equal(await readFile(join(base, 'victim'), 'utf8'), 'untouched');
});

test('base64 bodies leave as the bytes they are', async (t) => {
  const base = await temporaryFolder(t);
  await port(base, '%MessageID%.bin').transmit(message({ body: 'AP/AgA==', properties: { 'BTS.Encoding': 'base64' } }), signal);
  assert.deepEqual([...(await readFile(join(base, 'out', 'i-1.3.0.bin')))], [0, 0xff, 0xc0, 0x80]);
});

test('an aborted send and an unusable folder fail and leave nothing', async (t) => {
  const base = await temporaryFolder(t);
  await assert.rejects(port(base).transmit(message(), AbortSignal.abort()), (error) => isCode(error, 'send.failed'));
  assert.deepEqual(await readdir(join(base, 'out')), []);
  const other = await temporaryFolder(t);
  await writeFile(join(other, 'out'), 'a file');
  await assert.rejects(port(other).transmit(message(), signal), (error) => isCode(error, 'send.failed'));
});

test('masks: * and ?, letter case does not matter, everything else is itself', () => {
  const matches = (mask: string, name: string): boolean => compileMask(mask)(name);
  assert.ok(
    matches('*.xml', 'a.XML') && matches('order?.xml', 'order1.xml') && matches('*', 'anything') && matches('a+(b)[c].x', 'a+(b)[c].x'),
  );
  assert.ok(!matches('*.xml', 'a.xml2') && !matches('order?.xml', 'order12.xml') && !matches('a.xml', 'abxml'));
});
