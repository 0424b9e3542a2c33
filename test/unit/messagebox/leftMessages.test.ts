/**
 * Guarantee: an instance that ends while messages are there that were routed to it is Suspended (not resumable) with 0xC0C01B4C
 * (docs/behaviour.md, section 11), whatever ended it. It keeps these messages, and nothing else: it stands nowhere, waits for nothing and
 * takes nothing any more. Only terminating ends it, also after a restart.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orchestration, receivePort } from '../../../emulator/authoring/index.ts';
import { operate, type Operation } from '../../../emulator/messagebox/core/operations.ts';
import { fromSnapshot, snapshotFormat, toSnapshot } from '../../../emulator/messagebox/core/snapshotState.ts';
import type { Instance, Message } from '../../../emulator/messagebox/core/state.ts';
import { partsOf } from '../../../emulator/messagebox/view/instanceParts.ts';
import { queryInstances } from '../../../emulator/messagebox/view/instanceQuery.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { SHOWN_BODY_CHARACTERS } from '../../../emulator/messagebox/protocol/limits.ts';
import { lifted } from '../../../emulator/format.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { define, publish, type TestShapes } from '../engine/group.ts';
import { commitFrame, Core } from '../../faults/core.ts';
import { SmallHost } from './smallHost.ts';

const YEAR = 365 * 24 * 3_600_000;
const bodyOf = ({ body }: Message): string | undefined => body;
const more = (o: TestShapes, name: string) => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });
const again = (o: TestShapes, name: string) => o.receive(name, { port: 'In', message: 'In', follows: ['Key'] });

/** What of an instance nobody may see when it goes on nowhere, with its messages by the shape they were for. */
function kept({ store }: SmallHost, instance: Instance): Readonly<Record<string, string>> {
  const { position, subscriptions, timers, messages, queue } = partsOf(store, instance, bodyOf);
  assert.deepEqual({ position, subscriptions, timers }, { position: { saved: [], atRisk: [] }, subscriptions: [], timers: [] });
  assert.deepEqual(
    queue.map(({ message, messageType }) => [message, messageType]),
    messages.map(({ id, type }) => [id, type]),
  );
  for (const { type, body, cut, properties } of messages) {
    assert.deepEqual([type, cut, properties['key']], ['Note', false, 'k']);
    assert.match(body ?? '', /^\{"key":"k","amount":\d+\}$/);
  }
  return Object.fromEntries<string>(messages.map(({ name, id }) => [id ?? '', name] as const));
}

function operation({ core }: SmallHost, what: Operation, ...ids: string[]) {
  const { counts, refused } = atOnce(operate(core.messageBox, what, { ids }));
  return { counts, refused: refused[0]?.error };
}

