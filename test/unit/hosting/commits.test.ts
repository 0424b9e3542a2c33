/**
 * A commit always comes to an end, whatever kind of work made it and whatever happens meanwhile: acknowledged, fenced, repeated after a
 * reconnection, or replaced by a suspension with the reason. Nothing is held for ever.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Response, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import { BODY_LIMIT_BYTES } from '../../../emulator/messagebox/protocol/limits.ts';
import { define, numberOf, publish } from '../engine/group.ts';
import { fired, largeNote, message, note, type ScriptOptions, ScriptedMessageBox } from './scripted.ts';

const START = message('start', 0, note(0));
const twice = define((o) => [...publish(o, 'first'), ...publish(o, 'second')]);
const large = define((o) => [
  o.construct('make', 'Out', () => ({ body: largeNote(1) })),
  o.send('send', { port: 'Out', message: 'Out' }),
  ...publish(o, 'after'),
]);

/** Sends what it is given, when it is let. */
class Gate implements SendAdapter {
  readonly begun: string[] = [];
  aborted = false;
  #end: ((error?: Error) => void) | undefined;

  transmit({ id }: { readonly id: string }, signal: AbortSignal): Promise<undefined> {
    this.begun.push(id);
    signal.addEventListener('abort', () => (this.aborted = true));
    return new Promise((resolve, reject) => {
      this.#end = (error) => {
        if (error) reject(error);
        else resolve(undefined);
      };
    });
  }

  end(error?: Error): void {
    assert.ok(this.#end, 'nothing is being transmitted');
    this.#end(error);
  }
}

interface Kind {
  readonly name: string;
  readonly options: ScriptOptions;
  /** Up to a commit without an answer. */
  commit(box: ScriptedMessageBox): Promise<void>;
}

function kinds(): Kind[] {
  const gate = new Gate();
  return [
    {
      name: 'orchestration',
      options: { compiled: twice },
      commit: (box) => box.tell(box.grantFrame({ queue: [START] })),
    },
    {
      name: 'send port',
      options: { adapter: gate },
      commit: async (box) => {
        await box.tell(box.grantFrame({ service: 'port', queue: [START] }));
        gate.end();
        await box.settle();
      },
    },
    {
      name: 'response',
      options: {},
      commit: async (box) => {
        box.adopt({ start: () => Promise.resolve(), stop: () => Promise.resolve(), address: '', respond: () => Promise.resolve(true) });
        await box.tell(box.deliver([message('response', 0, note(1))]));
      },
    },
    {
      name: 'what cannot begin',
      options: {},
      commit: (box) => box.tell(box.grantFrame({ service: 'unknown', queue: [START] })),
    },
  ];
}

/** A test for each kind of work. */
function eachKind(what: string, run: (kind: Kind, box: ScriptedMessageBox, context: TestContext) => Promise<void>): void {
  test(what, async (context) => {
    for (const kind of kinds())
      await context.test(kind.name, async (inner) => {
        const box = await ScriptedMessageBox.start(kind.options);
        await kind.commit(box);
        assert.equal(box.commits.length, 1);
        await run(kind, box, inner);
      });
  });
}

eachKind('a rejected commit is replaced by a suspension with the reason, and the acknowledgement of that lets go', async (kind, box) => {
  await box.tell(box.reject(box.last('commit')));
  if (kind.name === 'what cannot begin') return;
  assert.equal(box.commits.length, 2);
  const { outcome, error, published, consumed } = box.last('commit');
  assert.deepEqual(
    { outcome, error, published, consumed },
    { outcome: 'suspended', error: { code: 'messageBox.protocol', message: 'because of the test' }, published: [], consumed: [] },
  );
  await box.acknowledge(true);
  assert.deepEqual(box.host.held, []);
});

eachKind('when the suspension is rejected too, nothing more is said, and the log tells', async (_kind, box) => {
  await box.tell(box.reject(box.last('commit')));
  await box.tell(box.reject(box.last('commit')));
  assert.deepEqual(box.host.held, []);
  assert.match(box.log.at(-1) ?? '', /suspended.*because of the test/);
  const said = box.commits.length;
  await box.settle(100);
  assert.equal(box.commits.length, said);
});

eachKind('a stale commit ends the work here without a word', async (_kind, box) => {
  await box.tell(box.reject(box.last('commit'), 'stale'));
  assert.deepEqual([box.host.held, box.commits.length], [[], 1]);
});

