/**
 * The drawing of any definition: every shape has one box, in document order; nothing overlaps but a frame and what is in it; blocks contain
 * their shapes; lines meet boxes; and the arrow keys reach every shape.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layOut } from '../../../webview/model/flow.ts';
import { CIRCLE, isBesideScope, type Flow, type FlowBox, type Outline } from '../../../webview/model/flowParts.ts';
import { neighbour } from '../../../webview/model/flowWalk.ts';

type Entry = Outline[number];
const LEAVES = ['start', 'receive', 'send', 'construct', 'expression', 'delay', 'throw', 'terminate', 'suspend', 'of another version'];
const BLOCKS = ['decide', 'listen', 'parallel', 'loop', 'scope', 'call', 'group'];

/** A random outline with about so many shapes, nested at most `depth` deep. */
function randomOutline(random: (below: number) => number, size: number, depth: number): Entry[] {
  const outline: Entry[] = [];
  const add = (kind: string, parent: number): number => {
    const transaction = kind === 'scope' && random(2) === 0 ? { transaction: 'longRunning' as const } : {};
    return outline.push({ kind, name: `${kind} ${outline.length}`, parent, ...transaction }) - 1;
  };
  const sequence = (parent: number, level: number): void => {
    for (let left = random(4); left >= 0 && outline.length < size; left -= 1) shape(parent, level);
  };
  const shape = (parent: number, level: number): void => {
    const block = level < depth && random(3) === 0 ? BLOCKS[random(BLOCKS.length)] : undefined;
    const number = add(block ?? LEAVES[random(LEAVES.length)] ?? '', parent);
    if (block === 'loop' || block === 'scope' || block === 'call' || block === 'group') sequence(number, level + 1);
    if (block === 'scope') for (let left = random(3); left > 0; left -= 1) sequence(add('handler', number), level + 1);
    if ((block === 'scope' || block === 'call') && random(2) === 0) sequence(add('compensation', number), level + 1);
    if (block === 'decide') {
      for (let left = random(3); left >= 0; left -= 1) sequence(add('rule', number), level + 1);
      const otherwise = add('else', number);
      if (random(2) === 0) sequence(otherwise, level + 1);
    }
    if (block === 'listen' || block === 'parallel')
      for (let left = 1 + random(3); left > 0; left -= 1) sequence(add('branch', number), level + 1);
  };
  while (outline.length < size) shape(-1, 0);
  return outline;
}

function overlap(a: FlowBox, b: FlowBox): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function contains(frame: FlowBox, box: FlowBox): boolean {
  return frame.x <= box.x && frame.y <= box.y && frame.x + frame.width >= box.x + box.width && frame.y + frame.height >= box.y + box.height;
}

function isInside(outline: Outline, inner: number, outer: number): boolean {
  for (let at = outline[inner]?.parent ?? -1; at >= 0; at = outline[at]?.parent ?? -1) if (at === outer) return true;
  return false;
}

/** What is wrong with a drawing. */
function faults(outline: Outline, { boxes, lines, width, height, start, end }: Flow): string[] {
  const found: string[] = [];
  if (boxes.length !== outline.length || boxes.some(({ number }, index) => number !== index)) found.push('not one box for each entry');
  for (const [index, a] of boxes.entries()) {
    if (a.x < 0 || a.y < 0 || a.x + a.width > width || a.y + a.height > height) found.push(`${a.number} is outside of the drawing`);
    for (const b of boxes.slice(index + 1)) {
      const besides = [...outline.keys()].filter((at) => isBesideScope(outline[at]?.kind ?? '') && outline[at]?.parent === a.number);
      const beside = besides.some((handler) => handler === b.number || isInside(outline, b.number, handler));
      const framed = a.form === 'frame' && isInside(outline, b.number, a.number) && !beside;
      if (framed ? !contains(a, b) : overlap(a, b)) found.push(`${a.number} ${a.kind} and ${b.number} ${b.kind}`);
    }
  }
  const onEdge = ({ x, y }: { x: number; y: number }): boolean =>
    Math.abs(Math.hypot(x - start.x, y - start.y) - CIRCLE) < 1 ||
    (end !== null && Math.abs(Math.hypot(x - end.x, y - end.y) - CIRCLE) < 1) ||
    boxes.some((box) => x >= box.x - 1 && x <= box.x + box.width + 1 && Math.abs(y - box.y) < 1);
  for (const { points, arrow, kind } of lines) {
    const last = points.at(-1);
    if (points.some(({ x, y }) => x < 0 || y < 0 || x > width || y > height)) found.push('a line leaves the drawing');
    if (arrow && kind === 'flow' && last && points.length === 2 && !onEdge(last))
      found.push(`an arrow into nothing at ${last.x},${last.y}`);
  }
  return found;
}

const named = (entries: readonly (readonly [kind: string, name: string, parent: number])[]): Outline =>
  entries.map(([kind, name, parent]) => ({ kind, name, parent }));

const handled = named([
  ['scope', 'scope', -1],
  ['send', 'inside', 0],
  ['handler', 'first', 0],
  ['suspend', 'ask', 2],
  ['handler', 'second', 0],
  ['terminate', 'give up', 4],
  ['decide', 'which', -1],
  ['rule', 'left', 6],
  ['throw', 'no', 7],
  ['else', 'Else', 6],
  ['loop', 'again', -1],
  ['receive', 'each', 10],
]);