/** Everything that is so of an instance which ended and left messages, however it ended; at the end it is terminated. */
function assertLeft(host: SmallHost, left: Readonly<Record<string, string>>, said = ''): void {
  const { id, lastCommit } = host.instance;
  const holds = (): void => {
    const { store, instance } = host;
    const count = Object.keys(left).length;
    const { state, error, pendingOperation } = summaryOf(store, instance);
    const message = `The instance ended without consuming all messages that were routed to it (0xC0C01B4C). Not consumed: ${String(count)}.`;
    assert.deepEqual([state, pendingOperation], ['Suspended (not resumable)', null]);
    assert.deepEqual(error, { code: 'orchestration.discardedMessages', message: message + said });
    assert.deepEqual(kept(host, instance), left);
    const { state: saved, waits, timers, holds: held, subscriptions } = instance;
    assert.deepEqual({ saved, waits, timers, held, subscriptions }, { saved: null, waits: [], timers: [], held: [], subscriptions: [] });
    assert.equal(store.countsOf(instance.service)['Suspended (not resumable)'], 1);
    const found = atOnce(queryInstances(store, { states: ['Suspended (not resumable)'] }, 0, 10));
    assert.deepEqual([found.total, found.counts['Suspended (not resumable)'], found.instances[0]?.id], [1, 1, id]);
    assert.equal(instance.lastCommit, lastCommit);
  };
  holds();
  // Nothing fires, runs or wakes it any more.
  const before = host.core.records.length;
  host.pass(YEAR);
  host.work();
  assert.deepEqual(
    host.core.records.slice(before).map(({ record }) => record.kind),
    [],
  );
  const refused = operation(host, 'resume', id).refused;
  assert.deepEqual([refused?.code, /scaled-out-hosts terminate /.test(refused?.next ?? '')], ['group.notResumable', true]);
  assert.equal(operation(host, 'suspend', id).refused?.code, 'group.operationNotAllowed');
  // What comes now is not for it.
  host.submit('More');
  holds();
  host.restart();
  holds();
  const { instance, store } = host;
  const read = fromSnapshot(lifted(snapshotFormat, 3, JSON.parse(JSON.stringify(toSnapshot(store.state, 1))), 'a file'));
  assert.deepEqual(read.instances.get(id), instance);
  assert.equal(operation(host, 'terminate', id).counts.done, 1);
  assert.equal(store.state.instances.has(id), false);
  for (const message of Object.keys(left)) assert.equal(store.state.messages.has(message), false, `${message} is gone with it`);
  assert.equal(store.countsOf(instance.service)['Suspended (not resumable)'], 0);
  assert.equal(store.state.finished.get(instance.service)?.terminated, 1);
}

test('the branch of a Listen that lost, though its message was there', () => {
  const host = new SmallHost(define((o) => [o.listen('both', [o.branch('one', [more(o, 'this')]), o.branch('two', [again(o, 'that')])])]));
  host.submit('In');
  host.work();
  assert.equal(host.instance.status, 'idle');
  host.submit('More');
  const left = host.submit('In');
  host.work();
  assertLeft(host, { [left]: 'that' });
});

test('a Listen that waited for a time too: its timer is no message, and does not fire', () => {
  const listen = (o: TestShapes) => o.listen('both', [o.branch('one', [more(o, 'this')]), o.branch('late', [o.delay('wait', 5000)])]);
  const ended = new SmallHost(define((o) => [listen(o)]));
  ended.submit('In');
  ended.work();
  ended.submit('More');
  ended.pass(6000);
  const { id, queue, service } = ended.instance;
  assert.equal(queue.length, 2, 'the message, and the timer that fired behind it');
  ended.work();
  assert.equal(ended.store.state.instances.has(id), false);
  assert.equal(ended.store.state.finished.get(service)?.completed, 1);
  const left = new SmallHost(define((o) => [listen(o)]));
  left.submit('In');
  left.work();
  left.submit('More');
  const second = left.submit('More');
  left.work();
  assertLeft(left, { [second]: 'this' });
});

test('a Terminate shape, with what it said', () => {
  const host = new SmallHost(define((o) => [o.delay('wait', 1000), o.terminate('stop', 'enough'), more(o, 'never')]));
  host.submit('In');
  host.work();
  const left = [host.submit('More'), host.submit('More')];
  host.pass(2000);
  host.work();
  assertLeft(host, Object.fromEntries(left.map((id) => [id, 'never'])), '\nenough');
});

test('a Terminate shape without anything left is only terminated', () => {
  const host = new SmallHost(define((o) => [o.terminate('stop', 'enough')]));
  host.submit('In');
  const { id, service } = host.instance;
  host.work();
  assert.equal(host.store.state.instances.has(id), false);
  assert.equal(host.store.state.finished.get(service)?.terminated, 1);
});

test('a scope whose time is over before its message comes', () => {
  const offer = define((o) => [
    o.scope('offer', { longRunning: true, timeout: 5000, handlers: [o.handler('late', 'TimeoutException', [])] }, [more(o, 'answer')]),
  ]);
  const host = new SmallHost(offer);
  host.submit('In');
  host.work();
  host.pass(6000);
  const left = host.submit('More');
  host.work();
  assertLeft(host, { [left]: 'answer' });
});

