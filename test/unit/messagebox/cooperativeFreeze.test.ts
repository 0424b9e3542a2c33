/**
 * Guarantee: where processes cannot be stopped (Windows) a frozen host instance neither hears nor says anything, so that its lease ends as if it
 * had been stopped; what it wanted to say comes when it is thawed, and is for the MessageBox to refuse.
 */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { nodeClock } from '../../../emulator/clock.ts';
import { MessageBoxClient } from '../../../emulator/messagebox/protocol/client.ts';
import type { HostFrame, MessageBoxFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { webSocketConnect } from '../../../emulator/messagebox/protocol/webSocketLink.ts';
import { pack, Unpacker } from '../../../emulator/wire/framing.ts';

const welcome = { kind: 'welcome', session: '1.1', generation: 1, now: 0, heartbeatMs: 1000, leaseMs: 5000, resumed: [] } as const;
const beat = (active: number): HostFrame => ({ kind: 'heartbeat', loopLagMs: 0, active, rssMb: 1 });

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !holds();) {
    assert.ok(performance.now() < deadline, `never happened: ${what}`);
    await pause(5);
  }
}

test('a frozen host instance hears and says nothing; thawed, it goes on', async (t) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const said: HostFrame[] = [];
  let tell: (frames: readonly MessageBoxFrame[]) => void = () => undefined;
  server.on('connection', (socket) => {
    const unpacker = new Unpacker();
    tell = (frames) => {
      for (const text of pack(frames)) socket.send(text);
    };
    socket.on('message', (data: Buffer) => {
      for (const frame of (unpacker.push(data.toString('utf8')) ?? []) as unknown as HostFrame[]) {
        if (frame.kind === 'hello') tell([welcome]);
        else said.push(frame);
      }
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const heard: string[] = [];
  const client = new MessageBoxClient({
    ...{ hostInstance: 'H@A', host: 'H', computer: 'A', services: [], clock: nodeClock, random: () => Math.random() },
    connect: webSocketConnect({ token: 't', clock: nodeClock, port: () => (server.address() as AddressInfo).port }),
    held: () => [],
    frame: ({ kind }) => void heard.push(kind),
    ...{ lost: () => undefined, turn: () => undefined, log: () => undefined },
  });
  t.after(async () => {
    await client.stop();
    server.close();
  });
  client.start();
  await until('it is welcome', () => client.connected);
  client.send(beat(1));
  await until('it is heard', () => said.length === 1);

  client.freeze(true);
  tell([{ kind: 'operate', instance: 'i', operation: 'suspend' }]);
  client.send(beat(2));
  // Silence cannot be waited for: both ends have many turns for a frame to arrive in, as those before arrived in one.
  for (let turn = 0; turn < 20; turn++) await pause(10);
  assert.deepEqual([said.length, heard], [1, ['welcome']]);
  assert.ok(client.connected, 'its connection stays, as that of a stopped process does');

  client.freeze(false);
  await until('it says what it wanted to say', () => said.length === 2);
  await until('it hears what was said to it', () => heard.includes('operate'));

  // The connection is lost while it is frozen: it cannot know, and does not come back before it is thawed.
  client.freeze(true);
  for (const socket of server.clients) socket.terminate();
  const hellos = heard.filter((kind) => kind === 'welcome').length;
  for (let turn = 0; turn < 30; turn++) await pause(10);
  assert.equal(heard.filter((kind) => kind === 'welcome').length, hellos);
  assert.equal(server.clients.size, 0);
  client.freeze(false);
  await until('it is back', () => heard.filter((kind) => kind === 'welcome').length > hellos);
});
