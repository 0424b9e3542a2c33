/** States of service instances and the operations on them (docs/behaviour.md, section 12). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { operate, type Operation } from '../../../emulator/messagebox/core/operations.ts';
import { summaryOf } from '../../../emulator/messagebox/view/summaries.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { define, fail, send } from '../../unit/engine/trip.ts';
import { SmallHost } from '../../unit/messagebox/smallHost.ts';

const waiting = define((o) => [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]);

/** How an instance comes into a state. */
const into = {
  'Ready to run': (host) => {
    host.submit('In');
    host.stop();
  },
  Active: (host) => void host.submit('In'),
  Dehydrated: (host) => {
    host.submit('In');
    host.work();
  },
  'Suspended (resumable)': (host) => {
    into.Dehydrated(host);
    on(host, 'suspend');
  },
  'Suspended (not resumable)': (host) => {
    into.Dehydrated(host);
    host.submit('More');
    host.submit('More');
    host.work();
  },
  'Active, suspend pending': (host) => {
    into.Active(host);
    on(host, 'suspend');
  },
  'Active, terminate pending': (host) => {
    into.Active(host);
    on(host, 'terminate');
  },
} satisfies Readonly<Record<string, (host: SmallHost) => void>>;

/** What comes of an operation: the state it leads to at once, or why not. */
const transitions: Readonly<Record<keyof typeof into, Readonly<Record<Operation, string>>>> = {
  'Ready to run': { suspend: 'Suspended (resumable)', resume: 'refused', terminate: 'Terminated' },
  Active: { suspend: 'Active, suspend pending', resume: 'refused', terminate: 'Active, terminate pending' },
  Dehydrated: { suspend: 'Suspended (resumable)', resume: 'refused', terminate: 'Terminated' },
  'Suspended (resumable)': { suspend: 'refused', resume: 'Active', terminate: 'Terminated' },
  'Suspended (not resumable)': { suspend: 'refused', resume: 'refused', terminate: 'Terminated' },
  'Active, suspend pending': { suspend: 'refused', resume: 'refused', terminate: 'refused' },
  'Active, terminate pending': { suspend: 'refused', resume: 'refused', terminate: 'refused' },
};

/** @returns true when it was refused */
function on({ core, instance }: SmallHost, operation: Operation): boolean {
  const { counts } = atOnce(operate(core.messageBox, operation, { ids: [instance.id] }));
  core.messageBox.settle();
  return counts.refused > 0;
}

function stateOf({ store }: SmallHost): string {
  const instance = [...store.state.instances.values()].find(({ kind }) => kind === 'orchestration');
  if (instance === undefined)
    return [...store.state.finished.values()].some(({ terminated }) => terminated > 0) ? 'Terminated' : 'Completed';
  const { state, pendingOperation } = summaryOf(store, instance);
  return pendingOperation === null ? state : `${state}, ${pendingOperation} pending`;
}

function hostIn(state: keyof typeof into): SmallHost {
  const host = new SmallHost(waiting);
  into[state](host);
  assert.equal(stateOf(host), state);
  return host;
}

/** What a state is after a restart of everything; what was active has run to its wait, where a pending operation is applied. */
function lasting(state: string): string {
  const ran: Readonly<Record<string, string>> = {
    'Ready to run': 'Active',
    Active: 'Dehydrated',
    'Active, suspend pending': 'Suspended (resumable)',
    'Active, terminate pending': 'Terminated',
  };
  return ran[state] ?? state;
}

test('every operation in every state, also after a restart', () => {
  // Sources: service-instance-states, tr:msbts-serviceinstance-pendingoperation-property-wmi.
  for (const state of Object.keys(into) as (keyof typeof into)[]) {
    for (const operation of ['suspend', 'resume', 'terminate'] as const) {
      const host = hostIn(state);
      const refused = on(host, operation);
      const expected = transitions[state][operation];
      const now = expected === 'refused' ? state : expected;
      assert.deepEqual([refused, stateOf(host)], [expected === 'refused', now], `${state}: ${operation}`);
      host.restart();
      if (now.startsWith('Active')) host.work();
      assert.equal(stateOf(host), lasting(now), `${state}: ${operation}, and a restart`);
    }
  }
});

test('a pending operation is applied at the next persistence point, be that the one where it leaves memory', () => {
  // Sources: service-instance-states, MSB asiatech 2009-11-24.
  for (const [pending, then] of [
    ['Active, suspend pending', 'Suspended (resumable)'],
    ['Active, terminate pending', 'Terminated'],
  ] as const) {
    const host = hostIn(pending);
    host.work();
    assert.equal(stateOf(host), then);
  }
});

test('a pending operation whose host instance is lost is applied at once', () => {
  // Source: service-instance-states.
  for (const [pending, then] of [
    ['Active, suspend pending', 'Suspended (resumable)'],
    ['Active, terminate pending', 'Terminated'],
  ] as const) {
    const host = hostIn(pending);
    host.stop();
    assert.equal(stateOf(host), then);
  }
});

test('a suspended instance: what comes for it waits, also over a restart; resumed it goes on from its last save and takes it', () => {
  // Sources: how-to-suspend-resume-and-terminate-orchestration-instances, KB 918443.
  const host = hostIn('Suspended (resumable)');
  host.submit('More');
  host.restart();
  host.work();
  assert.deepEqual([stateOf(host), host.instance.queue.length], ['Suspended (resumable)', 1]);
  on(host, 'resume');
  host.work();
  assert.equal(stateOf(host), 'Completed');
});

test('an instance that failed is resumed from its last save, and may fail again', () => {
  // Source: KB 918443.
  const host = new SmallHost(define((o) => [send(o, 'one'), fail(o, 'fail')]));
  host.enlist('Out');
  host.submit('In');
  for (const commits of [2, 3]) {
    host.work();
    const { state, error } = summaryOf(host.store, host.instance);
    assert.deepEqual([state, error?.code, host.instance.version], ['Suspended (resumable)', 'orchestration.uncaught', commits]);
    on(host, 'resume');
  }
  const published = host.core.records.filter(({ record }) => record.kind === 'commit' && (record.published ?? []).length > 0);
  assert.equal(published.length, 1, 'what was sent before is not sent again');
});

test('terminating deletes an instance with its messages, except those that others refer to', () => {
  // Source: how-to-suspend-resume-and-terminate-orchestration-instances.
  const host = hostIn('Suspended (resumable)');
  const own = host.submit('More');
  assert.equal(host.store.state.messages.has(own), true);
  on(host, 'terminate');
  assert.equal(stateOf(host), 'Terminated');
  assert.equal(host.store.state.messages.has(own), false);

  const sending = new SmallHost(define((o) => [send(o, 'one'), o.delay('wait', 1000)]));
  sending.enlist('Out');
  sending.submit('In');
  sending.work();
  assert.equal(stateOf(sending), 'Dehydrated');
  on(sending, 'terminate');
  const port = [...sending.store.state.instances.values()].find(({ kind }) => kind === 'sendPort');
  assert.ok(sending.store.state.messages.has(port?.queue[0]?.message ?? ''), 'the send port still has its message');
});