test('a parallel convoy: what comes between the last save and the end is its own, and is left', () => {
  const { messages, correlationSets } = define(() => []).definition;
  const [note] = Object.values(messages);
  assert.ok(note);
  const convoy = compile(
    orchestration(
      'Convoy',
      {
        messages: { One: note, Two: note },
        correlationSets: { Key: Object.values(correlationSets)[0] ?? [] },
        ports: { In: receivePort(), More: receivePort() },
      },
      (o) => [
        o.parallel('both', [
          o.branch('one', [o.receive('one', { port: 'In', message: 'One', activate: true, initializes: ['Key'] })]),
          o.branch('two', [o.receive('two', { port: 'More', message: 'Two', activate: true, initializes: ['Key'] })]),
        ]),
      ],
    ),
  );
  const host = new SmallHost(convoy);
  host.submit('In');
  host.work();
  assert.equal(host.instance.status, 'idle');
  host.submit('More');
  // Granted, and not run yet.
  const left = host.submit('More');
  const { id } = host.instance;
  host.work();
  assert.equal(host.instance.id, id);
  const { service } = host.instance;
  assert.deepEqual(kept(host, host.instance), { [left]: 'two' });
  // From its end on the values belong to nobody: the next message of the convoy begins another instance.
  host.submit('More');
  assert.deepEqual([host.store.countsOf(service).Active, host.store.countsOf(service)['Suspended (not resumable)']], [1, 1]);
});

test('in one turn with the commit that ends it: what was routed before is left, what comes after is not', () => {
  const host = new SmallHost(define((o) => [o.delay('wait', 1000), o.listen('any', [o.branch('m', [more(o, 'more')])])]));
  host.submit('In');
  host.work();
  host.submit('More');
  const left = host.submit('More');
  host.pass(2000);
  host.work();
  const after = host.submit('More');
  assert.deepEqual(kept(host, host.instance), { [left]: 'more' });
  const routed = host.core.records.findLast(({ record }) => record.kind === 'submit');
  assert.ok(routed?.record.kind === 'submit' && routed.record.message.id === after);
  assert.deepEqual([routed.record.message.to, routed.record.suspended?.error.code], [[], 'message.routingFailure']);
});

test('what it sent itself with the commit that ends it is left too', () => {
  const host = new SmallHost(define((o) => [more(o, 'more'), ...publish(o, 'send')]));
  host.submit('In');
  host.work();
  const { instance, store } = host;
  // As if a Receive had subscribed to what it sends: the subscription is there until the end.
  const subscription = { id: '1', filter: [[{ property: 'BTS.SPName', operator: '==' as const, value: 'Out' }]], convoy: false };
  store.subscribers.add({ kind: 'instance', instance, subscription }, subscription.filter);
  host.submit('More');
  host.work();
  assert.equal(host.instance.status, 'suspendedNotResumable');
  assert.deepEqual(
    host.instance.queue.map(({ message }) => message),
    [`${instance.id}/${String(host.instance.version)}/0`],
  );
});