eachKind('fenced: everything is dropped', async (_kind, box) => {
  const { instance, id } = box.last('commit');
  await box.tell({ kind: 'fenced', instance, id: `${id}0` });
  assert.deepEqual(box.host.held, ['i1'], 'an answer to another commit says nothing');
  await box.tell({ kind: 'fenced', instance, id });
  assert.deepEqual(box.host.held, []);
});

eachKind('after a reconnection the commit is repeated under the new lock, with the same id', async (_kind, box) => {
  const before = box.last('commit');
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  assert.deepEqual(box.last('commit'), { ...before, lock: '2.1' });
  await box.acknowledge(true);
  assert.deepEqual(box.host.held, []);
});

eachKind('what a new session does not resume is dropped', async (_kind, box) => {
  await box.reconnect();
  await box.welcome();
  assert.deepEqual([box.host.held, box.commits.length], [[], 1]);
});

eachKind('an acknowledgement of something else, and one that comes twice, change nothing', async (_kind, box) => {
  const commit = box.last('commit');
  await box.tell({ ...box.ack(commit, true), id: 'another' });
  assert.deepEqual(box.host.held, ['i1']);
  await box.tell(box.ack(commit, true), box.ack(commit, true), box.reject(commit), { kind: 'fenced', instance: 'i1', id: commit.id });
  assert.deepEqual([box.host.held, box.commits.length], [[], 1]);
});

test('only a commit after which the instance goes on here is named when resuming', async () => {
  const box = await ScriptedMessageBox.start({ compiled: twice });
  await box.tell(box.grantFrame({ queue: [START] }));
  const { id } = box.last('commit');
  assert.deepEqual((await box.reconnect()).resume, [{ instance: 'i1', version: 0, pending: id }]);
  // Its acknowledgement was lost: it goes on from there.
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 1 }]);
  assert.deepEqual([box.last('commit').base, box.last('commit').outcome], [1, 'completed']);
  assert.deepEqual((await box.reconnect()).resume, [{ instance: 'i1', version: 1 }]);
});

test('a commit with large bodies: put first, and again after each reconnection, for a restarted MessageBox may have forgotten them', async () => {
  const box = await ScriptedMessageBox.start({ compiled: large });
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual([box.commits.length, box.all('putBody').length], [0, 1]);
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  assert.equal(box.all('putBody').length, 2);
  await box.tell({ kind: 'bodyStored', request: box.last('putBody').request });
  const { hash } = box.last('putBody');
  assert.deepEqual([box.commits.length, box.last('commit').lock, box.last('commit').published[0]?.bodyHash], [1, '2.1', hash]);
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '3.1', version: 0 }]);
  assert.deepEqual([box.commits.length, box.all('putBody').length], [1, 3]);
  await box.tell({ kind: 'bodyStored', request: box.last('putBody').request });
  assert.equal(box.commits.length, 2);
  await box.acknowledge();
  assert.equal(box.last('commit').outcome, 'completed');
});

test('the connection is lost and back before anybody noticed that the body did not arrive', async () => {
  const box = await ScriptedMessageBox.start({ compiled: large });
  await box.tell(box.grantFrame({ queue: [START] }));
  const stored = { kind: 'bodyStored', request: box.last('putBody').request } as const;
  box.say(stored);
  // It is heard, and everything that follows is within the same turn: the old upload must not go on over the new link.
  box.clock.advance(0);
  box.links.cut();
  box.clock.advance(100);
  box.say({
    kind: 'welcome',
    session: '2',
    generation: 1,
    now: 0,
    heartbeatMs: 1000,
    leaseMs: 1,
    resumed: [{ instance: 'i1', lock: '2.1', version: 0 }],
  });
  box.clock.advance(0);
  await box.settle();
  assert.deepEqual([box.commits.length, box.all('putBody').length], [0, 2]);
  await box.tell({ kind: 'bodyStored', request: box.last('putBody').request });
  assert.equal(box.commits.length, 1);
});

test('fenced and not resumed while a body is on its way: no commit follows it', async () => {
  const box = await ScriptedMessageBox.start({ compiled: large });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.reconnect();
  await box.welcome();
  await box.settle(10);
  assert.deepEqual([box.host.held, box.commits.length, box.all('putBody').length], [[], 0, 1]);
});

