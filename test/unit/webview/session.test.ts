/** The page asks for a snapshot exactly when it needs one, and every command ends: with an answer, an error, or the end of the connection. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedFrame } from '../../../emulator/control/commands.ts';
import { createPageBridge } from '../../../emulator/control/pageBridge.ts';
import {
  PAGE_VERSION,
  parseHostMessage,
  parsePageMessage,
  type HostMessage,
  type PageMessage,
} from '../../../emulator/control/pageProtocol.ts';
import type { CommandFailed } from '../../../webview/host/session.ts';
import { Session, type SessionState } from '../../../webview/host/session.ts';
import type { Transport, TransportEvents } from '../../../webview/host/transport.ts';
import { group, hostInstance, instance } from './group.ts';

const status = group([hostInstance('ProcessingHost@A')]);
const snapshot = (frame: number): FeedFrame => ({ kind: 'snapshot', frame, status, instances: [instance('a')], events: [] });

/** A session whose other end is the test. */
function scripted() {
  const sent: PageMessage[] = [];
  const logged: string[] = [];
  const states: SessionState[] = [];
  let events: TransportEvents | undefined;
  const transport: Transport = {
    connect: (given) => (events = given),
    send: (message) => sent.push(message),
    loadLayout: () => null,
    saveLayout: () => undefined,
  };
  const session = new Session({
    transport,
    now: () => 0,
    changed: (state) => states.push(state),
    useStrings: () => undefined,
    log: (text) => logged.push(text),
  });
  const say = (message: unknown): void => events?.received(message);
  const feed = (frame: FeedFrame): void => say({ kind: 'feed', frame } satisfies HostMessage);
  const readies = (): number => sent.filter(({ kind }) => kind === 'ready').length;
  const failing = async (): Promise<CommandFailed> =>
    session.command('killHostInstance', { name: 'P@A' }).then(
      () => assert.fail('the command should have failed'),
      (error: unknown) => error as CommandFailed,
    );
  return {
    session,
    sent,
    logged,
    states,
    say,
    feed,
    readies,
    failing,
    open: () => events?.opened(),
    close: () => events?.closed(),
    last: () => states.at(-1),
  };
}

const NO_PAST = {
  openRun: () => Promise.reject(new Error('nobody looks back')),
  exportRun: () => Promise.reject(new Error('nobody exports')),
};

test('ready once at the start, and once for each gap, however many frames follow it', () => {
  const { open, feed, readies, last } = scripted();
  open();
  feed(snapshot(3));
  feed({ kind: 'delta', frame: 4 });
  assert.equal(readies(), 1);
  for (const frame of [6, 7, 8]) feed({ kind: 'delta', frame });
  assert.equal(readies(), 2);
  feed(snapshot(9));
  feed({ kind: 'delta', frame: 10 });
  assert.deepEqual([readies(), last()?.model.frame, last()?.connection], [2, 10, 'connected']);
});

test('a host that says "connected" after each ready does not start a circle', () => {
  const { open, say, feed, readies } = scripted();
  open();
  for (let turn = 0; turn < 5; turn += 1) say({ kind: 'connection', state: 'connected' });
  feed(snapshot(1));
  say({ kind: 'connection', state: 'connected' });
  assert.equal(readies(), 1);
  say({ kind: 'connection', state: 'stopped' });
  say({ kind: 'connection', state: 'connected' });
  assert.equal(readies(), 2);
});

test('a page that is seen again asks for a snapshot', () => {
  const { open, feed, readies, session } = scripted();
  open();
  session.refresh();
  assert.equal(readies(), 1);
  feed(snapshot(1));
  session.refresh();
  assert.equal(readies(), 2);
});

test('answers find their requests, in any order', async () => {
  const { open, say, feed, sent, session } = scripted();
  open();
  feed(snapshot(1));
  const [first, second] = [session.command('show', { instance: 'a' }), session.command('failComputer', { name: 'A' })];
  assert.deepEqual(
    sent.flatMap((message) => (message.kind === 'command' ? [message.command] : [])),
    ['show', 'failComputer'],
  );
  say({ kind: 'response', id: 2, result: { killed: ['P@A'] } });
  say({ kind: 'response', id: 1, result: { id: 'a' } });
  assert.deepEqual(await Promise.all([first, second]), [{ id: 'a' }, { killed: ['P@A'] }]);
});

test('a refused command fails with the error, one that lost its connection with none', async () => {
  const { open, close, say, feed, failing, last } = scripted();
  open();
  feed(snapshot(1));
  const refused = failing();
  say({ kind: 'failure', id: 1, error: { code: 'group.unknownHostInstance', message: 'There is none.', next: 'Look.', parameters: {} } });
  assert.equal((await refused).error?.code, 'group.unknownHostInstance');
  const interrupted = failing();
  close();
  assert.equal((await interrupted).error, null);
  assert.equal((await failing()).error, null);
  assert.equal(last()?.connection, 'lost');
});

