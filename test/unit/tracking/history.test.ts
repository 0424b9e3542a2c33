/**
 * Guarantee: the histories of two instances tell that one started the other, and a message somebody made to look like that tells nothing; what a
 * loss put at risk is told by name and by number, because called orchestrations may have shapes of one name; an error, by the one of its name that ran last.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HistoryEvent } from '../../../emulator/control/instances.ts';
import type { CommitRecord, JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { START_TYPE, STARTS } from '../../../emulator/orchestration/starting.ts';
import { InstanceHistory } from '../../../emulator/tracking/history.ts';
import { A, commit, enlist, grant, loss, numbered, SHAPES, submit } from './records.ts';

function historyOf(instance: string, records: readonly JournalRecord[]): InstanceHistory {
  const history = new InstanceHistory(instance, () => SHAPES.map((name) => ({ kind: 'start', name, parent: -1 })));
  for (const record of numbered(records)) history.add(record);
  return history;
}

/** The parent's commit with which the child is started. */
function starting(by: string, type = START_TYPE): JournalRecord[] {
  const published: CommitRecord['published'] = [
    {
      id: 'p/1/0',
      type,
      shape: 2,
      properties: { [STARTS.orchestration]: 'Child', [STARTS.by]: by },
      to: [{ instance: 'c', entry: 'e', subscription: 'start', service: 'Child@1', subscribe: [] }],
    },
  ];
  return [enlist, submit(10, 'p'), grant(11, A, 5, 'p'), commit(20, 'p', A, 1, { published, points: ['start-orchestration'] })];
}

const published = ({ events }: InstanceHistory): unknown[] =>
  events
    .flatMap((event: HistoryEvent) => (event.kind === 'committed' ? event.published : []))
    .map(({ shape, to, starts }) => [shape, to, starts]);

test('the parent tells whom it started, the child who started it', () => {
  const records = starting('p');
  assert.deepEqual(published(historyOf('p', records)), [['Send', ['c'], true]]);
  assert.deepEqual(historyOf('p', records).started, ['c']);
  const child = historyOf('c', records);
  assert.equal(child.startedBy, 'p');
  const [activated] = child.events;
  assert.equal(activated?.kind === 'activated' && activated.startedBy, 'p');
});

test('a message of another type, or one that names somebody else, is no start', () => {
  assert.equal(historyOf('c', starting('p', 'urn:o#Order')).startedBy, undefined);
  assert.deepEqual(published(historyOf('p', starting('other'))), [['Send', ['c'], undefined]]);
  assert.equal(historyOf('p', starting('p')).startedBy, undefined);
});

test('a loss tells what was at risk by name and by number', () => {
  const held = [
    [2, 0],
    [3, 5],
  ] as const;
  const event = historyOf('p', [enlist, submit(10, 'p'), grant(11, A, 5, 'p'), loss(30, A, 'socket closed', ['p', 0, held])]).events.at(-1);
  assert.deepEqual(event?.kind === 'ownerLost' && [event.atRisk, event.atRiskShapes], [
    ['Send', 'Approve'],
    [2, 3],
  ]);
});

/** Two calls of one orchestration, each with a Send of one name. */
const TWICE = ['House', 'Book', 'Car', 'Book'].map((name, index) => ({
  kind: index % 2 === 0 ? 'call' : 'send',
  name,
  parent: index % 2 === 0 ? -1 : index - 1,
}));

function numberOfError(...records: readonly JournalRecord[]): number | undefined {
  const history = new InstanceHistory('p', () => TWICE);
  for (const record of numbered([enlist, submit(10, 'p'), grant(11, A, 5, 'p'), ...records])) history.add(record);
  const event = history.events.at(-1);
  assert.ok(event?.kind === 'suspended' || event?.kind === 'refused');
  return event.number;
}

test('an error is told with the number of its shape: the one of that name that ran last', () => {
  const error = { code: 'orchestration.uncaught', message: 'no', shape: 'Book' };
  const failed = { outcome: 'suspended', points: ['suspension'], error } as const;
  const ran = (...shapes: number[]) => shapes.map((shape) => [shape, 0] as const);
  assert.equal(numberOfError(commit(20, 'p', A, 1, { ...failed, trace: ran(0, 1) })), 1);
  assert.equal(numberOfError(commit(20, 'p', A, 1, { trace: ran(0, 1, 2) }), commit(30, 'p', A, 2, { ...failed, trace: ran(3) })), 3);
  assert.equal(numberOfError(commit(20, 'p', A, 1, { trace: ran(0, 1, 2, 3) }), commit(30, 'p', A, 2, { ...failed, trace: [] })), 3);
  assert.equal(numberOfError(commit(20, 'p', A, 1, { ...failed, trace: ran(0) })), undefined, 'none of that name has run');
  const condemned: JournalRecord = { kind: 'suspend', at: 40, instance: 'p', error, resumable: true };
  assert.equal(numberOfError(loss(30, A, 'socket closed', ['p', 0, ran(0, 1, 2, 3)]), condemned), 3);
  const message = { id: 'm', type: 'T', properties: {}, to: [], shape: 1 };
  const unrouted: JournalRecord = { kind: 'unrouted', at: 40, instance: 'x', sender: 'p', hostInstance: A, message, error };
  assert.equal(numberOfError(unrouted), 1);
});
