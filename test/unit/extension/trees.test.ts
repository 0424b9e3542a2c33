/** Guarantee: the trees say what the group says, by stable ids, and draw again only what changed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SohError, toWire } from '../../../emulator/errors.ts';
import { translator } from '../../../emulator/text/translate.ts';
import { groupTree } from '../../../extension/views/groupTree.ts';
import { instanceTree, suspendedCount } from '../../../extension/views/instanceTree.ts';
import { knownGroupTree, serviceTree } from '../../../extension/views/orchestrationTree.ts';
import { StableTree } from '../../../extension/views/stableTree.ts';
import { statusFace } from '../../../extension/views/statusText.ts';
import type { NodeSpec } from '../../../extension/views/node.ts';
import { counts, groupStatus, hostInstance, instance } from './status.ts';

const t = translator('en');
const flat = (nodes: readonly NodeSpec[]): NodeSpec[] => nodes.flatMap((node) => [node, ...flat(node.children ?? [])]);
const byId = (nodes: readonly NodeSpec[], id: string): NodeSpec => {
  const node = flat(nodes).find((candidate) => candidate.id === id);
  assert.ok(node, id);
  return node;
};

describe('the Group view', () => {
  test('has the MessageBox, then hosts with their instances', () => {
    const tree = groupTree(groupStatus(), 'host', t);
    assert.deepEqual(
      tree.map(({ id }) => id),
      ['messageBox', 'host:ReceivingHost', 'host:ProcessingHost'],
    );
    assert.deepEqual(
      tree[2]?.children?.map(({ label, description }) => `${label}: ${description ?? ''}`),
      ['on A: running · 7 active · lease 0 s', 'on B: running · 5 active · lease 0 s'],
    );
  });

  test('says of the MessageBox that its disk is full and that the clock jumped, for the eye and for the ear', () => {
    const status = groupStatus();
    const error = toWire(new SohError('messageBox.storageFull', { folder: '/data' }));
    const messageBox = { ...status.messageBox, full: true as const, error, clock: { at: '', byMs: -7_200_000, aheadMs: 7_200_000 } };
    const node = byId(groupTree({ ...status, messageBox }, 'host', t), 'messageBox');
    assert.equal(node.description, 'running · disk full · 3 messages');
    assert.match(node.accessibility, /disk full/);
    assert.match(node.tooltip ?? '', /Free disk space; the group goes on by itself/);
    assert.match(node.tooltip ?? '', /set back by 2 h/);
    const face = statusFace('running', { ...status, messageBox }, t);
    assert.deepEqual([face.severity, face.text.includes('disk full')], ['error', true]);
  });

  test('arranges the same instances by computer, with the same ids', () => {
    const ids = (by: 'host' | 'computer') =>
      flat(groupTree(groupStatus(), by, t))
        .map(({ id }) => id)
        .filter((id) => id.startsWith('hostInstance:'))
        .sort();
    assert.deepEqual(ids('computer'), ids('host'));
    assert.deepEqual(
      groupTree(groupStatus(), 'computer', t).map(({ id }) => id),
      ['messageBox', 'computer:A', 'computer:B'],
    );
  });

  test('offers in every state exactly what can be done', () => {
    const states = {
      running: 'kill.freeze.stop',
      frozen: 'kill.thaw',
      stopped: 'start',
      failed: 'start',
      restarting: '',
      suspect: 'kill.freeze.stop',
      held: 'kill.stop',
      lost: 'kill.stop',
      'start pending': 'kill',
      'stop pending': 'kill',
    };
    for (const [state, actions] of Object.entries(states)) {
      const status = groupStatus({ hostInstances: [hostInstance('P', 'A', { state: state as keyof typeof states })] });
      const value = byId(groupTree(status, 'host', t), 'hostInstance:P@A').contextValue;
      assert.equal(value, ['hostInstance', ...(actions === '' ? [] : [actions])].join('.'), state);
    }
  });

  test('tells a screen reader name, kind, state and count', () => {
    const node = byId(groupTree(groupStatus(), 'host', t), 'hostInstance:ProcessingHost@A');
    assert.equal(node.accessibility, 'Host instance ProcessingHost@A, running, 7 active, lease 0 s');
  });

  test('marks a computer that has failed and offers to repair it', () => {
    const node = byId(groupTree(groupStatus({ computers: [{ name: 'A', state: 'failed' }] }), 'computer', t), 'computer:A');
    assert.equal(node.contextValue, 'computer.repair');
    assert.equal(node.icon.id, 'error');
  });
});

describe('the Service Instances view', () => {
  const suspended = instance('s', { state: 'Suspended (resumable)', error: { code: 'x', message: 'it broke' } });
  const status = groupStatus({ messageBox: { ...groupStatus().messageBox, counts: counts({ Active: 500, 'Suspended (resumable)': 1 }) } });

  test('has the suspended first, with their error', () => {
    const tree = instanceTree(status, [instance('a'), suspended], {}, t);
    assert.deepEqual(
      tree.map(({ id, description }) => [id, description]),
      [
        ['state:Suspended (resumable)', '1'],
        ['state:Active', '500'],
      ],
    );
    assert.match(tree[0]?.children?.[0]?.description ?? '', /it broke/);
    assert.equal(suspendedCount(status), 1);
  });

  test('shows at most 200 of a state and says how many more there are', () => {
    const many = Array.from({ length: 300 }, (_, index) => instance(String(index).padStart(3, '0')));
    const active = byId(instanceTree(status, many, {}, t), 'state:Active');
    assert.equal(active.children?.length, 201);
    assert.equal(active.children.at(-1)?.label, '300 more: filter to see them');
  });

  test('filters, and then counts what it shows', () => {
    const tree = instanceTree(status, [instance('a'), instance('b', { orchestration: 'Invoice' })], { text: 'invo' }, t);
    assert.deepEqual(
      tree.map(({ description }) => description),
      ['1'],
    );
  });

  test('adds live instances at the end, so that none moves', () => {
    const older = instance('z', { created: '2026-01-01T00:00:00.000Z' });
    const newer = instance('a', { created: '2026-01-01T00:00:01.000Z' });
    const order = byId(instanceTree(groupStatus(), [newer, older], {}, t), 'state:Active').children?.map(({ id }) => id);
    assert.deepEqual(order, ['instance:z', 'instance:a']);
  });
});

describe('the Orchestrations view', () => {
  test('shows live, suspended and completed counts', () => {
    const service = {
      name: 'Order',
      kind: 'orchestration',
      host: 'P',
      enlisted: true,
      counts: counts({ Active: 2, Dehydrated: 3, Completed: 4, 'Suspended (resumable)': 1 }),
    } as const;
    const [node] = serviceTree(groupStatus({ services: [service] }), t);
    assert.equal(node?.description, '5 live · 1 suspended · 4 completed');
    assert.equal(node?.contextValue, 'service.submit');
  });

  test('shows what could be started while nothing runs', () => {
    const tree = knownGroupTree([{ path: null, label: 'Sample group', orchestrations: [{ name: 'Order', host: 'P' }] }], t);
    assert.deepEqual(
      flat(tree).map(({ label }) => label),
      ['Sample group', 'Order'],
    );
  });
});

describe('drawing again', () => {
  const draw = (active: number, extra: Parameters<typeof hostInstance>[2] = {}) =>
    groupTree(groupStatus({ hostInstances: [hostInstance('P', 'A', { active, ...extra }), hostInstance('P', 'B')] }), 'host', t);

  test('only the element that changed', () => {
    const tree = new StableTree();
    assert.deepEqual(tree.update(draw(1)), { whole: true });
    const kept = tree.find('hostInstance:P@A');
    const change = tree.update(draw(2));
    assert.deepEqual(change.whole ? [] : change.elements.map(({ id }) => id), ['hostInstance:P@A']);
    assert.equal(tree.find('hostInstance:P@A'), kept, 'the element keeps its identity');
  });

  test('nothing when only the tooltip or a fraction of the lease changed', () => {
    const tree = new StableTree();
    tree.update(draw(1));
    assert.deepEqual(tree.update(draw(1, { rssMb: 99, committed: 5, leaseAgeMs: 900 })), { whole: false, elements: [] });
  });

  test('the parent when a child came, and not the child again', () => {
    const tree = new StableTree();
    const one = groupTree(groupStatus({ hostInstances: [hostInstance('P', 'A')] }), 'host', t);
    tree.update(one);
    const change = tree.update(draw(3));
    assert.deepEqual(change.whole ? [] : change.elements.map(({ id }) => id), ['host:P']);
  });

  test('everything when the roots changed', () => {
    const tree = new StableTree();
    tree.update(draw(1));
    assert.deepEqual(tree.update([]), { whole: true });
  });
});

describe('the status bar', () => {
  test('counts instances running, active and suspended', () => {
    const messageBox = { ...groupStatus().messageBox, counts: counts({ 'Suspended (resumable)': 2 }) };
    const face = statusFace('running', groupStatus({ messageBox }), t);
    assert.equal(face.text, '$(server-process) 3/3 · 12 active · 2 suspended');
    assert.equal(face.severity, 'warning');
  });

  test('says that there is no group, and when it failed', () => {
    assert.deepEqual(
      [statusFace('stopped', undefined, t).text, statusFace('failed', undefined, t).severity],
      ['$(server-process) stopped', 'error'],
    );
  });
});
