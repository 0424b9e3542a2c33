/** Guarantee: it is known for how long nobody has watched a group, and a group that ends is not kept by who does not hang up. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import type { CommandDesk } from '../../../emulator/group/commandDesk.ts';
import { ControlServer } from '../../../emulator/group/controlServer.ts';
import { Feed } from '../../../emulator/group/feed.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { until } from '../../faults/group.ts';
import { status } from '../cli/fakeGroup.ts';

const TOKEN = 'token-of-the-group';
const HOUR_MS = 3_600_000;

async function listen(): Promise<{ server: ControlServer; clock: SimulatedClock; port: number }> {
  const clock = new SimulatedClock();
  const unused = (): never => assert.fail('not in this test');
  const server = new ControlServer({
    ...{ token: TOKEN, clock, bundles: tmpdir(), desk: {} as CommandDesk, feed: new Feed(() => status, clock) },
    ...{ openRun: unused, exportRun: unused, log: unused },
  });
  return { server, clock, port: await server.listen() };
}

test('the time without anybody begins with the group, and again when the last one has gone', async () => {
  const { server, clock, port } = await listen();
  clock.advance(HOUR_MS);
  assert.equal(server.unwatchedMs(), HOUR_MS);
  const clients = [1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { authorization: `Bearer ${TOKEN}` } }));
  await Promise.all(clients.map((client) => once(client, 'open')));
  await until(() => server.unwatchedMs() === 0, 'they are there');
  clock.advance(HOUR_MS);
  assert.equal(server.unwatchedMs(), 0);
  clients[0]?.close();
  await once(clients[0] as WebSocket, 'close');
  clock.advance(HOUR_MS);
  assert.equal(server.unwatchedMs(), 0);
  clients[1]?.close();
  await until(() => {
    clock.advance(1);
    return server.unwatchedMs() > 0;
  }, 'the last one has gone');
  const before = server.unwatchedMs();
  clock.advance(HOUR_MS);
  assert.equal(server.unwatchedMs(), before + HOUR_MS);
  await server.close();
});

test('who does not hang up within half a second is cut off', async () => {
  const { server, clock, port } = await listen();
  const socket = connect(port, '127.0.0.1');
  // A client that takes part in the handshake and then says nothing, not even goodbye.
  socket.write(
    [
      'GET / HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      `authorization: Bearer ${TOKEN}`,
      'connection: Upgrade',
      'upgrade: websocket',
      'sec-websocket-version: 13',
      `sec-websocket-key: ${Buffer.alloc(16).toString('base64')}`,
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  const gone = once(socket, 'close');
  socket.on('error', () => undefined);
  let closed = false;
  const closing = server.close().then(() => (closed = true));
  const [goodbye] = (await once(socket, 'data')) as [Buffer];
  assert.match(goodbye.toString('latin1'), /the group has ended/);
  clock.advance(499);
  await new Promise(setImmediate);
  assert.equal(closed, false);
  clock.advance(1);
  await Promise.all([closing, gone]);
});
