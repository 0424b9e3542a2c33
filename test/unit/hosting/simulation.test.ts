/**
 * Whatever becomes of links, host instances, the MessageBox process and what operators do, in any order, every ledger is finished once,
 * with each of its steps taken once and in order, and nothing is held for ever. SEED in the environment repeats one run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedGroup } from './simulatedGroup.ts';

const RUNS = 20;
const LEDGERS = 30;
const STEPS = 6;
const FIRST = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));

/** One of the things that happen. */
function mischief(group: SimulatedGroup, names: () => string): void {
  const { random, hosts, instances } = group;
  const host = hosts[random.below(hosts.length)];
  const instance = instances[random.below(Math.max(1, instances.length))];
  switch (random.below(8)) {
    case 0:
    case 1:
      host?.links.cut();
      return;
    case 2:
      if (!host) return;
      host.links.part(true);
      // Shorter or longer than a lease.
      group.clock.after(random.below(3000), () => {
        host.links.part(false);
      });
      return;
    case 3:
      if (!host) return;
      group.kill(host);
      group.clock.after(100 + random.below(400), () => group.add(names()));
      return;
    case 4:
      group.restartMessageBox();
      return;
    case 5:
      if (instance) group.operate('suspend', [instance.id]);
      return;
    case 6:
      if (!host) return;
      void host.instance.drain();
      group.clock.after(1000, () => {
        group.kill(host);
        group.add(names());
      });
      return;
    case 7:
      host?.instance.client.freeze(true);
      group.clock.after(random.below(2500), () => {
        host?.instance.client.freeze(false);
      });
  }
}

async function run(seed: number, faults: boolean): Promise<SimulatedGroup> {
  const group = new SimulatedGroup(seed);
  let number = 0;
  const name = (): string => `H@${String(++number)}`;
  for (let index = 0; index < 3; index++) group.add(name());
  await group.run(50);
  for (let index = 0; index < LEDGERS; index++) {
    group.submit(STEPS);
    await group.run(20 + group.random.below(200));
    if (faults) mischief(group, name);
  }
  await group.run(3500);
  const stuck = (): string[] => group.instances.filter(({ status }) => status !== 'ready' && status !== 'idle').map(({ id }) => id);
  await group.until('every instance has ended', () => {
    group.operate('resume', stuck());
    return group.instances.length === 0;
  });
  await group.until('nothing is held', () => group.hosts.every(({ instance }) => instance.held.length === 0));
  return group;
}

function judge(group: SimulatedGroup): void {
  const expected = Array.from({ length: STEPS }, (_, index) => index + 1);
  const taken = group.taken();
  assert.equal(taken.size, LEDGERS);
  for (const [ledger, receipts] of taken) assert.deepEqual(receipts, [expected], ledger);
  assert.deepEqual(
    group.log.filter((line) => /reject|could not begin/.test(line)),
    [],
  );
}

test('without faults each receipt is also handed over once', async () => {
  const group = await run(FIRST, false);
  judge(group);
  for (const { times } of group.receipts.values()) assert.equal(times, 1);
});

test('with everything that may happen', { timeout: 300_000 }, async () => {
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    try {
      judge(await run(seed, true));
    } catch (error) {
      throw new Error(`SEED=${String(seed)}`, { cause: error });
    }
  }
});