test('a body that the MessageBox does not take, and one that is too large, suspend with the reason', async () => {
  const refused = await ScriptedMessageBox.start({ compiled: large });
  await refused.tell(refused.grantFrame({ queue: [START] }));
  await refused.tell({ kind: 'bodyStored', request: refused.last('putBody').request, error: 'no' });
  assert.deepEqual(refused.last('commit').error, { code: 'messageBox.protocol', message: 'A frame was not understood: no' });
  const huge = 'x'.repeat(BODY_LIMIT_BYTES + 1);
  const compiled = define((o) => [
    o.construct('make', 'Out', () => ({ body: JSON.stringify({ key: 'k', huge }) })),
    o.send('send', { port: 'Out', message: 'Out' }),
  ]);
  const tooLarge = await ScriptedMessageBox.start({ compiled });
  await tooLarge.tell(tooLarge.grantFrame({ queue: [START] }));
  assert.equal(tooLarge.last('commit').error?.code, 'messageBox.messageTooLarge');
  assert.deepEqual(tooLarge.all('putBody'), []);
});

test('a rejected commit with large bodies', async () => {
  const box = await ScriptedMessageBox.start({ compiled: large });
  await box.tell(box.grantFrame({ queue: [START] }));
  await box.tell({ kind: 'bodyStored', request: box.last('putBody').request });
  await box.tell(box.reject(box.last('commit'), 'messageBox.stateTooLarge'));
  assert.deepEqual([box.last('commit').outcome, box.last('commit').published], ['suspended', []]);
});

test('a message that cannot be read suspends what needs it, with the reason', async () => {
  const gate = new Gate();
  const cases: [ScriptOptions, string][] = [
    [{ compiled: twice }, 'orchestration'],
    [{ adapter: gate }, 'port'],
  ];
  for (const [options, service] of cases) {
    const box = await ScriptedMessageBox.start(options);
    await box.tell(box.grantFrame({ service, queue: [message('e', 0)] }));
    await box.tell(box.noBody());
    assert.equal(box.last('commit').error?.code, 'messageBox.messageUnreadable', service);
    assert.match(box.last('commit').error?.message ?? '', /no such body/);
    await box.acknowledge(true);
    assert.deepEqual(box.host.held, []);
  }
  const box = await ScriptedMessageBox.start();
  const given: Response[] = [];
  const respond = (_instance: string, response: Response): Promise<boolean> => Promise.resolve(given.push(response) > 0);
  box.adopt({ start: () => Promise.resolve(), stop: () => Promise.resolve(), address: '', respond });
  await box.tell(box.deliver([message('response', 0)]));
  await box.tell(box.noBody());
  const { error } = box.last('commit');
  assert.equal(error?.code, 'messageBox.messageUnreadable');
  // The caller hears it at once, not when its time is over.
  assert.deepEqual(given, [{ error }]);
});

test('an entry without a message suspends, and so does a send port without an entry', async () => {
  const empty = { id: 'e', subscription: '0' };
  for (const [options, service, queue] of [
    [{ compiled: twice }, 'orchestration', [empty]],
    [{ adapter: new Gate() }, 'port', [empty]],
    [{ adapter: new Gate() }, 'port', []],
    [{ adapter: new Gate() }, 'port', [fired('t', 'retry')]],
  ] as const) {
    const box = await ScriptedMessageBox.start(options);
    await box.tell(box.grantFrame({ service, queue }));
    assert.deepEqual([box.last('commit').outcome, box.last('commit').error?.code], ['suspended', 'messageBox.messageUnreadable']);
  }
  const box = await ScriptedMessageBox.start();
  box.adopt({ start: () => Promise.resolve(), stop: () => Promise.resolve(), address: '', respond: () => Promise.resolve(true) });
  await box.tell(box.deliver([empty]));
  assert.equal(box.last('commit').error?.code, 'messageBox.messageUnreadable');
});

test('an entry without a message that comes while others are handed over, and while a commit has no answer', async () => {
  const compiled = define((o) => [...publish(o, 'first'), o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]);
  const at = numberOf(compiled, 'more');
  const together = await ScriptedMessageBox.start({
    compiled: define((o) => [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]),
  });
  await together.tell(together.grantFrame({ queue: [START, { id: 'e', subscription: '1' }] }));
  assert.equal(together.last('commit').error?.code, 'messageBox.messageUnreadable');
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }), box.deliver([{ id: 'e', subscription: String(at) }], '1.1'));
  assert.equal(box.commits.length, 1);
  await box.acknowledge();
  assert.equal(box.last('commit').error?.code, 'messageBox.messageUnreadable');
});

