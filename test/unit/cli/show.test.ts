/** Guarantee: `show` tells the whole life of an instance, where it goes on and what it waits for; of what goes on nowhere, what it keeps. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { InstanceDetail } from '../../../emulator/control/instances.ts';
import { detail, FakeGroup } from './fakeGroup.ts';
import { type Ran, runCli } from './runCli.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-show-'));
});
after(() => rm(folder, { recursive: true }));

const cli = (args: readonly string[]): Promise<Ran> => runCli(folder, args, {});

test('show tells who ran which part, and what ran again', async () => {
  await using group = await FakeGroup.start({ show: () => detail });
  const { code, out } = await cli(['show', 'i1', '--data', group.folder]);
  assert.equal(code, 0);
  const lines = out.split('\n').map((line) => line.replace(/^ {2}[\d:.]+ {2}/, ''));
  assert.deepEqual(lines.slice(lines.indexOf('History:')), [
    'History:',
    'Activated by message m1 of type urn:o#Order',
    'Processing@A starts it',
    '* Processing@A reached persistence point 1: send',
    `${' '.repeat(16)}ran: Receive order`,
    `${' '.repeat(16)}consumed: m1`,
    `${' '.repeat(16)}"Send bill" sent i1/1/0 of type (untyped) to Bills`,
    'x Processing@A was lost: killed; persistence point 1 holds (attempt 1)',
    `${' '.repeat(16)}at risk, will run again: Book stock`,
    '> Processing@B takes over, from persistence point 1',
    '* Processing@B reached persistence point 2: end of the orchestration',
    `${' '.repeat(16)}ran again, because an owner was lost: Book stock`,
    `${' '.repeat(16)}It is complete.`,
    '',
    'Variables at the last persistence point:',
    '  total = 7',
    '',
  ]);
  assert.deepEqual(JSON.parse((await cli(['show', 'i1', '--json', '--data', group.folder])).out), detail);
});

test('show tells where a live instance goes on, and what it waits for', async () => {
  const live: InstanceDetail = {
    ...detail,
    state: 'Active',
    outline: [
      { kind: 'parallel', name: 'Both', parent: -1 },
      { kind: 'branch', name: 'Left', parent: 0 },
      { kind: 'receive', name: 'Reply', parent: 1 },
      { kind: 'delay', name: 'Pause', parent: 1 },
    ],
    position: { saved: [1, 2], atRisk: [2, 3] },
    subscriptions: [
      {
        id: '2',
        receive: 'Reply',
        filter: [
          [
            { property: 'Id', operator: '==', value: 17 },
            { property: 'P', operator: 'exists' },
          ],
        ],
      },
    ],
    queue: [{ entry: 'e', message: 'm', messageType: 'T', receive: 'Reply' }],
    timers: [{ timer: '3.1', kind: 'delay', shape: 'Pause', number: 3, due: detail.created }],
  };
  await using group = await FakeGroup.start({ show: () => live });
  const { out } = await cli(['show', 'i1', '--data', group.folder]);
  const lines = out.split('\n');
  assert.deepEqual(lines.slice(4, 9), [
    'After a loss it goes on at: the end of Left, Reply',
    'at risk, will run again: Reply, Pause',
    'Subscription of "Reply": Id == 17 AND P exists',
    'Waiting for it: Reply',
    `Timer of "Pause": ${new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' }).format(new Date(detail.created))}`,
  ]);
});

test('show tells which messages are kept by what goes on nowhere, and nothing of a position or of waits', async () => {
  const message = { id: 'm', name: 'Reply', type: 'T', body: '{}', cut: false, properties: {} };
  const kept: InstanceDetail = {
    ...detail,
    state: 'Suspended (not resumable)',
    error: { code: 'orchestration.discardedMessages', message: 'It left messages.\nenough' },
    messages: [message, { ...message, id: 'n', name: '', type: '' }],
    queue: [{ entry: 'e', message: 'm', messageType: 'T', receive: 'Reply' }],
  };
  await using group = await FakeGroup.start({ show: () => kept });
  const lines = (await cli(['show', 'i1', '--data', group.folder])).out.split('\n');
  assert.deepEqual(
    [lines[1], ...lines.slice(4, 10)],
    [
      'State: Suspended (not resumable)',
      'Error: It left messages.',
      '  enough',
      'Keeps message m of type T, which was for "Reply"',
      'Keeps message n of type (untyped)',
      '',
      'History:',
    ],
  );
  const chinese = (await cli(['show', 'i1', '--data', group.folder, '--lang', 'zh-cn'])).out;
  assert.match(chinese, /已挂起（不可恢复）[^]*保留类型为 T 的消息 m，原本发往“Reply”/);
});

test('show tells of scopes, calls and what they wait for: kinds, time-outs, retries, who started it and whom it starts', async () => {
  const [first, ...others] = detail.history;
  assert.ok(first?.kind === 'activated');
  const trip: InstanceDetail = {
    ...detail,
    state: 'Active',
    startedBy: 'p1',
    started: ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7'],
    outline: [
      { kind: 'scope', name: 'Trip', parent: -1, transaction: 'longRunning' },
      { kind: 'call', name: 'House', parent: 0, orchestration: 'BookHouse' },
      { kind: 'scope', name: 'Pay', parent: 1, transaction: 'atomic' },
      { kind: 'group', name: 'Both', parent: 2 },
      { kind: 'send', name: 'Pay hotel', parent: 3 },
      { kind: 'scope', name: 'Plain', parent: -1 },
      { kind: 'start', name: 'Bill', parent: 5, orchestration: 'Billing' },
    ],
    position: { saved: [4, 6], atRisk: [] },
    retries: [{ scope: 2, times: 3 }],
    timers: [
      { timer: '0.1', kind: 'timeout', shape: 'Trip', number: 0, due: detail.created },
      { timer: '2.4', kind: 'retry', shape: 'Pay', number: 2, due: detail.created },
    ],
    history: [
      { ...first, startedBy: 'p1' },
      ...others.map((event) =>
        event.kind === 'committed' && event.published.length > 0
          ? { ...event, published: event.published.map((sent) => ({ ...sent, shape: 'Bill', to: ['c1'], starts: true as const })) }
          : event,
      ),
    ],
  };
  await using group = await FakeGroup.start({ show: () => trip });
  const lines = (await cli(['show', 'i1', '--data', group.folder])).out.split('\n').map((line) => line.trim().replace(/^[\d:.]+ {2}/, ''));
  for (const line of [
    'Started by p1',
    'It started c1, c2, c3, c4, c5 and 2 more',
    'After a loss it goes on at: Trip / Pay / Pay hotel (in call House), Plain / Bill',
    'It is inside: Trip (long-running), House (call of BookHouse), Pay (atomic)',
    'Atomic scope "Pay" has run in vain: 3',
    '"Bill" started c1',
  ])
    assert.ok(lines.includes(line), `${line}\nin\n${lines.join('\n')}`);
  assert.ok(lines.some((line) => line.startsWith('Time-out of "Trip": ')));
  assert.ok(lines.some((line) => line.startsWith('Scope "Pay" runs again: ')));
  assert.equal(lines.filter((line) => line === 'Started by p1').length, 2, 'at the top and in the history');
  const chinese = (await cli(['show', 'i1', '--data', group.folder, '--lang', 'zh-cn'])).out;
  assert.match(chinese, /位于其中：Trip（长时间运行）、House（调用 BookHouse）、Pay（原子）/);
});
