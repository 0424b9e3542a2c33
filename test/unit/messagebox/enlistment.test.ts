/**
 * Guarantee: activations follow what this start of the group has. A version that is there again takes the work again, what left the group
 * file takes none, what ran nothing goes over to the version of now, and what waits for a version that nobody has says so. All of it
 * survives a restart of the MessageBox.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceSummary } from '../../../emulator/control/instances.ts';
import type { OrchestrationStatus } from '../../../emulator/control/status.ts';
import { apply } from '../../../emulator/messagebox/core/apply.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import { lifted } from '../../../emulator/format.ts';
import { recordFormat } from '../../../emulator/messagebox/core/recordFormat.ts';
import { fromSnapshot, snapshotFormat, toSnapshot } from '../../../emulator/messagebox/core/snapshotState.ts';
import { emptyState, type Instance } from '../../../emulator/messagebox/core/state.ts';
import type { Service } from '../../../emulator/messagebox/protocol/frames.ts';
import type { NamedService } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { Reports } from '../../../emulator/messagebox/view/reports.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { commitFrame, Core, type FakeConnection, JOB } from '../../faults/core.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';

type Peer = { readonly session: Session; readonly connection: FakeConnection };

const named = (name: string, kind: NamedService['kind'] = 'orchestration'): NamedService => ({ kind, name, host: 'H' });
/** Version of an orchestration that messages with this property activate. */
function version(id: string, part: Partial<Service> = {}): Service {
  const [name = ''] = id.split('@');
  const filter = [[{ property: name, operator: 'exists' as const }]];
  return { ...JOB, id, name, activations: [{ id: '0', filter, follows: [] }], ...part };
}
const port = (name: string): Service => ({ ...version(name), kind: 'sendPort', activations: version(name).activations });
const location = (name: string): Service => ({ ...version(`${name}@receive`), kind: 'receiveLocation', activations: [] });

class Group {
  readonly core = new Core();
  #receiveIds = 0;

  get store() {
    return this.core.messageBox.store;
  }

  /** A start of the group with this group file, and one host instance that has loaded these. */
  start(file: readonly NamedService[], ...services: readonly Service[]): Peer {
    this.core.restart();
    this.core.messageBox.supervise(file, ['H'], []);
    return this.hello('P@A', services);
  }

  hello(name: string, services: readonly Service[], again = false): Peer {
    const peer = this.core.hello(name, [], 1, { services, ...(again ? { again } : {}) });
    this.core.messageBox.settle();
    return peer;
  }

  /** Hands in a message and gives the instances it came to. */
  submit({ session }: Peer, properties: Readonly<Record<string, string>>): string[] {
    const before = this.store.state.instances.size;
    const receiveId = `r${String(++this.#receiveIds)}`;
    const message = { type: 'T', properties, body: '' };
    this.core.messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId, message });
    this.core.messageBox.settle();
    return [...this.store.state.instances.keys()].slice(before);
  }

  pull({ session, connection }: Peer, credit = 10): string[] {
    const granted = connection.frames.length;
    this.core.messageBox.frame(session, { kind: 'pull', credit });
    this.core.messageBox.settle();
    return connection.frames
      .slice(granted)
      .flatMap((frame) => (frame.kind === 'grant' ? frame.instances.map(({ instance }) => instance) : []));
  }

  /** Saves an instance as one that waits. */
  dehydrate(peer: Peer, id: string): void {
    const instance = this.instance(id);
    const lock = this.store.holdings.grantOf(instance)?.lock ?? '';
    const consumed = instance.queue.map((entry) => entry.id);
    const frame = { id: `${id}#1@${lock}`, instance: id, lock, base: 0, state: '{"t":[1]}', consumed, outcome: 'idle' as const };
    this.core.messageBox.frame(peer.session, commitFrame({ ...frame, waits: ['1'] }));
  }

  instance(id: string): Instance {
    const found = this.store.state.instances.get(id);
    assert.ok(found, id);
    return found;
  }

  pinned(id: string): string {
    return this.instance(id).service;
  }

  summary(id: string): InstanceSummary {
    return summaryOf(this.store, this.instance(id));
  }

  status(name: string, kind: NamedService['kind'] = 'orchestration'): OrchestrationStatus | undefined {
    return this.report().services.find((service) => service.name === name && service.kind === kind);
  }

  report() {
    return new Reports(this.core.messageBox, () => ({ journalBytes: 0 })).status();
  }

  operate(operation: 'suspend' | 'resume', id: string): void {
    atOnce(operate(this.core.messageBox, operation, { ids: [id] }));
    this.core.messageBox.settle();
  }
}

