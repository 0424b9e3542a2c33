/** The promises of the Link port, kept by WebSockets and in memory alike; and what is special about each. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { nodeClock } from '../../../emulator/clock.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import type { HostFrame, MessageBoxFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import type { Connect, Link } from '../../../emulator/messagebox/protocol/link.ts';
import { webSocketConnect } from '../../../emulator/messagebox/protocol/webSocketLink.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedLinks } from '../../../emulator/simulation/simulatedLink.ts';
import { pack, Unpacker } from '../../../emulator/wire/framing.ts';

/** The other side: takes links, notes what is heard, can speak and end. */
interface OtherSide {
  readonly connect: Connect;
  readonly heard: unknown[];
  readonly port: number;
  ended: number;
  say(...frames: object[]): void;
  end(): void;
}

async function overWebSocket(context: TestContext): Promise<OtherSide> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  const side: OtherSide = {
    connect: webSocketConnect({ token: 't', clock: nodeClock, port: () => (server.address() as AddressInfo).port }),
    heard: [],
    port: (server.address() as AddressInfo).port,
    ended: 0,
    say: (...frames) => {
      for (const client of server.clients) for (const text of pack(frames)) client.send(text);
    },
    end: () => {
      for (const client of server.clients) client.close();
    },
  };
  server.on('connection', (socket) => {
    const unpacker = new Unpacker();
    socket.on('message', (data: Buffer) => side.heard.push(...(unpacker.push(data.toString()) ?? [])));
    socket.on('close', () => side.ended++);
  });
  return side;
}

function inMemory(): Promise<OtherSide> {
  let link: Link<object> | undefined;
  const links = new SimulatedLinks<HostFrame, MessageBoxFrame>({
    clock: nodeClock,
    random: seededRandom(1),
    delayMs: 3,
    accept: (accepted) => {
      link = accepted;
      return {
        heard: (frames) => side.heard.push(...frames),
        lost: () => side.ended++,
      };
    },
  });
  const side: OtherSide = {
    connect: links.connect,
    heard: [],
    port: 0,
    ended: 0,
    say: (...frames) => link?.send(frames),
    end: () => link?.close(),
  };
  return Promise.resolve(side);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !holds(); await sleep(2)) assert.ok(performance.now() < end, `never happened: ${what}`);
}

const frame = (request: number, hash = ''): HostFrame => ({ kind: 'getBody', request, hash, offset: 0 });

/** A link with what it told its side. */
function begin(connect: Connect): { link: Link<HostFrame>; heard: MessageBoxFrame[]; lost: (string | undefined)[] } {
  const heard: MessageBoxFrame[] = [];
  const lost: (string | undefined)[] = [];
  let calling = true;
  const outside = (): void => {
    assert.equal(calling, false, 'nothing is told inside a call');
    assert.deepEqual(lost, [], 'lost is the last that is heard');
  };
  const link = connect({
    heard: (frames) => {
      outside();
      heard.push(...frames);
    },
    lost: (reason) => {
      outside();
      lost.push(reason);
    },
  });
  calling = false;
  return { link, heard, lost };
}

for (const [name, make] of [
  ['over a WebSocket', overWebSocket],
  ['in memory', inMemory],
] as const) {
  test(`${name}: everything arrives in order, also what is said before the link stands and what is large`, async (context) => {
    const side = await make(context);
    const { link, heard } = begin(side.connect);
    const large = 'x'.repeat(3_000_000);
    const said = [[frame(1), frame(2)], [frame(3, large)], [frame(4)]];
    const left: number[] = [];
    for (const [turn, frames] of said.entries()) link.send(frames, () => left.push(turn));
    assert.deepEqual(left, []);
    await until('all is heard', () => side.heard.length === 4);
    assert.deepEqual(side.heard, said.flat());
    await until('all has left', () => left.length === 3);
    assert.deepEqual(left, [0, 1, 2]);
    side.say({ kind: 'receive', enabled: true }, { kind: 'bodyStored', request: 1 });
    side.say({ kind: 'bodyStored', request: 2 });
    await until('the answers are heard', () => heard.length === 3);
    assert.deepEqual(
      heard.map(({ kind }) => kind),
      ['receive', 'bodyStored', 'bodyStored'],
    );
    link.close();
  });

  test(`${name}: closing says what was said before, and both sides are told once`, async (context) => {
    const side = await make(context);
    const { link, lost } = begin(side.connect);
    link.send([frame(1)]);
    await until('it stands', () => side.heard.length === 1);
    side.say({ kind: 'receive', enabled: true });
    link.send([frame(2)]);
    link.close();
    link.close();
    await until('both sides know', () => lost.length === 1 && side.ended === 1);
    assert.equal(side.heard.length, 2);
    link.send([frame(3)], () => assert.fail('nothing leaves over a link that is gone'));
    // What another link said since has arrived: nothing is on its way any more.
    const next = begin(side.connect);
    next.link.send([frame(4)]);
    await until('the next is heard', () => side.heard.length === 3);
    assert.deepEqual([lost.length, side.ended, side.heard.at(-1)], [1, 1, frame(4)]);
    next.link.close();
  });

  test(`${name}: the other side ends`, async (context) => {
    const side = await make(context);
    const { link, heard, lost } = begin(side.connect);
    link.send([frame(1)]);
    await until('it stands', () => side.heard.length === 1);
    side.say({ kind: 'receive', enabled: false });
    side.end();
    await until('it is told', () => lost.length === 1);
    assert.equal(heard.length, 1);
  });
}

test('a MessageBox that does not run, does not listen, or does not answer: the link is lost and says why if there is something to say', async (context) => {
  const none = begin(webSocketConnect({ token: 't', clock: nodeClock, port: () => undefined }));
  none.link.send([frame(1)]);
  await until('it is told', () => none.lost.length === 1);
  assert.deepEqual(none.lost, [undefined]);
  const closed = begin(webSocketConnect({ token: 't', clock: nodeClock, port: () => 1 }));
  await until('it is told', () => closed.lost.length === 1);
  assert.match(closed.lost[0] ?? '', /ECONNREFUSED/);
  // A frozen one takes the connection and says nothing: there is nobody to say goodbye to.
  const side = await overWebSocket(context);
  const silent = begin(webSocketConnect({ token: 't', clock: new SimulatedClock(), port: () => side.port }));
  silent.link.send([frame(1)]);
  await until('it stands', () => side.heard.length === 1);
  silent.link.close();
  await until('it is told', () => silent.lost.length === 1);
});

test('what is not understood ends this link, not this process', async (context) => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await new Promise((resolve) => server.once('listening', resolve));
  context.after(() => server.close());
  for (const text of ['not JSON', '{"kind":"welcome"}', '[1]', '[null]', '["welcome"]']) {
    server.once('connection', (socket) => {
      socket.send('[{"kind":"receive","enabled":true}]');
      socket.send(text);
      socket.send('[{"kind":"receive","enabled":false}]');
    });
    const { heard, lost } = begin(webSocketConnect({ token: 't', clock: nodeClock, port: () => (server.address() as AddressInfo).port }));
    await until(`${text} ends it`, () => lost.length === 1);
    assert.deepEqual([heard.length, /frame/.test(lost[0] ?? '')], [1, true], text);
  }
});
