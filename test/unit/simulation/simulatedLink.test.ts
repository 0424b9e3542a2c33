/** Links in memory on a simulated clock: delays keep the order, breaks and partitions do what those of a network do, and a seed gives the same run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import type { Link } from '../../../emulator/messagebox/protocol/link.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedLinks } from '../../../emulator/simulation/simulatedLink.ts';

interface Options {
  readonly seed?: number;
  readonly delayMs?: number;
  readonly breaks?: number;
  readonly refuses?: boolean;
}

function world({ seed = 1, refuses = false, ...options }: Options = {}) {
  const clock = new SimulatedClock();
  const events: string[] = [];
  const servers: Link<number>[] = [];
  const at = (what: string) => events.push(`${what} at ${String(Math.round(clock.monotonic()))}`);
  const links = new SimulatedLinks<number, number>({
    ...options,
    clock,
    random: seededRandom(seed),
    accept: (link) => {
      if (refuses) return undefined;
      servers.push(link);
      return { heard: (numbers) => at(`server hears ${numbers.join()}`), lost: () => at('server lost') };
    },
  });
  const connect = () => links.connect({ heard: (numbers) => at(`client hears ${numbers.join()}`), lost: () => at('client lost') });
  return { clock, events, links, servers, connect };
}

test('with delays everything keeps its order, and the same seed gives the same run', () => {
  const run = (seed: number): string[] => {
    const { clock, events, connect, servers } = world({ seed, delayMs: 50 });
    const client = connect();
    for (let number = 0; number < 20; number++) {
      client.send([number]);
      clock.advance(1);
    }
    clock.advance(50);
    servers[0]?.send([100]);
    clock.advance(100);
    return events;
  };
  const events = run(7);
  assert.deepEqual(
    events.map((event) => event.replace(/ at .*/, '')),
    [...Array.from({ length: 20 }, (_, number) => `server hears ${String(number)}`), 'client hears 100'],
  );
  assert.deepEqual(run(7), events);
  assert.notDeepEqual(run(8), events);
});

test('a cut loses what is on the way, both sides are told, and the next link works', () => {
  const { clock, events, links, servers, connect } = world({ delayMs: 10 });
  const first = connect();
  clock.advance(20);
  first.send([1]);
  servers[0]?.send([2]);
  links.cut();
  clock.advance(20);
  first.send([3]);
  const second = connect();
  second.send([4]);
  clock.advance(20);
  assert.deepEqual(
    events.map((event) => event.replace(/ at .*/, '')),
    ['client lost', 'server lost', 'server hears 4'],
  );
});

test('a partition holds everything without a word; when it is over everything arrives in order', () => {
  const { clock, events, links, servers, connect } = world();
  const client = connect();
  clock.advance(1);
  links.part(true);
  client.send([1]);
  clock.advance(5000);
  client.send([2]);
  servers[0]?.send([3]);
  clock.advance(5000);
  assert.deepEqual(events, []);
  links.part(false);
  client.send([4]);
  clock.advance(1);
  assert.deepEqual(events, ['server hears 1 at 10001', 'server hears 2 at 10001', 'client hears 3 at 10001', 'server hears 4 at 10001']);
});

test('who closes during a partition is told after a while; the other side when it is over', () => {
  const { clock, events, links, servers, connect } = world();
  const client = connect();
  clock.advance(1);
  links.part(true);
  client.send([1]);
  client.close();
  servers[0]?.send([2]);
  clock.advance(3000);
  assert.deepEqual(events, ['client lost at 1001']);
  const next = connect();
  next.send([5]);
  clock.advance(1000);
  links.part(false);
  clock.advance(10);
  assert.deepEqual(events.slice(1), ['server hears 1 at 4001', 'server lost at 4001', 'server hears 5 at 4001']);
});

test('nobody listens, and links that break by themselves', () => {
  const refused = world({ refuses: true });
  refused.connect().send([1]);
  refused.clock.advance(1);
  assert.deepEqual(refused.events, ['client lost at 0']);
  const breaking = world({ breaks: 1 });
  breaking.connect().send([1], () => assert.fail('it did not leave'));
  breaking.clock.advance(1);
  assert.deepEqual(breaking.events, ['client lost at 0']);
});
