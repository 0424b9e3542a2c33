/**
 * Guarantee T24 (G13): only a peer with the token, the right Host and no Origin gets in, on both sockets; whatever anybody sends is refused
 * with the right code, costs no memory, and does not disturb those who work.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readDiscovery } from '../../emulator/control/discovery.ts';
import { PROTOCOL_VERSION } from '../../emulator/messagebox/protocol/frames.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { readRecords } from '../../emulator/tracking/journalReader.ts';
import { newSeed, TestGroup, until } from './group.ts';
import { RawSocket, text, tooLong, upgrade, WRONG_BYTES } from './hostile.ts';
import { CountingHost, MessageBoxUnderTest, TOKEN } from './messageBox.ts';

const MB = 1024 * 1024;
/** Connections that begin a request and never end it. */
const SLOW_PEERS = 80;
/** Connections without a token, more than a server keeps. */
const CROWD = 1200;

async function matrix(port: number, token: string): Promise<void> {
  const origins = [
    undefined,
    'null',
    `http://127.0.0.1:${port}`,
    `http://localhost:${port}`,
    'http://127.0.0.1:1',
    'https://evil.example',
    'vscode-webview://x',
  ];
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'evil.example', '127.0.0.1'];
  const tokens = [token, `${token.slice(0, -1)}_`, undefined];
  let accepted = 0;
  for (const origin of origins) {
    for (const [index, host] of hosts.entries()) {
      for (const given of tokens) {
        const { status, socket } = await upgrade(port, {
          host,
          ...(origin === undefined ? {} : { origin }),
          ...(given === undefined ? {} : { token: given }),
        });
        socket.end();
        const right = origin === undefined && index < 3 && given === token;
        if (right) accepted++;
        const cell = `Origin ${origin ?? '-'}, Host ${host}, token ${given === token ? 'right' : String(given)}: ${status}`;
        assert.ok(right ? status === 101 : status === 401 || status === 403, cell);
      }
    }
  }
  assert.equal(accepted, 3);
}

async function slowPeers(port: number): Promise<void> {
  const slow: RawSocket[] = [];
  for (let index = 0; index < SLOW_PEERS; index++) {
    const peer = await RawSocket.open(port);
    if (index % 2 === 0) peer.write(Buffer.from('GET / HTTP/1.1\r\nHost: '));
    slow.push(peer);
  }
  await until(() => slow.every(({ closed }) => closed), 'connections that ask for nothing are closed', 8000);
}

function rssOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}

test('the socket of the MessageBox', { timeout: 90_000 }, async (context) => {
  newSeed();
  const folder = await mkdtemp(join(tmpdir(), 'soh-t24-'));
  const messageBox = new MessageBoxUnderTest(folder);
  await messageBox.start();
  const host = new CountingHost('H@A', () => messageBox.port, 4);
  context.after(async () => {
    await host.stop();
    await messageBox.kill();
    await rm(folder, { recursive: true, force: true });
  });
  const port = messageBox.port ?? 0;
  const before = process.platform === 'linux' ? rssOf(messageBox.child?.pid ?? 0) : 0;
  await host.submit(['first']);
  await matrix(port, TOKEN);
  const right = { host: `127.0.0.1:${port}`, token: TOKEN };
  for (const [what, bytes, codes] of [...WRONG_BYTES, ...tooLong(4)]) {
    const { socket } = await upgrade(port, right);
    socket.write(bytes);
    const code = await socket.closeCode();
    socket.end();
    assert.ok(codes.includes(code), `${what}: ${code}`);
    await host.submit([what]);
  }
  await wrongFrames(port);
  await slowPeers(port);
  await crowded(port, TOKEN);
  for await (const { record } of readRecords(join(folder, MESSAGE_BOX_FOLDER))) {
    if (record.kind === 'submit' && record.receiveId === 'x') assert.deepEqual(Object.getOwnPropertyNames(record.message.properties), []);
  }
  await host.submit(['last']);
  await until(() => host.hostInstance.held.length === 0, 'the work is done');
  assert.equal(messageBox.ended, false);
  if (process.platform !== 'linux') return;
  await until(
    () => rssOf(messageBox.child?.pid ?? 0) - before < 50 * MB,
    `memory grew by ${Math.round((rssOf(messageBox.child?.pid ?? 0) - before) / MB)} MB`,
    10_000,
  );
});