test('an edit that is undone: the version that was there before takes the work again', () => {
  const group = new Group();
  const file = [named('Order')];
  const pinnedIn = (service: Service): string => {
    const peer = group.start(file, service);
    const [id = ''] = group.submit(peer, { Order: '1' });
    return group.pinned(id);
  };
  for (const id of ['Order@1', 'Order@2', 'Order@1', 'Order@2', 'Order@2', 'Order@1']) assert.equal(pinnedIn(version(id)), id);
  // The same is known from the journal alone.
  group.core.restart();
  assert.equal(group.store.state.enlisted.get('orchestration Order'), 'Order@1');
});

test('who only reconnects has loaded nothing new; who starts has', () => {
  const group = new Group();
  const older = group.start([named('Order')], version('Order@1'));
  group.hello('P@B', [version('Order@2')]);
  const back = group.hello('P@A', [version('Order@1')], true);
  assert.equal(group.pinned(group.submit(back, { Order: '1' })[0] ?? ''), 'Order@2');
  // All come back to a MessageBox that was restarted, the older one last.
  group.core.restart();
  group.hello('P@B', [version('Order@2')], true);
  const last = group.hello('P@A', [version('Order@1')], true);
  assert.equal(group.pinned(group.submit(last, { Order: '2' })[0] ?? ''), 'Order@2');
  // Its process starts again, with the edit undone.
  assert.equal(group.pinned(group.submit(group.hello('P@A', [version('Order@1')]), { Order: '3' })[0] ?? ''), 'Order@1');
  assert.ok(older.connection.closed);
});

test('what the group file does not have any more takes no message; its instances wait, and go on when it is there again', () => {
  const group = new Group();
  const all = [named('Order'), named('Bill'), named('Out', 'sendPort')];
  const services = [version('Order@1'), version('Bill@1'), port('Out')];
  const first = group.start(all, ...services);
  const [bill = ''] = group.submit(first, { Bill: '1' });
  const [out = ''] = group.submit(first, { Out: '1' });

  const second = group.start([named('Order')], version('Order@1'));
  for (const name of ['Bill', 'Out']) {
    const [kept = ''] = group.submit(second, { [name]: '2' });
    assert.equal(group.summary(kept).error?.code, 'message.routingFailure', name);
  }
  assert.equal(group.summary(bill).state, 'Waits for version');
  assert.deepEqual(
    [group.summary(bill).version, group.summary(out).state, group.summary(out).version],
    ['1', 'Waits for version', undefined],
  );
  assert.deepEqual([group.status('Bill')?.enlisted, group.status('Bill')?.waiting], [false, [{ version: '1', instances: 1 }]]);
  assert.deepEqual(group.status('Out', 'sendPort')?.waiting, [{ instances: 1 }]);
  assert.equal(group.report().status.counts['Waits for version'], 2);

  const third = group.start(all, ...services);
  assert.deepEqual([group.summary(bill).state, group.summary(out).state], ['Ready to run', 'Ready to run']);
  assert.deepEqual(group.pull(third).sort(), [bill, out].sort());
  assert.equal(group.status('Bill')?.waiting, undefined);
});

