/**
 * Guarantee (docs/platforms.md, "FILE"): on a system that behaves like Windows every file becomes one message and every message one file,
 * whatever scanners hold open, however names are written, and nothing is lost or skipped without a word.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { hashOf } from '../../../emulator/hosting/adapters/fileClaims.ts';
import { FileReceive } from '../../../emulator/hosting/adapters/fileReceive.ts';
import { FileSend } from '../../../emulator/hosting/adapters/fileSend.ts';
import { FakeMessageBox, PATIENCE, start, temporaryFolder, until } from './fakeMessageBox.ts';
import { WindowsFiles } from './windowsFiles.ts';

const CLAIMED = '/in/.claimed';
const signal = new AbortController().signal;

async function location(t: TestContext, files: WindowsFiles, box: FakeMessageBox, folder = '/in'): Promise<FileReceive> {
  // Only so that what was started is stopped at the end.
  await temporaryFolder(t);
  const transport = { adapter: 'FILE', folder, mask: '*', pollingMs: 20, settleMs: 50 } as const;
  const adapter = new FileReceive({ name: 'Orders', host: 'H', transport }, folder, box.context(), files, PATIENCE);
  await start(t, adapter);
  return adapter;
}

function port(files: WindowsFiles, fileName = '%MessageID%.xml', folder = '/out'): FileSend {
  const transport = { adapter: 'FILE', folder, fileName, retryCount: 3, retryIntervalMs: 1 } as const;
  return new FileSend({ name: 'Out', host: 'H', filter: [], transport }, folder, files);
}

const message = (id: string, body = '<a/>', source = ''): Parameters<FileSend['transmit']>[0] => ({
  id,
  type: 'a',
  body,
  properties: { 'FILE.ReceivedFileName': source },
});

test('a file that a writer or a scanner has open is taken when it is closed, and once', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  await location(t, files, box);
  for (const hold of ['writer', 'scanner'] as const) {
    const before = box.taken.length;
    const close = files.open(`/in/${hold}.xml`, hold);
    files.put(`/in/${hold}.xml`, `<${hold}/>`);
    files.put('/in/other.xml', '<other/>');
    await until('the other one is taken', () => box.taken.length === before + 1);
    await until('it is named', () => box.standing.notices.some(({ error }) => error.code === 'receive.cannotTake'));
    close();
    await until('taken', () => box.taken.length === before + 2);
    await until('named no more', () => box.standing.notices.length === 0);
  }
  await until('all is deleted', () => files.names(CLAIMED).length === 0);
  assert.equal(box.known.size, 0);
});

test('a scanner that opens the claim: the message is submitted once, and nothing stays', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  box.fault = 'late';
  await location(t, files, box);
  files.put('/in/a.xml', '<a/>');
  files.put('/in/b.xml', '<b/>');
  await until('submitted', () => box.taken.length === 2);
  const claims = files.names(CLAIMED).map((name) => `${CLAIMED}/${name}`);
  const close = files.open(claims.find((name) => name.endsWith('a.xml')) ?? '', 'scanner');
  box.fault = 'none';
  box.release();
  await until('the other one is done', () => files.names(CLAIMED).some((name) => name.includes(`.${hashOf(Buffer.from('<b/>'))}~`)));
  await until('tried', () => box.logged.some((line) => line.includes('EPERM')));
  close();
  await until('done', () => files.names(CLAIMED).some((name) => name.includes(`.${hashOf(Buffer.from('<a/>'))}~`)));
  assert.equal(box.taken.length, 2);
  assert.deepEqual(box.duplicates, []);
  await until('deleted', () => files.names(CLAIMED).length === 0);
  assert.equal(box.known.size, 0);
});

for (const hold of ['scanner', 'viewer'] as const) {
  test(`a ${hold} that has the file open when it is deleted: later, and not another message`, async (t) => {
    const files = new WindowsFiles();
    const box = new FakeMessageBox();
    await location(t, files, box);
    files.put('/in/a.xml', '<a/>');
    await until('done', () => files.names(CLAIMED).some((name) => name.includes(hashOf(Buffer.from('<a/>')))));
    const close = files.open(`${CLAIMED}/${files.names(CLAIMED)[0] ?? ''}`, hold);
    await until('it should be deleted', () => box.known.size === 0);
    assert.equal(files.names(CLAIMED).length, 1);
    files.put('/in/b.xml', '<b/>');
    await until('goes on', () => box.taken.length === 2);
    close();
    box.clock += 100_000;
    await until('deleted', () => files.names(CLAIMED).length === 0);
    assert.deepEqual(box.bodies(), ['<a/>', '<b/>']);
    assert.equal(box.known.size, 0);
  });
}

test('a power cut that undoes the rename finds the receive id still known', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  const adapter = await location(t, files, box);
  files.put('/in/a.xml', '<a/>');
  await until('done', () => files.names(CLAIMED).some((name) => name.includes(hashOf(Buffer.from('<a/>')))));
  assert.equal(box.known.size, 1);
  adapter.reconnected();
  await until('compared', () => box.looks > 1);
  assert.equal(box.known.size, 1, 'also after it was compared');
  await until('deleted', () => files.names(CLAIMED).length === 0);
  await until('forgotten', () => box.known.size === 0);
});

test('letter case, devices, blanks at the end, long paths: taken, refused or named, never skipped', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  const folder = `/${'d'.repeat(100)}/${'d'.repeat(60)}`;
  await location(t, files, box, folder);
  files.put(`${folder}/A.XML`, '<one/>');
  files.put(`${folder}/a.xml`, '<same file/>');
  await until('taken', () => box.taken.length === 1);
  assert.deepEqual(box.bodies(), ['<same file/>']);
  const long = `${'n'.repeat(90)}.xml`;
  files.put(`${folder}/${long}`, '<long/>');
  await until('named', () => box.standing.notices.some(({ error }) => error.parameters['file'] === long));
  assert.match(box.standing.notices.at(-1)?.error.message ?? '', /cannot take n+\.xml/);
  const send = port(files, '%SourceFileName%');
  for (const source of ['C:\\in\\aux', 'con', 'LPT1', 'nul '])
    await assert.rejects(
      port(files, `%SourceFileName%.%MessageID%`).transmit(message('i', '<a/>', source), signal),
      (error) => isCode(error, 'send.badFileName'),
      source,
    );
  await send.transmit(message('i', '<a/>', 'C:\\in\\Order .xml'), signal);
  await assert.rejects(port(files, '%MessageID%', `/${'x'.repeat(255)}`).transmit(message('message'), signal), (error) =>
    isCode(error, 'send.failed'),
  );
});

test('the same name in other letters is this message only when its content is', async () => {
  const files = new WindowsFiles();
  await files.makeFolder('/out');
  files.put('/out/I-1.XML', '<a/>');
  await port(files).transmit(message('i-1'), signal);
  assert.deepEqual(files.names('/out'), ['I-1.XML']);
  await assert.rejects(port(files).transmit(message('i-1', '<b/>'), signal), (error) => isCode(error, 'send.nameTaken'));
  assert.equal(files.get('/out/i-1.xml'), '<a/>');
  for (const [n, id] of ['a/1', 'A/1', 'a.1', 'A.1'].entries()) await port(files).transmit(message(id, `<m n="${String(n)}"/>`), signal);
  assert.equal(files.names('/out').length, 5, 'different ids have different names');
});

test('a scanner that opens each new file: sent in the same attempt; one that never lets go: tried again later', async () => {
  class Scanned extends WindowsFiles {
    scanMs = 100;
    override async write(path: string, bytes: Uint8Array): Promise<void> {
      await super.write(path, bytes);
      const close = this.open(path, 'scanner');
      setTimeout(close, this.scanMs).unref();
    }
  }
  const files = new Scanned();
  await Promise.all(['a', 'b', 'c'].map((id) => port(files).transmit(message(id), signal)));
  assert.deepEqual(files.names('/out'), ['a.xml', 'b.xml', 'c.xml']);
  assert.deepEqual(files.names('/.soh-out'), []);
  files.scanMs = 3000;
  await assert.rejects(port(files).transmit(message('d'), signal), (error) => isCode(error, 'send.failed') && error.retry);
  assert.deepEqual(files.names('/out'), ['a.xml', 'b.xml', 'c.xml']);
});

test('line ends stay as they are, in and out', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  await location(t, files, box);
  const crlf = '<?xml version="1.0"?>\r\n<a>\r\n\t<b/>\n</a>\r\n';
  files.put('/in/a.xml', crlf);
  await until('taken', () => box.taken.length === 1);
  assert.equal(box.lastBody(), crlf);
  await port(files).transmit(message('i', crlf), signal);
  assert.equal(files.get('/out/i.xml'), crlf);
});

test('folders that are removed are made again', async (t) => {
  const files = new WindowsFiles();
  const box = new FakeMessageBox();
  await location(t, files, box);
  const send = port(files);
  for (let n = 1; n <= 2; n++) {
    await send.transmit(message(`i${String(n)}`), signal);
    files.removeTree('/in');
    files.removeTree('/out');
    files.removeTree('/.soh-out');
    await send.transmit(message(`j${String(n)}`), signal);
    assert.deepEqual(files.names('/out'), [`j${String(n)}.xml`]);
    await until('made again', () => files.names('/in').includes('.claimed'));
    files.put('/in/a.xml', '<a/>');
    await until('taken', () => box.taken.length === n);
  }
});