test('what is not understood is logged and changes nothing', () => {
  const { open, say, logged, states } = scripted();
  open();
  for (const nonsense of [
    null,
    7,
    '{',
    '{"kind":"feed"}',
    { kind: 'feed', frame: { kind: 'delta', frame: 1, events: {} } },
    { kind: 'other' },
  ])
    say(nonsense);
  assert.deepEqual([logged.length, states.length], [6, 0]);
});

test('a host of another version is told apart', () => {
  const { open, say, last } = scripted();
  open();
  say({ kind: 'strings', version: PAGE_VERSION + 1, locale: 'en', bundle: {} });
  assert.equal(last()?.connection, 'wrong version');
});

test('a page may give only the commands of its list, with arguments of their shape', () => {
  const command = (name: string, parameters: unknown): boolean =>
    parsePageMessage(JSON.stringify({ kind: 'command', id: 1, command: name, arguments: parameters })).ok;
  assert.ok(command('killHostInstance', { name: 'P@A' }));
  assert.ok(command('terminate', { filter: { ids: ['a'] } }));
  const refused: readonly [string, unknown][] = [
    ['stop', {}],
    ['submit', { location: 'x', files: [] }],
    ['workbench.action.quit', {}],
    ['__proto__', {}],
    ['toString', {}],
    ['killHostInstance', {}],
    ['killHostInstance', { name: 7 }],
    ['killHostInstance', { name: 'P@A', path: '/etc' }],
    ['suspend', { filter: { states: ['Unknown'] } }],
    ['instances', { limit: 1e9 }],
  ];
  for (const [name, parameters] of refused) assert.equal(command(name, parameters), false, name);
});

test('the source of a shape: the page names instance and number, and only a host with an editor says that it can', async () => {
  const parsed = (message: object): boolean => parsePageMessage({ kind: 'openSource', ...message }).ok;
  assert.ok(parsed({ instance: 'i', shape: 3 }));
  for (const message of [
    { instance: 'i', shape: -1 },
    { instance: 'i', shape: 1.5 },
    { instance: 'i' },
    { instance: 'i', shape: 3, path: '/etc' },
  ])
    assert.equal(parsed(message), false, JSON.stringify(message));
  const opened: unknown[] = [];
  const told: unknown[] = [];
  for (const openSource of [undefined, async (...place: unknown[]) => void opened.push(place)]) {
    const bridge = createPageBridge({
      group: { call: async () => ({}) as never, startFeed: async () => undefined },
      ...NO_PAST,
      send: (message) => message.kind === 'strings' && told.push(message.canOpenSource),
      strings: { locale: 'en', bundle: {} },
      ...(openSource && { openSource }),
      log: (text) => assert.fail(text),
    });
    await bridge.receive({ kind: 'ready', version: PAGE_VERSION });
    await bridge.receive({ kind: 'openSource', instance: 'i', shape: 3 });
  }
  assert.deepEqual([told, opened], [[false, true], [['i', 3]]]);
});

test('the bridge answers, passes the feed from the snapshot on, and says no to what it does not know', async () => {
  const said: HostMessage[] = [];
  const asked: string[] = [];
  const bridge = createPageBridge({
    group: {
      call: async (command) => {
        asked.push(command);
        return { killed: [] } as never;
      },
      startFeed: async () => bridge.frame(snapshot(5)),
    },
    ...NO_PAST,
    send: (message) => said.push(message),
    strings: { locale: 'en', bundle: {} },
    log: () => undefined,
  });
  bridge.frame({ kind: 'delta', frame: 4 });
  await bridge.receive({ kind: 'ready', version: PAGE_VERSION });
  bridge.frame({ kind: 'delta', frame: 5 });
  bridge.frame({ kind: 'delta', frame: 6 });
  await bridge.receive({ kind: 'command', id: 1, command: 'failComputer', arguments: { name: 'A' } });
  await bridge.receive({ kind: 'command', id: 2, command: 'stop', arguments: {} });
  const heads = said.map((message) => (message.kind === 'feed' ? `${message.frame.kind} ${message.frame.frame}` : message.kind));
  assert.deepEqual(heads, ['strings', 'moment', 'snapshot 5', 'delta 6', 'response', 'failure']);
  assert.deepEqual(asked, ['failComputer']);
  for (const message of said) assert.ok(parseHostMessage(JSON.stringify(message)).ok, message.kind);
});