test('a version is missed while a host instance with another one is there, not while none is', () => {
  const group = new Group();
  const file = [named('Order')];
  const first = group.start(file, version('Order@1'));
  const [id = ''] = group.submit(first, { Order: '1' });
  group.pull(first);
  group.dehydrate(first, id);
  assert.equal(group.summary(id).state, 'Dehydrated');

  const second = group.start(file, version('Order@2'));
  assert.equal(group.summary(id).state, 'Waits for version');
  assert.equal(group.status('Order')?.counts['Waits for version'], 1);
  assert.equal(group.status('Order')?.counts.Dehydrated, 0);
  group.core.messageBox.frame(second.session, { kind: 'bye' });
  assert.equal(group.summary(id).state, 'Dehydrated');
  // One with the older version comes back while one with the newer is there.
  group.hello('P@A', [version('Order@2')]);
  const old = group.hello('P@B', [version('Order@1')]);
  assert.equal(group.summary(id).state, 'Dehydrated');
  // Now the older is the last that was loaded; the newer one's turn to be missed.
  const [newer = ''] = group.submit(group.hello('P@A', [version('Order@2')]), { Order: '2' });
  assert.equal(group.pinned(newer), 'Order@2');
  group.core.messageBox.closed(group.core.messageBox.sessions.of('P@A') ?? old.session);
  assert.equal(group.summary(newer).state, 'Waits for version');
});

test('watchers are told of the instances whose version has gone or come', () => {
  const group = new Group();
  const file = [named('Order')];
  const first = group.start(file, version('Order@1'));
  const ids = [1, 2, 3].map((number) => group.submit(first, { Order: String(number) })[0] ?? '');
  group.pull(first);
  for (const id of ids) group.dehydrate(first, id);
  group.core.restart();
  group.core.messageBox.supervise(file, ['H'], []);
  const told: string[] = [];
  const nothing = (): undefined => undefined;
  const instanceChanged = (instance: Instance): void => void told.push(`${instance.id} ${group.store.stateOf(instance)}`);
  group.store.watcher = { instanceChanged, instanceGone: nothing, ownerLost: nothing, suspended: nothing };
  const peer = group.hello('P@A', [version('Order@2')]);
  assert.deepEqual(
    told.splice(0),
    ids.map((id) => `${id} Waits for version`),
  );
  group.core.messageBox.frame(peer.session, { kind: 'bye' });
  assert.deepEqual(
    told.splice(0),
    ids.map((id) => `${id} Dehydrated`),
  );
});

test('what ran nothing goes over to the version of now: ready, held by who died, or suspended and resumed', () => {
  const group = new Group();
  const file = [named('Order')];
  const first = group.start(file, version('Order@1'));
  const [ready = '', suspended = '', held = '', begun = ''] = [1, 2, 3, 4].flatMap((number) =>
    group.submit(first, { Order: String(number) }),
  );
  group.operate('suspend', ready);
  group.operate('suspend', suspended);
  assert.deepEqual(group.pull(first, 2), [held, begun]);
  group.dehydrate(first, begun);
  group.operate('resume', ready);

  const second = group.start(
    file,
    version('Order@2', { activations: version('Order@2').activations.map((activation) => ({ ...activation, id: '7' })) }),
  );
  assert.deepEqual(
    [ready, held, begun].map((id) => group.pinned(id)),
    ['Order@2', 'Order@2', 'Order@1'],
  );
  assert.equal(group.instance(ready).queue[0]?.subscription, '7');
  assert.equal(group.pinned(suspended), 'Order@1');
  group.operate('resume', suspended);
  assert.equal(group.pinned(suspended), 'Order@2');
  assert.deepEqual(group.pull(second).sort(), [ready, suspended, held].sort());
  assert.equal(group.summary(begun).state, 'Waits for version');
  const moves = group.core.records.flatMap(({ record }) => (record.kind === 'move' ? [record.instance] : []));
  assert.deepEqual([...moves].sort(), [ready, suspended, held].sort());
});

