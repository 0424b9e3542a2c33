/**
 * What people are shown of a live instance is what the MessageBox keeps: where it goes on, what its message variables hold, what it
 * subscribes to, what waits for it, which timers run. It is the same from a store that was rebuilt from the journal.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply } from '../../../emulator/messagebox/core/apply.ts';
import type { Service } from '../../../emulator/messagebox/protocol/frames.ts';
import { partsOf } from '../../../emulator/messagebox/view/instanceParts.ts';
import { SHOWN_BODY_CHARACTERS } from '../../../emulator/messagebox/protocol/limits.ts';
import type { CommitRecord, JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { emptyState, type Instance, type Message } from '../../../emulator/messagebox/core/state.ts';
import { Store } from '../../../emulator/messagebox/core/store.ts';
import { numberProperty, textProperty } from '../../../emulator/orchestration/propertyValue.ts';

const ORDER: Service = {
  id: 'Order@1',
  name: 'Order',
  kind: 'orchestration',
  host: 'H',
  activations: [],
  outline: [
    { kind: 'receive', name: 'Receive order', parent: -1 },
    { kind: 'parallel', name: 'Both', parent: -1 },
    { kind: 'branch', name: 'Left', parent: 1 },
    { kind: 'receive', name: 'Receive reply', parent: 2 },
    { kind: 'branch', name: 'Right', parent: 1 },
    { kind: 'delay', name: 'Wait', parent: 4 },
  ],
};
const FILTER = [[{ property: 'Id', operator: '==' as const, value: 17 }]];

const begun: JournalRecord[] = [
  { kind: 'enlist', at: 1, services: [ORDER, { id: 'Port', name: 'Port', kind: 'sendPort', host: 'S', activations: [], outline: [] }] },
  {
    kind: 'submit',
    at: 2,
    location: 'L',
    hostInstance: 'R@A',
    receiveId: 'r',
    message: {
      id: 'm1',
      type: 'urn:o#Order',
      properties: { Id: 17 },
      bodyHash: 'hash-of-m1',
      to: [{ instance: 'i', entry: 'e1', subscription: '0', service: 'Order@1', subscribe: [] }],
    },
  },
];

const state = {
  t: [3, 5],
  v: { total: 7 },
  m: { Order: 'm1', Request: { b: '<Request/>', p: { RequestId: 'i' } }, Gone: 'm0' },
  d: { 5: [9000, '5.1', 0] },
};

const commit: CommitRecord = {
  kind: 'commit',
  at: 3,
  id: 'i#1',
  instance: 'i',
  hostInstance: 'P@A',
  version: 1,
  state: JSON.stringify(state),
  consumed: ['e1'],
  holds: ['m1'],
  subscribe: [{ id: '3', filter: FILTER }],
  points: ['send'],
  outcome: 'running',
};

function delivered(index: number): JournalRecord {
  const to = [{ instance: 'i', entry: `e${index}`, subscription: '3' }];
  return {
    kind: 'submit',
    at: 4,
    location: 'L',
    hostInstance: 'R@A',
    receiveId: `r${index}`,
    message: { id: `n${index}`, type: 'Reply', properties: {}, body: '{}', to },
  };
}

function storeOf(records: readonly JournalRecord[]): Store {
  const store = new Store(emptyState(), { append: () => 1 }, { monotonic: () => 0, wall: () => 0 }, () => undefined);
  for (const record of records) store.record(record);
  return store;
}

function instanceOf(store: Store): Instance {
  const instance = store.state.instances.get('i');
  assert.ok(instance);
  return instance;
}

const bodyOf = ({ body, bodyHash }: Message): string | undefined => body ?? (bodyHash === 'hash-of-m1' ? '<Order/>' : undefined);

test('before the first persistence point nothing is saved, and the activating message waits', () => {
  const store = storeOf(begun);
  assert.deepEqual(partsOf(store, instanceOf(store), bodyOf), {
    position: { saved: [], atRisk: [] },
    messages: [],
    subscriptions: [],
    queue: [{ entry: 'e1', message: 'm1', messageType: 'urn:o#Order', receive: 'Receive order' }],
    timers: [],
    retries: [],
  });
});

test('position, messages, subscriptions, queue and timers; also from a store rebuilt from its records', () => {
  const records = [...begun, commit, delivered(2)];
  const store = storeOf(records);
  const instance = instanceOf(store);
  const parts = partsOf(store, instance, bodyOf);
  assert.deepEqual(parts, {
    position: { saved: [3, 5], atRisk: [] },
    messages: [
      { name: 'Order', id: 'm1', type: 'urn:o#Order', body: '<Order/>', cut: false, properties: { Id: 17 } },
      { name: 'Request', id: null, type: null, body: '<Request/>', cut: false, properties: { RequestId: 'i' } },
      { name: 'Gone', id: 'm0', type: null, body: null, cut: false, properties: {} },
    ],
    subscriptions: [{ id: '3', receive: 'Receive reply', filter: FILTER }],
    queue: [{ entry: 'e2', message: 'n2', messageType: 'Reply', receive: 'Receive reply' }],
    timers: [{ timer: '5.1', kind: 'delay', shape: 'Wait', number: 5, due: '1970-01-01T00:00:09.000Z' }],
    retries: [],
  });
  const replayed = emptyState();
  for (const [index, record] of records.entries()) apply(replayed, structuredClone(record), index + 1);
  const rebuilt = new Store(replayed, { append: () => 1 }, { monotonic: () => 0, wall: () => 0 }, () => undefined);
  assert.deepEqual(partsOf(rebuilt, instanceOf(rebuilt), bodyOf), parts);
  const timers = [{ id: '5.2', due: 8000 }];
  store.holdings.noteProgress(instance, {
    trace: [
      [3, 0],
      [5, 4],
    ],
    timers,
  });
  const now = partsOf(store, instance, bodyOf);
  assert.deepEqual(now.position, { saved: [3, 5], atRisk: [3, 5] });
  assert.deepEqual(
    now.timers.map(({ timer, due }) => [timer, due]),
    [
      ['5.2', '1970-01-01T00:00:08.000Z'],
      ['5.1', '1970-01-01T00:00:09.000Z'],
    ],
  );
});

test('a timer is there once while it runs, and in the queue when it has fired', () => {
  const durable = { ...commit, timers: [{ id: '5.1', due: 9000 }], outcome: 'idle' as const, waits: ['3', '5.1'] };
  const running = storeOf([...begun, durable]);
  assert.deepEqual(partsOf(running, instanceOf(running), bodyOf).timers, [
    { timer: '5.1', kind: 'delay', shape: 'Wait', number: 5, due: '1970-01-01T00:00:09.000Z' },
  ]);
  const fired = storeOf([...begun, durable, { kind: 'timer', at: 9000, instance: 'i', timer: '5.1', entry: 't1' }]);
  const { timers, queue } = partsOf(fired, instanceOf(fired), bodyOf);
  assert.deepEqual(timers, []);
  assert.deepEqual(queue, [{ entry: 't1', message: null, messageType: null, receive: 'Wait' }]);
});

test('what is shown is bounded: long bodies are cut and say so, long queues end', () => {
  const store = storeOf([...begun, commit, ...Array.from({ length: 300 }, (_, index) => delivered(index + 2))]);
  const long = 'x'.repeat(SHOWN_BODY_CHARACTERS);
  const order = (body: string) => partsOf(store, instanceOf(store), () => body).messages[0];
  assert.deepEqual([order(long)?.body === long, order(long)?.cut], [true, false]);
  assert.deepEqual([order(`${long}y`)?.body === long, order(`${long}y`)?.cut], [true, true]);
  const { queue } = partsOf(store, instanceOf(store), bodyOf);
  assert.deepEqual([queue.length, queue[0]?.entry], [200, 'e2']);
});

test('the saved state of a port has another form and is not read', () => {
  const records = structuredClone(begun);
  const [, submit] = records;
  assert.ok(submit?.kind === 'submit');
  const to = [{ instance: 'i', entry: 'e1', subscription: '0', service: 'Port', subscribe: [] }];
  const store = storeOf([
    ...records.slice(0, 1),
    { ...submit, message: { ...submit.message, to } },
    { ...commit, state: '{"attempts":2}', subscribe: [], timers: [{ id: 'retry', due: 5000 }], outcome: 'idle', waits: ['retry'] },
  ]);
  const { position, messages, timers } = partsOf(store, instanceOf(store), bodyOf);
  assert.deepEqual({ position, messages }, { position: { saved: [], atRisk: [] }, messages: [] });
  assert.deepEqual(timers, [{ timer: 'retry', kind: 'delay', shape: '', number: -1, due: '1970-01-01T00:00:05.000Z' }]);
});

test('times beyond the last date are shown as the last date', () => {
  const timers = [
    { id: '5.1', due: Number.MAX_SAFE_INTEGER },
    { id: '5.2', due: -Infinity },
  ];
  const store = storeOf([...begun, { ...commit, timers, state: JSON.stringify({ t: [5], d: { 5: [1e300, '5.3', 0] } }) }]);
  assert.deepEqual(
    partsOf(store, instanceOf(store), bodyOf).timers.map(({ timer, due }) => [timer, due]),
    [
      ['5.1', '+275760-09-13T00:00:00.000Z'],
      ['5.2', '-271821-04-20T00:00:00.000Z'],
      ['5.3', '+275760-09-13T00:00:00.000Z'],
    ],
  );
});

test('a number of any length is shown with its digits', () => {
  const long = numberProperty('9007199254740993');
  const saved = JSON.stringify({ t: [3], m: { Request: { b: '<Request/>', p: { Id: long, Text: textProperty('\ufdd0') } } } });
  const filter = [[{ property: 'Id', operator: '==' as const, value: long }]];
  const store = storeOf([...begun, { ...commit, state: saved, subscribe: [{ id: '3', filter }] }]);
  const { messages, subscriptions } = partsOf(store, instanceOf(store), bodyOf);
  assert.deepEqual(messages[0]?.properties, { Id: '9007199254740993', Text: '\ufdd0' });
  assert.deepEqual(subscriptions[0]?.filter, [[{ property: 'Id', operator: '==', value: '9007199254740993' }]]);
});

const TRIP: Service = {
  ...ORDER,
  outline: [
    { kind: 'scope', name: 'Trip', parent: -1, transaction: 'longRunning' },
    { kind: 'call', name: 'House', parent: 0, orchestration: 'BookHouse' },
    { kind: 'scope', name: 'Pay', parent: 1, transaction: 'atomic' },
    { kind: 'send', name: 'Bill', parent: 2 },
  ],
};
const trip = (saved: object): JournalRecord[] => {
  const [, submit] = begun;
  assert.ok(submit);
  return [{ kind: 'enlist', at: 1, services: [TRIP] }, submit, { ...commit, subscribe: [], state: JSON.stringify(saved) }];
};

test('a time-out, that of a call and of the orchestration, the pause of an atomic scope and how often it ran in vain; messages of calls that run have the name of the call', () => {
  const d = { 0: [9000, '0.1', 0], 1: [9000, '1.3', 0], 2: [2000, '2.2', 1], 4: [9000, '4.4', 0] };
  const house = { m: { Request: { b: '<Request/>' } } };
  const store = storeOf(trip({ f: 3, t: [2], m: { Order: 'm1' }, s: { 1: [1, house] }, l: 1, d, r: { 2: 2 } }));
  const { timers, retries, messages } = partsOf(store, instanceOf(store), bodyOf);
  assert.deepEqual(
    timers.map(({ kind, shape, number }) => [kind, shape, number]),
    [
      ['timeout', 'Trip', 0],
      ['timeout', 'House', 1],
      ['retry', 'Pay', 2],
      ['timeout', 'Order', -1],
    ],
  );
  assert.deepEqual(retries, [{ scope: 2, times: 2 }]);
  assert.deepEqual(
    messages.map(({ name, body }) => [name, body]),
    [
      ['Order', '<Order/>'],
      ['House / Request', '<Request/>'],
    ],
  );
});

test('what ran in vain since the last persistence point counts as far as its owner told', () => {
  const store = storeOf(trip({ f: 3, t: [2], r: { 2: 2 } }));
  const told = (shapes: readonly number[], due?: number): unknown => {
    store.holdings.noteProgress(instanceOf(store), {
      trace: shapes.map((shape) => [shape, 0]),
      ...(due !== undefined && { timers: [{ id: '2.9', due }] }),
    });
    return partsOf(store, instanceOf(store), bodyOf).retries;
  };
  assert.deepEqual(told([2, 3]), [{ scope: 2, times: 2 }], 'it runs again now');
  assert.deepEqual(told([2, 3, 2, 3, 2]), [{ scope: 2, times: 4 }]);
  assert.deepEqual(told([2, 3, 2, 3], 9000), [{ scope: 2, times: 4 }], 'it pauses');
  assert.deepEqual(told([0], 9000), [{ scope: 2, times: 2 }], 'the pause is of before');
  const fresh = storeOf(trip({ f: 3, t: [2] }));
  fresh.holdings.noteProgress(instanceOf(fresh), { trace: [[2, 0]] });
  assert.deepEqual(partsOf(fresh, instanceOf(fresh), bodyOf).retries, []);
});