test('handlers stand beside their scope, branches side by side under their head, bodies in their frames', () => {
  const flow = layOut(handled);
  assert.deepEqual(faults(handled, flow), []);
  const box = (name: string): FlowBox => flow.boxes.find((one) => one.name === name) as FlowBox;
  assert.ok(box('first').x > box('scope').x + box('scope').width && box('second').x > box('first').x);
  assert.equal(box('first').y, box('scope').y);
  assert.ok(contains(box('scope'), box('inside')) && contains(box('second'), box('give up')));
  assert.ok(box('left').x < box('Else').x && box('left').y === box('Else').y && box('left').y > box('which').y);
  assert.ok(contains(box('again'), box('each')));
  assert.ok(box('again').y > box('no').y);
});

test('compensation stands beside its scope too, and no line leads into it or goes on from it', () => {
  const outline = named([
    ['scope', 'scope', -1],
    ['send', 'book', 0],
    ['compensation', 'Compensation', 0],
    ['send', 'cancel', 2],
    ['send', 'after', -1],
  ]);
  const flow = layOut(outline);
  assert.deepEqual(faults(outline, flow), []);
  const undo = flow.boxes[2] as FlowBox;
  assert.ok(undo.x > (flow.boxes[0] as FlowBox).x + (flow.boxes[0] as FlowBox).width);
  assert.deepEqual(
    flow.lines.filter(({ kind }) => kind === 'handler'),
    [],
  );
  assert.notEqual(flow.end, null);
});

test('a called orchestration and a group are frames around their shapes; what says more than its name has a second line', () => {
  const outline: Outline = [
    { kind: 'call', name: 'call', parent: -1, orchestration: 'Called' },
    { kind: 'send', name: 'inside', parent: 0 },
    { kind: 'compensation', name: 'undo', parent: 0 },
    { kind: 'group', name: 'group', parent: -1 },
    { kind: 'start', name: 'start', parent: 3, orchestration: 'Started' },
  ];
  const flow = layOut(outline);
  assert.deepEqual(faults(outline, flow), []);
  const [call, inside, undo, group, start] = flow.boxes;
  assert.ok(call && inside && undo && group && start);
  assert.ok(contains(call, inside) && contains(group, start) && undo.x > call.x + call.width);
  assert.deepEqual(
    [call.form, group.form, start.form, call.orchestration, start.orchestration],
    ['frame', 'frame', 'shape', 'Called', 'Started'],
  );
  assert.ok(call.head > group.head && inside.y >= call.y + call.head);
});

test('what nothing follows has no line to what stands behind it', () => {
  const ended = layOut(named([['terminate', 'stop', -1]]));
  assert.equal(ended.end, null);
  assert.equal(ended.lines.length, 1);
  assert.notEqual(layOut(named([['send', 'go', -1]])).end, null);
});

test('random definitions: nothing overlaps, nothing is missing, and the keys reach everything', () => {
  let seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000));
  console.log(`seed ${seed}`);
  const random = (below: number): number => (seed = (seed * 1664525 + 1013904223) % 4294967296) % below;
  for (let run = 0; run < 150; run += 1) {
    const outline = randomOutline(random, 1 + random(80), 5);
    assert.deepEqual(faults(outline, layOut(outline)), [], JSON.stringify(outline));
    const walked = [...outline.keys()].map((number) => neighbour(outline, number, 'ArrowDown'));
    assert.deepEqual(new Set([0, ...walked]).size, outline.length);
    for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'Home', 'End'])
      for (const number of outline.keys()) {
        const next = neighbour(outline, number, key);
        assert.ok(next !== null && next >= 0 && next < outline.length);
      }
  }
});

test('the check of overlaps would notice one', () => {
  const outline = named([
    ['send', 'a', -1],
    ['send', 'b', -1],
  ]);
  const flow = layOut(outline);
  const boxes = flow.boxes.map((box) => ({ ...box, y: 90 }));
  assert.ok(faults(outline, { ...flow, boxes }).includes('0 send and 1 send'));
});

test('left and right go to the branch or handler beside, and out of an inner block to the outer one', () => {
  const outline = named([
    ['parallel', 'both', -1],
    ['branch', 'left', 0],
    ['decide', 'inner', 1],
    ['rule', 'rule', 2],
    ['send', 'deep', 3],
    ['else', 'Else', 2],
    ['branch', 'right', 0],
  ]);
  assert.equal(neighbour(outline, 4, 'ArrowRight'), 5);
  assert.equal(neighbour(outline, 5, 'ArrowRight'), 6);
  assert.equal(neighbour(outline, 6, 'ArrowLeft'), 1);
  assert.equal(neighbour(outline, 0, 'ArrowLeft'), 0);
  assert.equal(neighbour(handled, 3, 'ArrowLeft'), 0);
  assert.equal(neighbour(handled, 3, 'a'), null);
});

test('200 shapes are laid out at once', () => {
  const random = (below: number): number => (below > 3 ? 1 : 0);
  const outline = randomOutline(random, 200, 3);
  const began = performance.now();
  assert.deepEqual(faults(outline, layOut(outline)), []);
  assert.ok(performance.now() - began < 2000);
});
