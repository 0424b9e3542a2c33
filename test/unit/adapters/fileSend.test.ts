/**
 * Guarantee (docs/failure-model.md, 4.9 and P29): however often a message is sent, there is one complete file with its content, inside the
 * configured folder and nowhere else.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import type { OutboundMessage, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import type { Files, Found } from '../../../emulator/files/files.ts';
import { FileSend } from '../../../emulator/hosting/adapters/fileSend.ts';
import { nodeFiles } from '../../../emulator/files/nodeFiles.ts';
import { compileMask, messageIdInName, safeSourceName, targetName, whyUnusable } from '../../../emulator/hosting/adapters/fileNames.ts';
import { processIdentity } from '../../../emulator/wire/processIdentity.ts';
import { temporaryFolder, until } from './fakeMessageBox.ts';

const tagOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);
const signal = new AbortController().signal;
const message = (over: Partial<OutboundMessage> = {}): OutboundMessage => ({
  id: 'i-1/3/0',
  type: 'a',
  body: '<a/>',
  properties: {},
  ...over,
});

const visible = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();

function port(base: string, fileName = '%MessageID%.xml', files: Files = nodeFiles): SendAdapter {
  const transport = { adapter: 'FILE', folder: 'out', fileName, retryCount: 3, retryIntervalMs: 1 } as const;
  return new FileSend({ name: 'Out', host: 'SendingHost', filter: [], transport }, join(base, 'out'), files);
}

const found = (there: Found | undefined, device: string): Found | undefined => there && { ...there, device };

/** The same, but looked at first. */
function wrapped<A extends string[], R>(action: (...paths: A) => Promise<R>, before: (path: string) => void): (...paths: A) => Promise<R> {
  return async (...paths) => {
    paths.forEach(before);
    return action(...paths);
  };
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
  assert.deepEqual(await visible(base), ['out']);
  for (const name of ['', '.', '..', 'CON', 'lpt1.txt', 'com\u00b9', 'aux .xml', 'CONIN$', 'a/b', 'a:b', 'x.', 'x '])
    assert.ok(whyUnusable(name), name);
});

test('a link that waits under the name is not followed', async (t) => {
  const base = await temporaryFolder(t);
  await mkdir(join(base, 'out'));
  await writeFile(join(base, 'victim'), 'untouched');
  await symlink(join(base, 'victim'), join(base, 'out', 'i-1.3.0.xml'));
  await assert.rejects(port(base).transmit(message(), signal), (error) => isCode(error, 'send.failed'));
  assert.equal(await readFile(join(base, 'victim'), 'utf8'), 'untouched');
});

test('a file of the same name is this message only when its content is', async (t) => {
  const base = await temporaryFolder(t);
  const path = join(base, 'out', 'i-1.3.0.xml');
  await mkdir(join(base, 'out'));
  for (const other of ['<b/>', '<a', '', '<a/>\n', '<a/>more']) {
    await writeFile(path, other);
    await assert.rejects(port(base).transmit(message(), signal), (error) => isCode(error, 'send.nameTaken') && error.retry, other);
    assert.equal(await readFile(path, 'utf8'), other, 'somebody else has it');
  }
  await writeFile(path, '<a/>');
  await port(base).transmit(message(), signal);
  await rm(path);
  await port(base).transmit(message(), signal);
  assert.deepEqual(await readdir(join(base, 'out')), ['i-1.3.0.xml']);
  assert.deepEqual(await readdir(join(base, '.soh-out')), [], 'no temporary file');
});

test('with the time in the name: another message of the same id does not hide this one', async (t) => {
  const base = await temporaryFolder(t);
  await mkdir(join(base, 'out'));
  await writeFile(join(base, 'out', '2020-02-03T040506_i-1.3.0.xml'), '<before/>');
  await port(base, '%datetime%_%MessageID%.xml').transmit(message(), signal);
  await port(base, '%datetime%_%MessageID%.xml').transmit(message(), signal);
  const contents = await Promise.all((await readdir(join(base, 'out'))).map((name) => readFile(join(base, 'out', name), 'utf8')));
  assert.deepEqual(contents.sort(), ['<a/>', '<before/>']);
});

test('a send folder that was removed is made again, also with everything around it', async (t) => {
  const base = await temporaryFolder(t);
  const adapter = port(base);
  for (const [n, gone] of ['out', '.soh-out', '.'].entries()) {
    await adapter.transmit(message({ id: `i/${String(n)}/0` }), signal);
    await rm(join(base, gone), { recursive: true });
    await Promise.all([0, 1, 2].map((m) => adapter.transmit(message({ id: `j/${String(n)}/${String(m)}` }), signal)));
    for (const m of [0, 1, 2]) assert.equal(await readFile(join(base, 'out', `j.${String(n)}.${String(m)}.xml`), 'utf8'), '<a/>');
  }
});

