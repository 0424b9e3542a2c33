/**
 * Guarantee: a page of instances is what one would get by describing, filtering and sorting all of them, for any filter and any state; and
 * whoever asks for it, or operates on all that fit, keeps nobody waiting: the work is cut into short slices, and an instance that changes
 * between two of them is taken as it is when its turn comes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceFilter, InstanceSummary } from '../../../emulator/control/instances.ts';
import { type SeededRandom, seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { queryInstances } from '../../../emulator/messagebox/view/instanceQuery.ts';
import { Batches } from '../../../emulator/messagebox/process/batches.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { atOnce, inSlices, SLICE_MS, type Pace, type Walk } from '../../../emulator/slices.ts';
import { type Core } from '../../faults/core.ts';
import { newSeed } from '../../faults/group.ts';
import { instanceOf, SERVICES, STATUSES, withInstances } from './manyInstances.ts';

const MINUTE = 60_000;
const NOW = 1_000_000 + 100 * MINUTE;
const idOf = (number: number): string => `1-${number.toString(36)}-test`;

function oneOf<T>(random: SeededRandom, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}

/** `apart`: no two are created in the same moment. */
function randomInstance(random: SeededRandom, number: number, apart: boolean): Instance {
  const service = oneOf(random, SERVICES);
  return instanceOf(idOf(number), {
    service: service.id,
    kind: service.kind,
    status: oneOf(random, STATUSES),
    owner: oneOf(random, ['H@A', 'H@B', null]),
    takeovers: random.below(3),
    created: 1_000_000 + (apart ? number / 3 : Math.floor(number / 3)) * MINUTE,
    error: random.chance(0.3) ? { code: 'x', message: oneOf(random, ['No stock', 'No credit']) } : null,
  });
}

function randomFilter(random: SeededRandom, apart: boolean): InstanceFilter {
  const maybe = <T>(value: T): T[] => (random.chance(0.3) ? [value] : []);
  const parts: InstanceFilter[] = [
    ...maybe({
      states: random.chance(0.5) ? (['Dehydrated'] as const) : (['Suspended (resumable)', 'Ready to run', 'Scheduled'] as const),
    }),
    ...maybe({ kinds: ['orchestration'] as const }),
    ...maybe({ orchestration: oneOf(random, ['Order', 'Bills', 'None']) }),
    ...maybe({ owner: oneOf(random, ['H@A', 'H@B']) }),
    ...maybe({ text: oneOf(random, ['stock', '1-a', 'ORD', 'h@b', '']) }),
    ...maybe({ olderThanMs: random.below(120) * MINUTE }),
    ...maybe({ youngerThanMs: random.below(120) * MINUTE }),
    ...maybe({ takenOver: true as const }),
    ...maybe({ createdUntil: new Date(1_000_000 + random.below(40) * MINUTE).toISOString() }),
    ...(apart ? maybe({ ids: Array.from({ length: 40 }, () => idOf(random.below(130))) }) : []),
  ];
  return Object.assign({}, ...parts) as InstanceFilter;
}

/** The meaning of a filter, said once more in the plainest words. */
function fits(one: InstanceSummary, filter: InstanceFilter, now: number): boolean {
  const age = now - Date.parse(one.created);
  const texts = [one.id, one.orchestration, one.owner ?? '', one.error?.message ?? ''].map((text) => text.toLowerCase());
  return (
    (!filter.states || filter.states.includes(one.state)) &&
    (!filter.kinds || filter.kinds.includes(one.kind)) &&
    (filter.orchestration === undefined || filter.orchestration === one.orchestration) &&
    (filter.owner === undefined || filter.owner === one.owner) &&
    (!filter.ids || filter.ids.includes(one.id)) &&
    (filter.olderThanMs === undefined || age > filter.olderThanMs) &&
    (filter.youngerThanMs === undefined || age < filter.youngerThanMs) &&
    (filter.createdUntil === undefined || one.created <= filter.createdUntil) &&
    (filter.takenOver === undefined || one.takeovers > 0) &&
    texts.some((text) => text.includes((filter.text ?? '').toLowerCase()))
  );
}

function reference({ messageBox: { store } }: Core, filter: InstanceFilter): InstanceSummary[] {
  const all = [...store.state.instances.values()].map((instance) => summaryOf(store, instance)).reverse();
  const waits = ({ state }: InstanceSummary): number => Number(state.startsWith('Suspended'));
  return all.filter((one) => fits(one, filter, store.now)).sort((a, b) => waits(b) - waits(a));
}

test('every page is a part of all that fit, those that wait for a person first, then the newest', () => {
  const seed = newSeed();
  const random = seededRandom(seed);
  for (let round = 0; round < 300; round += 1) {
    // Named ones come in the order of their creation, which says nothing of those created in the same moment.
    const apart = random.chance(0.5);
    const core = withInstances(random.below(120), (number) => randomInstance(random, number, apart));
    core.now = NOW;
    const filter = randomFilter(random, apart);
    const expected = reference(core, filter);
    const [offset, limit] = [random.below(60), random.below(60)];
    const page = atOnce(queryInstances(core.messageBox.store, filter, offset, limit));
    const context = `seed ${seed}, round ${round}, ${JSON.stringify(filter)}`;
    assert.equal(page.total, expected.length, context);
    assert.deepEqual(page.instances, expected.slice(offset, offset + limit), context);
    for (const [state, count] of Object.entries(page.counts))
      assert.equal(count, expected.filter((one) => one.state === state).length, `${context} ${state}`);
  }
});

/** A thread in which each look at the clock takes 0.1 ms. */
function slowPace(between: (seen: number) => void = () => undefined): Pace & { readonly rests: number[] } {
  let now = 0;
  const rests: number[] = [];
  return {
    rests,
    monotonic: () => (now += 0.1),
    rest: async (seen) => {
      rests.push(seen);
      between(seen);
    },
  };
}

