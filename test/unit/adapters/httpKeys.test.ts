/**
 * Guarantee (docs/failure-model.md, P15): an Idempotency-Key stands for one message for as long as it is remembered, whichever host instance
 * serves the location; and none is remembered for ever.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeptId } from '../../../emulator/hosting/adapters/door.ts';
import { HttpKeys, KEY_LIFE_MS } from '../../../emulator/hosting/adapters/httpKeys.ts';

const [ONE, OTHER] = ['a'.repeat(64), 'b'.repeat(64)];

function location(kept: readonly KeptId[] = []) {
  const box = { now: 1_000_000, kept: [...kept], forgotten: [] as string[], away: false, asked: 0 };
  const keys = new HttpKeys('Web', {
    now: () => box.now,
    forget: (ids) => {
      box.forgotten.push(...ids);
      box.kept = box.kept.filter(({ id }) => !ids.includes(id));
    },
    keptIds: async function* () {
      box.asked++;
      await Promise.resolve();
      if (box.away) throw new Error('away');
      for (const id of box.kept) yield [id];
    },
  });
  return { box, keys };
}

test('the same key with the same message is the same, with another it is refused', async () => {
  const { keys } = location();
  const first = await keys.receiveId('k', ONE);
  assert.equal(first, `Web/k/${ONE}`);
  assert.equal(await keys.receiveId('k', ONE), first);
  assert.equal(await keys.receiveId('k', OTHER), undefined);
  assert.notEqual(await keys.receiveId('k/', ONE), first);
  assert.equal(await keys.receiveId('other', OTHER), `Web/other/${OTHER}`);
});

test('another host instance, or this one again, knows the keys of before', async () => {
  const { keys } = location([
    { id: `Web/k/${ONE}`, at: 900_000 },
    { id: `Web/a/b/${ONE}`, at: 900_000 },
    { id: 'Web/old', at: 900_000 },
  ]);
  assert.equal(await keys.receiveId('k', OTHER), undefined);
  assert.equal(await keys.receiveId('k', ONE), `Web/k/${ONE}`);
  assert.equal(await keys.receiveId('a/b', OTHER), undefined);
  // Of a key of an older version only the key is known: it keeps its id.
  assert.equal(await keys.receiveId('old', ONE), 'Web/old');
  assert.equal(await keys.receiveId('old', OTHER), undefined);
});

test('a key is forgotten a while after its last use, and so is what nobody forgot', async () => {
  const { box, keys } = location([{ id: 'Web/0b4f', at: 900_000 }]);
  await keys.receiveId('k', ONE);
  await keys.tidy();
  assert.deepEqual(box.forgotten, []);
  box.now = 900_000 + KEY_LIFE_MS + 1;
  await keys.tidy();
  assert.deepEqual(box.forgotten, ['Web/0b4f']);
  await keys.receiveId('k', ONE);
  box.now += KEY_LIFE_MS;
  await keys.tidy();
  assert.deepEqual(box.forgotten, ['Web/0b4f'], 'it was used again');
  box.now += 1;
  await keys.tidy();
  assert.deepEqual(box.forgotten, ['Web/0b4f', `Web/k/${ONE}`]);
  assert.equal(await keys.receiveId('k', OTHER), `Web/k/${OTHER}`, 'its time is over');
});

test('without a MessageBox no key is judged; afterwards it is asked again, once', async () => {
  const { box, keys } = location([{ id: `Web/k/${ONE}`, at: 900_000 }]);
  box.away = true;
  await assert.rejects(keys.receiveId('k', OTHER), /away/);
  await assert.rejects(keys.tidy(), /away/);
  box.away = false;
  assert.deepEqual(await Promise.all([keys.receiveId('k', OTHER), keys.receiveId('k', ONE)]), [undefined, `Web/k/${ONE}`]);
  assert.equal(box.asked, 3);
  keys.stale();
  await keys.receiveId('k', ONE);
  assert.equal(box.asked, 4);
});
