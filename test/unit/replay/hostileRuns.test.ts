/**
 * Guarantee: a run file from anywhere, however small it is and whatever it unpacks to, costs bounded memory: it opens, or is refused with
 * its own error. Each is opened by a process that has less memory than the file unpacks to.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createGzip, gzipSync } from 'node:zlib';

const MB = 1024 * 1024;
const HEAP_MB = 160;
const folder = mkdtempSync(join(tmpdir(), 'soh-hostile-runs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const head = '{"format":"scaled-out-hosts-run","version":1,"exportedAt":"","withoutContent":false}\n';
const enlisted = '{"sequence":0,"record":{"kind":"enlist","at":0,"services":[]}}\n';
const line = (sequence: number, record: object): string => `${JSON.stringify({ sequence, record })}\n`;
const long = (characters: number): string => 'a'.repeat(characters);

/** Suspended messages, which stay. */
const kept = (at: number, body: number): string =>
  line(at, {
    ...{ kind: 'submit', at, location: 'L', hostInstance: 'H@A', receiveId: `r${String(at)}` },
    message: { id: `m${String(at)}`, type: 'T', properties: {}, body: long(body), to: [] },
    suspended: { instance: `i${String(at)}`, error: { code: 'x', message: 'y' }, resumable: true },
  });

async function written(name: string, megabytes: number, lineOf: (at: number) => string): Promise<string> {
  const file = join(folder, name);
  const gzip = createGzip({ level: 1 });
  const out = gzip.pipe(createWriteStream(file));
  gzip.write(head + enlisted);
  let at = 1;
  for (let length = 0; length < megabytes * MB;) {
    let text = '';
    while (text.length < MB) text += lineOf(at++);
    length += text.length;
    if (!gzip.write(text)) await once(gzip, 'drain');
  }
  gzip.end();
  await once(out, 'finish');
  return file;
}

async function opened(file: string): Promise<string> {
  const program = fileURLToPath(new URL('openRun.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [`--max-old-space-size=${String(HEAP_MB)}`, program, file]);
  return stdout.trim();
}

test('a file that unpacks to far more than there is memory opens, when little of it is there at one time', async () => {
  const what = { kind: 'hostInstanceState', hostInstance: 'H@A', state: 'running', detail: long(450) };
  const file = await written('passing', 320, (at) => line(at, { kind: 'observed', at, seenAt: at, what }));
  assert.match(await opened(file), /^opened \d{6}$/);
});

/** MB, and what they are made of. */
const hostile: Readonly<Record<string, readonly [number, (at: number) => string]>> = {
  'a great many small messages that stay': [90, (at) => kept(at, 10)],
  'large messages that stay': [200, (at) => kept(at, 16_000)],
  'host instances without end': [
    3,
    (at) => line(at, { kind: 'session', at, session: 's', hostInstance: `${String(at)}@A`, host: 'H', computer: 'A', pid: 1 }),
  ],
  'computers without end': [
    3,
    (at) => line(at, { kind: 'observed', at, seenAt: at, what: { kind: 'computerState', computer: `c${String(at)}`, state: 'failed' } }),
  ],
};

for (const [what, [megabytes, lineOf]] of Object.entries(hostile)) {
  test(`${what}: refused as too large`, async () => {
    assert.equal(await opened(await written('staying', megabytes, lineOf)), 'run.tooLarge');
  });
}

test('more than 512 MB, or one line without end: refused as too large', async () => {
  const zeros = gzipSync(Buffer.alloc(600 * MB), { level: 1 });
  const file = join(folder, 'endless');
  const write = async (bytes: Uint8Array): Promise<void> => {
    const out = createWriteStream(file);
    out.end(bytes);
    await once(out, 'finish');
  };
  await write(zeros);
  assert.equal(await opened(file), 'run.tooLarge');
  await write(gzipSync(`${head}${enlisted}{"sequence":1,"record":{"kind":"observed","x":"${long(80 * MB)}"}}\n`, { level: 1 }));
  assert.equal(await opened(file), 'run.tooLarge');
});

test('what is no run, cut or emptied is told as such', async () => {
  const whole = gzipSync(`${head}${enlisted}${kept(1, 10)}`);
  const files: Readonly<Record<string, Uint8Array>> = {
    nothing: Buffer.alloc(0),
    'an empty text': gzipSync(''),
    zeros: Buffer.alloc(1000),
    'another program': gzipSync('{"version":1}\n'),
    cut: whole.subarray(0, whole.length - 9),
    changed: Buffer.concat([whole.subarray(0, whole.length - 6), Buffer.from([1, 2, 3]), whole.subarray(whole.length - 3)]),
    'unknown members': gzipSync(`${head}${enlisted}${kept(1, 10).replace('"at":1', '"at":1,"more":true')}`),
    'an unknown kind': gzipSync(`${head}${enlisted}${line(1, { kind: 'later', at: 1 })}`),
    'a wrong type': gzipSync(`${head}${enlisted}${kept(1, 10).replace('"at":1', '"at":"1"')}`),
    'no JSON': gzipSync(`${head}${enlisted}{"sequence":1\n`),
  };
  for (const [what, bytes] of Object.entries(files)) {
    const file = join(folder, 'bad');
    const out = createWriteStream(file);
    out.end(bytes);
    await once(out, 'finish');
    assert.equal(await opened(file), 'run.unreadable', what);
  }
});