test('a second response for a two-way receive location that has its response', () => {
  const core = new Core();
  const { session, connection } = core.hello('h');
  let request = 0;
  const submit = (properties: Readonly<Record<string, string>>, twoWay = false): void => {
    const message = { type: 'T', properties, body: 'b' };
    const receiveId = `r${String(++request)}`;
    const wait = twoWay ? { twoWay: { timeoutMs: 5000 } } : {};
    core.messageBox.frame(session, { kind: 'submit', request, location: 'L', receiveId, message, ...wait });
  };
  submit({ Job: 'x' }, true);
  const { instance = '', lock = '' } = connection.last('submitted') ?? {};
  for (let response = 0; response < 2; response++) submit({ [BTS.correlationToken]: instance });
  const { store } = core.messageBox;
  const waiting = store.state.instances.get(instance);
  const [first, second] = waiting?.queue ?? [];
  assert.ok(waiting && first && second);
  const id = `${instance}#1@${lock}`;
  core.messageBox.frame(session, commitFrame({ id, instance, lock, base: 0, consumed: [first.id], outcome: 'completed' }));
  const { state, error } = summaryOf(store, waiting);
  assert.deepEqual([state, error?.code], ['Suspended (not resumable)', 'orchestration.discardedMessages']);
  const { messages, subscriptions, timers } = partsOf(store, waiting, bodyOf);
  assert.deepEqual([messages.map((message) => message.id), subscriptions, timers], [[second.message], [], []]);
});

test('an operator who terminates it takes its messages too, at its next save and also when that is its end', () => {
  const shapes = (o: TestShapes) => [o.scope('save', { longRunning: true }, [more(o, 'first')]), o.delay('never', YEAR)];
  for (const compiled of [define(shapes), define((o) => [more(o, 'first')])]) {
    const host = new SmallHost(compiled);
    host.submit('In');
    host.work();
    const messages = [host.submit('More'), host.submit('More'), host.submit('More')];
    const { id, service } = host.instance;
    assert.deepEqual(operation(host, 'terminate', id).counts, { done: 0, pending: 1, refused: 0 });
    host.work();
    assert.equal(host.store.state.instances.has(id), false);
    for (const message of messages) assert.equal(host.store.state.messages.has(message), false);
    assert.deepEqual(host.store.state.finished.get(service), { completed: 0, terminated: 1 });
  }
});

test('one that an operator wanted suspended ends all the same', () => {
  const host = new SmallHost(define((o) => [more(o, 'first')]));
  host.submit('In');
  host.work();
  host.submit('More');
  const left = host.submit('More');
  assert.equal(operation(host, 'suspend', host.instance.id).counts.pending, 1);
  host.work();
  assertLeft(host, { [left]: 'first' });
});

test('a folder from before: what was "discarded" is what it would be today', () => {
  const host = new SmallHost(define((o) => [more(o, 'first')]));
  host.submit('In');
  host.work();
  host.submit('More');
  host.submit('More');
  host.work();
  const { instance } = host;
  const before = {
    ...instance,
    ...{ status: 'discarded', state: { t: [1] }, waits: ['1'], timers: [{ id: '1.1', due: 5 }] },
    queue: [{ id: 't', subscription: '1.1', timer: '1.1' }, ...instance.queue],
  };
  const snapshot = { ...toSnapshot(host.store.state, 1), instances: [before] };
  for (const version of [2, 3]) {
    const read = fromSnapshot(lifted(snapshotFormat, version, JSON.parse(JSON.stringify(snapshot)), 'a file'));
    assert.deepEqual(read.instances.get(instance.id), instance);
  }
});

test('of many messages it keeps the first are shown, and of their bodies together so much', () => {
  const host = new SmallHost(define((o) => [more(o, 'first')]));
  host.submit('In');
  host.work();
  for (let count = 0; count < 302; count++) host.submit('More');
  host.work();
  const { store, instance } = host;
  let read = 0;
  const { messages } = partsOf(store, instance, () => {
    read++;
    return 'x'.repeat(SHOWN_BODY_CHARACTERS + 1);
  });
  assert.equal(messages.length, 200);
  assert.equal(read, 4, 'a body that is not shown is not looked for');
  assert.deepEqual(
    messages.slice(0, 6).map(({ body, cut }) => [body?.length, cut]),
    [...Array.from({ length: 4 }, () => [SHOWN_BODY_CHARACTERS, true]), [0, true], [0, true]],
  );
  assert.match(instance.error?.message ?? '', /Not consumed: 301\./);
});