test('a walk over many rests again and again, and a batch tells how far it is', async () => {
  const core = withInstances(5000, (number) => instanceOf(idOf(number)));
  const pace = slowPace();
  await inSlices(queryInstances(core.messageBox.store, {}, 0, 10), pace);
  // 5,000 instances, one look at the clock each 16, SLICE_MS / 0.1 looks in a slice.
  const most = 16 * (SLICE_MS / 0.1 + 1);
  assert.ok(pace.rests.length >= 5000 / most - 1, `${pace.rests.length} rests`);
  for (const [index, seen] of pace.rests.entries()) assert.ok(seen - (pace.rests[index - 1] ?? 0) <= most, `slice ${index}`);
  const progress: unknown[] = [];
  const batches: Batches = new Batches(
    core.messageBox,
    slowPace(() => progress.push(batches.current)),
  );
  const { counts, done } = await batches.run('terminate', { orchestration: 'Order' });
  assert.deepEqual([counts, done.length], [{ done: 5000, pending: 0, refused: 0 }, 1000]);
  assert.ok(progress.length > 10);
  assert.deepEqual(progress[0], { operation: 'terminate', seen: (progress[0] as { seen: number }).seen, of: 5000 });
  assert.equal(batches.current, undefined);
  assert.equal(core.messageBox.store.state.instances.size, 0);
});

test('what changes during a batch is taken as it is when its turn comes; what begins meanwhile is not meant', async () => {
  const core = withInstances(1000, (number) => instanceOf(idOf(number)));
  const { store } = core.messageBox;
  let begun = 0;
  const pace = slowPace(() => {
    const last = store.state.instances.get(idOf(999));
    if (last) last.status = 'suspended';
    store.state.instances.delete(idOf(998));
    core.now += 1;
    const id = `new-${begun++}`;
    store.state.instances.set(id, instanceOf(id, { created: store.now }));
  });
  const result = await inSlices(operate(core.messageBox, 'suspend', { states: ['Dehydrated'] }), pace);
  assert.ok(begun > 0);
  assert.deepEqual(result.counts, { done: 998, pending: 0, refused: 0 });
  assert.equal([...store.state.instances.values()].filter(({ id, status }) => id.startsWith('new') && status !== 'idle').length, 0);
});

test('one batch waits for the other; an operation on a named instance waits for none', async () => {
  const core = withInstances(1000, (number) => instanceOf(idOf(number)));
  const order: string[] = [];
  const batches = new Batches(core.messageBox, slowPace());
  const note = (name: string) => () => order.push(name);
  await Promise.all([
    batches.run('suspend', {}).then(note('suspend all')),
    batches.run('resume', {}).then(note('resume all')),
    batches.run('terminate', { ids: [idOf(5)] }).then(note('one')),
  ]);
  assert.deepEqual(order, ['one', 'suspend all', 'resume all']);
  assert.ok([...core.messageBox.store.state.instances.values()].every(({ status }) => status === 'ready'));
});

test('by a filter only those are meant for which it is possible; a named one is refused with the reason', () => {
  const core = withInstances(4, (number) => instanceOf(idOf(number), { status: number === 0 ? 'suspended' : 'idle' }));
  const resume = (filter: InstanceFilter): object => atOnce(operate(core.messageBox, 'resume', filter)).counts;
  assert.deepEqual(resume({ ids: [idOf(1), 'nobody'] }), { done: 0, pending: 0, refused: 2 });
  assert.deepEqual(resume({}), { done: 1, pending: 0, refused: 0 });
});

test('a result stays small', () => {
  const core = withInstances(3000, (number) => instanceOf(idOf(number), { operation: 'suspend' }));
  const { refused, counts } = atOnce(operate(core.messageBox, 'terminate', {}));
  assert.deepEqual([refused.length, counts.refused], [100, 3000]);
});

test('100,000 dehydrated instances: from one place to rest to the next a question or a batch looks at a few, and says so', () => {
  const core = withInstances(100_000, (number) => instanceOf(idOf(number), { created: 1_000_000 + number }));
  core.now = NOW;
  const { store } = core.messageBox;
  const newest = { youngerThanMs: NOW - 1_000_000 - 95_000 };
  const walks: readonly (readonly [string, Walk<unknown>])[] = [
    ['no filter', queryInstances(store, {}, 50_000, 200)],
    ['text', queryInstances(store, { text: 'nowhere to be found' }, 0, 200)],
    ['suspend 5,000', operate(core.messageBox, 'suspend', newest)],
    ['resume them', operate(core.messageBox, 'resume', newest)],
  ];
  for (const [name, walk] of walks) {
    let seen = 0;
    for (let step = walk.next(); step.done !== true; step = walk.next()) {
      assert.ok(step.value > seen && step.value - seen <= 16, `${name}: from ${String(seen)} to ${String(step.value)}`);
      seen = step.value;
    }
    assert.ok(seen >= 100_000 - 16, `${name}: ${String(seen)}`);
  }
});

test('a walk rests whenever its slice is over, and nowhere else', async () => {
  function* walk(steps: number): Walk<string> {
    for (let step = 1; step <= steps; step += 1) yield step;
    return 'done';
  }
  let now = 0;
  const rests: number[] = [];
  const pace = {
    // Four looks at the clock take a little more than a slice.
    monotonic: () => (now += 0.26 * SLICE_MS),
    rest: async (seen: number): Promise<void> => void rests.push(seen),
  };
  assert.equal(await inSlices(walk(12), pace), 'done');
  assert.deepEqual(rests, [4, 8, 12]);
});