test('a send port that loses its instance while it transmits: the transmission is stopped and says nothing', async () => {
  const gate = new Gate();
  const box = await ScriptedMessageBox.start({ adapter: gate });
  await box.tell(box.grantFrame({ service: 'port', queue: [START] }));
  await box.reconnect();
  await box.welcome();
  assert.equal(gate.aborted, true);
  gate.end();
  await box.settle();
  assert.deepEqual([box.host.held, box.commits], [[], []]);
});

test('a send port that is resumed while it transmits ends with its one transmission', async () => {
  const gate = new Gate();
  const box = await ScriptedMessageBox.start({ adapter: gate });
  await box.tell(box.grantFrame({ service: 'port', queue: [START] }));
  await box.reconnect();
  gate.end();
  await box.settle();
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  await box.tell(box.deliver([START], '2.1'));
  assert.deepEqual([gate.begun.length, box.commits.length, box.last('commit').outcome], [1, 1, 'completed']);
});

test('a send port fetches a large message again after a reconnection', async () => {
  const gate = new Gate();
  const box = await ScriptedMessageBox.start({ adapter: gate });
  await box.tell(box.grantFrame({ service: 'port', queue: [message('e', 0)] }));
  await box.reconnect();
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  await box.tell(box.body(largeNote(1)));
  assert.deepEqual(gate.begun, ['message-e']);
});

test('a retry that was waiting when the instance was resumed by hand is void, and so is its timer if it fires meanwhile', async () => {
  for (const fires of [true, false]) {
    const gate = new Gate();
    const box = await ScriptedMessageBox.start({ adapter: gate, retryCount: 3 });
    const timers = [{ id: 'retry', due: box.clock.wall() + 5000 }];
    await box.tell(box.grantFrame({ service: 'port', version: 1, state: '{"attempts":1}', queue: [START], timers }));
    if (fires) await box.tell(box.deliver([fired('t', 'retry')]));
    gate.end(new Error('nobody is there'));
    await box.settle();
    const { outcome, consumed, cancelTimers, timers: set } = box.last('commit');
    assert.deepEqual(
      { outcome, consumed, cancelTimers, due: set[0]?.due },
      { outcome: 'idle', consumed: fires ? ['t'] : [], cancelTimers: ['retry'], due: box.host.now() + 50 },
    );
  }
});

test('a response that is handed to its caller is committed once, also when an operation comes meanwhile', async () => {
  let answered: (on: boolean) => void = () => undefined;
  const box = await ScriptedMessageBox.start();
  const respond = () => new Promise<boolean>((resolve) => (answered = resolve));
  box.adopt({ start: () => Promise.resolve(), stop: () => Promise.resolve(), address: '', respond });
  await box.tell(box.deliver([message('response', 0, note(1))]), { kind: 'operate', instance: 'i1', operation: 'terminate' });
  assert.deepEqual(box.commits, []);
  answered(true);
  await box.settle();
  assert.deepEqual([box.commits.length, box.last('commit').consumed], [1, ['response']]);
});

test('a response whose time is over ends, unless the response is there or on its way', async () => {
  const given: string[] = [];
  const adapter = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    address: '',
    respond: (_instance: string, response: Response) => Promise.resolve(given.push('body' in response ? response.body : '') > 0),
  };
  const over = await ScriptedMessageBox.start();
  over.adopt(adapter);
  await over.tell(over.deliver([fired('t', 'timeout')]));
  assert.deepEqual([over.last('commit').outcome, over.last('commit').consumed, given], ['completed', ['t'], []]);
  const coming = await ScriptedMessageBox.start();
  coming.adopt(adapter);
  await coming.tell(coming.deliver([message('large', 0, undefined, note(7))]), coming.deliver([fired('t', 'timeout')]));
  assert.deepEqual(coming.commits, []);
  await coming.tell(coming.body(note(7)));
  assert.deepEqual([coming.last('commit').consumed, given], [['large', 't'], [note(7)]]);
});
