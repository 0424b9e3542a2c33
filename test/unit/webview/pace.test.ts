/** The page leaves its machine to the group: what comes while it rests is drawn once, the newest, and the rest is as long as the drawing asks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pace } from '../../../webview/view/shared/pace.ts';

/** What a browser has: a frame follows soon. */
Object.assign(globalThis, { document: { hidden: false }, requestAnimationFrame: (draw: () => void) => setTimeout(draw) });

/** Offers 1 to 5 at once, each of which takes so long to draw (ms); what was drawn, and when. */
async function drawn(ms: number): Promise<{ value: number; at: number }[]> {
  const all: { value: number; at: number }[] = [];
  await new Promise<void>((resolve) => {
    const pace = new Pace<number>((value) => {
      all.push({ value, at: performance.now() });
      for (const end = performance.now() + ms; performance.now() < end;);
      if (value === 5) resolve();
    });
    for (let value = 1; value <= 5; value += 1) pace.offer(value);
    assert.equal(pace.resting, true);
  });
  return all;
}

test('the first at once, then the newest, after a rest of many times the drawing', async () => {
  const [first, second, ...more] = await drawn(20);
  assert.deepEqual([first?.value, second?.value, more], [1, 5, []]);
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 20 * 15, 'too short a rest');
});

test('however slow a drawing is, the rest ends', async () => {
  const [first, second] = await drawn(100);
  const rest = (second?.at ?? 0) - (first?.at ?? 0) - 100;
  assert.ok(rest >= 590 && rest < 5000, `${rest} ms`);
});

test('what nobody may miss is drawn during a rest, and nothing older after it', async () => {
  const all: string[] = [];
  const pace = new Pace<string>((value) => void all.push(value));
  pace.offer('first');
  pace.offer('older');
  pace.now('lost');
  assert.deepEqual(all, ['first', 'lost']);
  while (pace.resting) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(all, ['first', 'lost']);
});