test('who still holds it in the version of before does not get it back', () => {
  const group = new Group();
  const first = group.start([named('Order')], version('Order@1'));
  const [id = ''] = group.submit(first, { Order: '1' });
  assert.deepEqual(group.pull(first), [id]);
  group.core.restart();
  group.core.messageBox.supervise([named('Order')], ['H'], []);
  group.hello('P@B', [version('Order@2')]);
  assert.equal(group.pinned(id), 'Order@2');
  const { connection } = group.core.hello('P@A', [{ instance: id, version: 0 }], 1, { services: [version('Order@1')], again: true });
  assert.deepEqual(connection.last('welcome')?.resumed, []);
});

test('an instance with a convoy goes over with its subscriptions and all that waits; one that would not be reached there stays', () => {
  const follows = (id: string, property: string) => [
    { id, filter: [[{ property: 'Kind', operator: '==' as const, value: 'more' }]], correlation: [property] },
  ];
  const convoy = (id: string, receive: string, property = 'Key'): Service =>
    version(id, {
      activations: [{ id: '0', filter: [[{ property: 'Kind', operator: '==', value: 'first' }]], follows: follows(receive, property) }],
    });
  const group = new Group();
  const file = [named('Order')];
  const first = group.start(file, convoy('Order@1', '3'));
  const [a = ''] = group.submit(first, { Kind: 'first', Key: 'a' });
  const [b = ''] = group.submit(first, { Kind: 'first', Key: 'b' });
  group.submit(first, { Kind: 'more', Key: 'a' });
  const second = group.start(file, convoy('Order@2', '5'));
  assert.deepEqual([group.pinned(a), group.pinned(b)], ['Order@2', 'Order@2']);
  assert.deepEqual(
    group.instance(a).queue.map(({ subscription }) => subscription),
    ['0', '5'],
  );
  assert.deepEqual(
    group.instance(a).subscriptions.map(({ id }) => id),
    ['5'],
  );
  group.submit(second, { Kind: 'more', Key: 'b' });
  assert.deepEqual(
    group.instance(b).queue.map(({ subscription }) => subscription),
    ['0', '5'],
  );
  // In this one the second message would not have come to the instance: it stays where it is, and says what it waits for.
  const third = group.start(file, convoy('Order@3', '5', 'Other'));
  assert.deepEqual([group.pinned(a), group.summary(a).state], ['Order@2', 'Waits for version']);
  group.submit(third, { Kind: 'more', Key: 'a' });
  assert.equal(group.instance(a).queue.length, 3);
  // It is not tried again and again, and is still there when its version is.
  group.start(file, convoy('Order@2', '5'));
  assert.equal(group.summary(a).state, 'Ready to run');
});

test('a name may be that of an orchestration, a send port and a receive location at once', () => {
  const [one, two, three] = [version('Orders@1'), port('Orders'), location('Orders')];
  const orders = [
    [one, two, three],
    [three, two, one],
    [two, three, one],
  ];
  for (const order of orders) {
    const group = new Group();
    const peer = group.start([named('Orders'), named('Orders', 'sendPort'), named('Orders', 'receiveLocation')], ...order);
    const came = group.submit(peer, { Orders: '1' }).map((id) => group.instance(id));
    assert.deepEqual(came.map(({ kind }) => kind).sort(), ['orchestration', 'sendPort']);
    assert.equal(group.pull(peer).length, 2);
    assert.deepEqual(
      group.report().services.map(({ kind, enlisted }) => [kind, enlisted]),
      [
        ['orchestration', true],
        ['sendPort', true],
        ['receiveLocation', true],
      ],
    );
  }
});