test('what is not complete lies beside the folder; where nothing can be moved from there, hidden inside of it', async (t) => {
  const failing = (code: string, when: (path: string) => boolean): ((path: string) => void) => {
    return (path) => {
      if (when(path)) throw Object.assign(new Error(code), { code });
    };
  };
  const beside = (path: string): boolean => path.includes('.soh-out');
  const checks: Record<string, Partial<Files>> = {
    'a mount point': { look: async (path) => found(await nodeFiles.look(path), beside(path) ? 'other' : 'one') },
    'a bind mount of the same file system': {
      rename: wrapped((...paths: [string, string]) => nodeFiles.rename(...paths), failing('EXDEV', beside)),
    },
    'a folder above that is not ours': {
      makeFolder: wrapped((...paths: [string]) => nodeFiles.makeFolder(...paths), failing('EACCES', beside)),
    },
    'a folder above that cannot be written to': {
      makeFolder: wrapped((...paths: [string]) => nodeFiles.makeFolder(...paths), failing('EROFS', beside)),
    },
  };
  for (const [what, differs] of Object.entries(checks)) {
    const base = await temporaryFolder(t);
    const adapter = port(base, '%MessageID%.xml', { ...nodeFiles, ...differs });
    await Promise.all(['a', 'b', 'c'].map((id) => adapter.transmit(message({ id }), signal)));
    assert.deepEqual((await readdir(join(base, 'out'))).sort(), ['.soh-temporary', 'a.xml', 'b.xml', 'c.xml'], what);
    await adapter.stop?.();
    assert.deepEqual(await visible(join(base, 'out')), ['a.xml', 'b.xml', 'c.xml'], what);
    assert.deepEqual(await readdir(base), ['out'], what);
  }
});

test('what a process left that died is removed, what a live one writes is not', async (t) => {
  const base = await temporaryFolder(t);
  for (const folder of ['.soh-out', join('out', '.soh-temporary')]) await mkdir(join(base, folder), { recursive: true });
  const child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'ignore' });
  const dead = spawnSync(process.execPath, ['-e', '0']).pid;
  t.after(() => child.kill('SIGKILL'));
  const space = tagOf(process.platform === 'linux' ? readlinkSync('/proc/self/ns/pid') : '');
  const nameOf = (pid: number, start: string, where = space): string =>
    `${where}-${String(pid)}-${tagOf(start)}-${randomBytes(8).toString('hex')}.tmp`;
  const alive = nameOf(child.pid ?? 0, processIdentity(child.pid ?? 0)?.startTime ?? '');
  const kept = [alive, nameOf(1, 'in another container', 'deadbeef'), 'not ours.txt'];
  const left = [nameOf(dead, 'some time'), nameOf(process.pid, 'a time before this process')];
  for (const name of [...kept, ...left]) await writeFile(join(base, '.soh-out', name), 'x');
  await writeFile(join(base, 'out', '.soh-temporary', nameOf(dead, '')), 'x');
  const old = nameOf(1, 'in another container', 'deadbeef');
  await writeFile(join(base, '.soh-out', old), 'x');
  await utimes(join(base, '.soh-out', old), new Date(0), new Date(0));
  const adapter = port(base);
  adapter.start?.();
  await until('cleaned', async () => (await readdir(join(base, '.soh-out'))).length === kept.length);
  assert.deepEqual((await readdir(join(base, '.soh-out'))).sort(), kept.sort());
  await until('inside too', async () => (await readdir(join(base, 'out', '.soh-temporary'))).length === 0);
  for (const name of kept) await rm(join(base, '.soh-out', name));
  await adapter.stop?.();
  assert.deepEqual(await readdir(base), ['out'], 'the folders are gone with the last of them');
  assert.deepEqual(await readdir(join(base, 'out')), []);
});

test('base64 bodies leave as the bytes they are', async (t) => {
  const base = await temporaryFolder(t);
  await port(base, '%MessageID%.bin').transmit(message({ body: 'AP/AgA==', properties: { 'BTS.Encoding': 'base64' } }), signal);
  assert.deepEqual([...(await readFile(join(base, 'out', 'i-1.3.0.bin')))], [0, 0xff, 0xc0, 0x80]);
});

test('an aborted send and an unusable folder fail and leave nothing', async (t) => {
  const base = await temporaryFolder(t);
  await assert.rejects(port(base).transmit(message(), AbortSignal.abort()), (error) => isCode(error, 'send.failed'));
  assert.deepEqual(await readdir(base), []);
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
