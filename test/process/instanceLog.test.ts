/** Guarantee: what orchestrations log is in the log of the host instance that ran them, a line each, and what they log cannot harm it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logFile } from '../../emulator/control/logs.ts';
import { TestGroup } from '../faults/group.ts';

const module = `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const note = messageType({ name: 'Note', format: 'json', promoted: { Id: '/note' } });
export const tell = orchestration('Tell', { messages: { Note: note }, ports: { In: receivePort() } }, (o) => [
  o.receive('Take', { port: 'In', message: 'Note', activate: true }),
  o.expression('Say', ({ log, messages }) => {
    log('note', messages.Note.field('Id'), { now: true });
    log('two\\nlines');
    for (let line = 0; line < 100; line++) log('x'.repeat(100_000));
    log('hostile', new Proxy({}, { ownKeys: () => { throw new Error('no'); } }));
    log('last');
  }),
]);
`;

test('lines of orchestrations are in the log of their host instance', { timeout: 90_000 }, async (context) => {
  const group = await TestGroup.start({
    cluster: { orchestrations: [{ name: 'Tell', module: './tell.ts', host: 'ProcessingHost' }] },
    files: { 'tell.ts': module },
  });
  context.after(() => group.remove());
  await group.drop('note.json', '{"note":"n1"}');
  await group.until(() => group.completed('Tell') === 1, 'it has ended');
  const paths = group.processing.map(({ name }) => logFile(group.dataFolder, name));
  const read = (): string[] => paths.filter((path) => existsSync(path)).flatMap((path) => readFileSync(path, 'utf8').split('\n'));
  const lines = await group.until(() => {
    const found = read().filter((line) => line.includes(' "Say": '));
    return found.some((line) => line.endsWith('"Say": last')) && found;
  }, 'the log is written');
  const said = lines.map((line) => line.replace(/^\S+ \S+ /, ''));
  assert.deepEqual(said.slice(0, 2), ['"Say": note n1 {"now":true}', '"Say": two\\nlines']);
  assert.deepEqual(said.slice(-2), ['"Say": hostile ?', '"Say": last']);
  assert.equal(said.length, 104);
  for (const line of lines) assert.ok(Buffer.byteLength(line) <= 8192 + 25, 'a line of at most 8 KB behind its time');
  const { instances } = await group.client.call('instances', { filter: { orchestration: 'Tell' } });
  const id = instances[0]?.id ?? '';
  assert.ok(lines.every((line) => line.split(' ')[1] === id));
});