test('receive locations start when what can be there has announced itself in this start, and hear of new message types', () => {
  const group = new Group();
  const types = [{ name: 'T', format: 'json' as const, namespaces: {}, promoted: {}, distinguished: {} }];
  const file: NamedService[] = [named('Order'), { ...named('Broken'), host: 'Other' }, named('In', 'receiveLocation')];
  group.start(file, version('Order@1'));
  group.core.messageBox.enlistment.expect(['H', 'Other']);
  // A second start: both were enlisted before, and nothing of now is known of them.
  group.core.restart();
  group.core.messageBox.supervise(file, ['H', 'Other'], []);
  const receiving = group.hello('R@A', [location('In')]);
  assert.equal(receiving.connection.last('receive'), undefined);
  group.hello('P@A', [version('Order@1', { messageTypes: types })]);
  assert.equal(receiving.connection.last('receive'), undefined, 'the other host may still come');
  group.core.messageBox.enlistment.expect(['H']);
  assert.deepEqual(receiving.connection.last('receive')?.messageTypes, { Order: types });
  group.hello('P@A', [version('Order@2', { messageTypes: [] })]);
  assert.deepEqual(receiving.connection.last('receive')?.messageTypes, { Order: [] });
  // A host instance that comes later hears it at once.
  assert.ok(group.hello('R@B', [location('In')]).connection.last('receive')?.enabled);
});

test('an id of before is as good as the id of now', () => {
  const group = new Group();
  const first = group.start([named('Order')], version('Order@old'));
  const [id = ''] = group.submit(first, { Order: '1' });
  group.pull(first);
  group.dehydrate(first, id);
  const second = group.start([named('Order')], version('Order@new', { aliases: ['Order@old'] }));
  assert.equal(group.summary(id).state, 'Dehydrated');
  group.instance(id).status = 'ready';
  group.store.enqueue(group.instance(id));
  assert.deepEqual(group.pull(second), [id]);
  assert.equal(group.pinned(group.submit(second, { Order: '2' })[0] ?? ''), 'Order@new');
});

test('a snapshot keeps what is enlisted; one of before is read as it was meant', () => {
  const group = new Group();
  group.start([named('Order'), named('Bill')], version('Order@1'), version('Bill@1'));
  group.start([named('Order')], version('Order@2'));
  group.start([named('Order')], version('Order@1'));
  const state = emptyState();
  for (const { record, sequence } of group.core.records) apply(state, record, sequence);
  const saved = JSON.parse(JSON.stringify(toSnapshot(state, state.sequence))) as ReturnType<typeof toSnapshot>;
  const reread = (format: number, content: unknown): unknown[] => [
    ...fromSnapshot(lifted(snapshotFormat, format, content, 'the snapshot')).enlisted,
  ];
  assert.deepEqual(reread(snapshotFormat.version, saved), [['orchestration Order', 'Order@1']]);
  const before: Partial<typeof saved> = { ...saved };
  Reflect.deleteProperty(before, 'enlisted');
  assert.deepEqual(reread(1, before), [
    ['orchestration Order', 'Order@2'],
    ['orchestration Bill', 'Bill@1'],
  ]);
});

test('what is written of all this is as the format of the journal says', () => {
  const group = new Group();
  const types = [
    { name: 'T', format: 'json' as const, namespaces: {}, promoted: { A: { path: '/a', type: 'decimal' as const } }, distinguished: {} },
  ];
  const first = group.start(
    [named('Order'), named('In', 'receiveLocation')],
    version('Order@1', { aliases: ['Order@0'], messageTypes: types }),
    location('In'),
  );
  group.submit(first, { Order: '1' });
  group.submit(first, { Nobody: '1' });
  group.start([named('Order')], version('Order@2'));
  const kinds = new Set<string>();
  for (const { record } of group.core.records) {
    kinds.add(record.kind);
    assert.deepEqual(lifted(recordFormat, recordFormat.version, JSON.parse(JSON.stringify(record)), 'the journal'), record);
  }
  for (const kind of ['enlist', 'unenlist', 'move', 'session', 'submit']) assert.ok(kinds.has(kind), kind);
});