/** Frames of a peer that knows the protocol and means no good. */
async function wrongFrames(port: number): Promise<void> {
  const hello = {
    kind: 'hello',
    protocol: PROTOCOL_VERSION,
    hostInstance: 'X@B',
    host: 'X',
    computer: 'B',
    pid: 1,
    services: [],
    resume: [],
  };
  const submit =
    '{"kind":"submit","request":1,"location":"L","receiveId":"x","message":{"type":"T","properties":{"__proto__":"x"},"body":""}}';
  const right = { host: `127.0.0.1:${port}`, token: TOKEN };
  const first = await upgrade(port, right);
  first.socket.write(text(JSON.stringify([{ ...hello, protocol: 999 }])));
  await until(() => first.socket.received.includes('messageBox.protocol'), 'another version is refused');
  first.socket.end();
  // A name that JavaScript treats specially is left out, not taken over.
  const special = await upgrade(port, right);
  special.socket.write(text(`[${JSON.stringify(hello)},${submit}]`));
  await until(() => special.socket.received.includes('"kind":"submitted"'), 'the message is taken');
  special.socket.end();
  // What is not a frame costs itself: the connection, and the session with its other work, go on.
  const patient = await upgrade(port, right);
  patient.socket.write(text(`[${JSON.stringify(hello)}]`));
  const wrong = [
    '{"kind":"pull","credit":-1}',
    '{"kind":"pull","credit":1e9}',
    '{"kind":"commit"}',
    '{"kind":"supervise"}',
    '{"kind":"putBody","request":1,"hash":7}',
    '{"kind":"submit","request":71,"location":"L","receiveId":"y","message":{"type":"T","properties":{"n":null},"body":""}}',
    '{"kind":"__proto__"}',
  ];
  for (const [index, frame] of wrong.entries()) {
    const body = `{"kind":"getBody","request":${String(500 + index)},"hash":"${'0'.repeat(64)}","offset":0}`;
    patient.socket.write(text(`[${frame},${body}]`));
    await until(() => patient.socket.received.includes(`"request":${String(500 + index)}`), `an answer behind ${frame}`);
    assert.equal(patient.socket.closed, false, frame);
  }
  assert.ok(patient.socket.received.includes('"request":71,"duplicate":false,"refused"'), 'the submission is refused');
  patient.socket.end();
  for (const [what, bytes] of [
    ['a first frame that is no greeting', '[{"kind":"drain"}]'],
    ['a greeting that is none', '[{"kind":"hello"}]'],
    ['no array', '{"kind":"hello"}'],
    ['an array of no frames', '[7]'],
    ['a piece, then a whole message', '+[{"kind":'],
  ] as const) {
    const { socket } = await upgrade(port, right);
    socket.write(text(bytes));
    if (bytes.startsWith('+')) socket.write(text('[]'));
    assert.equal(await socket.closeCode(), 1008, what);
    socket.end();
  }
}

/** Connections without the token hold the door; whoever has it gets in all the same, again and again. */
async function crowded(port: number, token: string): Promise<void> {
  const crowd: RawSocket[] = [];
  for (let index = 0; index < CROWD; index++) {
    const stranger = await RawSocket.open(port);
    if (index % 2 === 0) stranger.write(Buffer.from('GET / HTTP/1.1\r\nHost: '));
    crowd.push(stranger);
    if (index % 50 !== 0) continue;
    const { status, socket } = await upgrade(port, { host: `127.0.0.1:${port}`, token });
    assert.equal(status, 101, `beside ${String(index)} strangers`);
    socket.end();
  }
  for (const stranger of crowd) stranger.end();
}

test('the control socket', { timeout: 90_000 }, async (context) => {
  const group = await TestGroup.start();
  context.after(() => group.remove());
  const discovery = await readDiscovery(group.dataFolder);
  assert.ok(discovery);
  const { port, token } = discovery;
  await group.dropLedgers(30, { steps: 4, pause: 300 });
  await matrix(port, token);
  const right = { host: `127.0.0.1:${port}`, token };
  for (const [what, bytes, codes] of [...WRONG_BYTES, ...tooLong(96)]) {
    const { socket } = await upgrade(port, right);
    socket.write(bytes);
    const code = await socket.closeCode();
    socket.end();
    assert.ok(codes.includes(code), `${what}: ${code}`);
  }
  for (const wrong of ['{"kind":"hello","version":999}', '{"id":-1,"command":"status"}', '{"command":"status"}', '7']) {
    const { socket } = await upgrade(port, right);
    socket.write(text(wrong));
    assert.equal(await socket.closeCode(), 1008, wrong);
    socket.end();
  }
  const patient = await upgrade(port, right);
  const numbered = ['"format"', '"__proto__"', '"constructor"', '7', '"show","arguments":{"instance":7}', '"status","arguments":7'];
  for (const [index, command] of numbered.entries()) {
    patient.socket.write(text(`{"id":${String(70 + index)},"command":${command}}`));
    await until(() => patient.socket.received.includes(`{"id":${String(70 + index)},"error":`), `an answer to ${command}`);
  }
  assert.equal(patient.socket.closed, false);
  patient.socket.end();
  const deaf = await upgrade(port, right);
  deaf.socket.deaf();
  deaf.socket.write(text('{"id":1,"command":"follow","arguments":{}}'));
  await slowPeers(port);
  await crowded(port, token);
  await group.client.call('status', {});
  await group.allDone();
  deaf.socket.end();
  await group.clean();
});
