/**
 * Ports that correlate by themselves: a response comes to the Receive of the request that asked for it, a fault to the handlers, whoever goes on
 * from a saved state; an answer to the port that was given away (docs/behaviour.md, sections 9.2, 10 and 11).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  messageType,
  orchestration,
  receivePort,
  requestResponsePort,
  selfCorrelatingPort,
  sendPort,
  solicitResponsePort,
  type ShapeBuilder,
} from '../../../emulator/authoring/index.ts';
import type { EngineCommit, EngineResult, QueueEntry } from '../../../emulator/engine/door.ts';
import { isCode } from '../../../emulator/errors.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { BTS, type Properties } from '../../../emulator/orchestration/message.ts';
import { holds } from '../../../emulator/orchestration/predicates.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { START_SUBSCRIPTION } from '../../../emulator/orchestration/starting.ts';
import { entry, TestGroup } from './group.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
const price = messageType({ name: 'Price', format: 'json', distinguished: { price: '/price' } });
const refusal = messageType({ name: 'Refusal', format: 'json', distinguished: { why: '/why' } });

const declarations = {
  longRunning: true,
  messages: { In: note, Price: price, Refused: refusal, Other: note },
  variables: { turns: 0, list: [] as string[] },
  correlationSets: { Key: ['key'] },
  ports: {
    In: receivePort(),
    Out: sendPort(),
    Quote: solicitResponsePort({ faults: ['Refused'] }),
    Answers: selfCorrelatingPort(),
    Service: requestResponsePort({ faults: ['Refused'] }),
  },
} as const;
type Shapes = ShapeBuilder<typeof declarations>;

const define = (body: (o: Shapes) => readonly Shape[]): CompiledOrchestration =>
  compile(
    orchestration('Ask', declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      ...body(o),
    ]),
  );

const ask = (o: Shapes, name = 'ask'): Shape => o.send(name, { port: 'Quote', message: 'In' });
const answer = (o: Shapes, name = 'answer'): Shape => o.receive(name, { port: 'Quote', message: 'Price' });
const see = (o: Shapes, name = 'see'): Shape =>
  o.expression(name, ({ variables, messages }) => void variables.list.push(String(messages.Price.field('price'))));
const stop = (o: Shapes): Shape => o.suspend('stop', '');

/** What the MessageBox does with a message that carries a token: it goes to the subscriptions that are there, as often as it matches. */
class Answering {
  readonly group: TestGroup;
  readonly #filters = new Map<string, EngineCommit['subscribe'][number]['filter']>();
  #answers = 0;

  constructor(compiled: CompiledOrchestration, queue: readonly QueueEntry[] = [entry('q0', 0)]) {
    this.group = new TestGroup(compiled, queue);
  }

  /** Runs on until it waits in memory or ends. @param restore the host instance dies after each commit */
  settle(result: EngineResult, restore = false): EngineResult {
    for (let now = result; ;) {
      if (now.kind === 'blocked' && !now.mustPersist) return now;
      const commit = this.group.commit(now.kind === 'blocked' ? 'dehydration' : undefined);
      for (const { id, filter } of commit.subscribe) this.#filters.set(id, filter);
      for (const id of commit.unsubscribe) this.#filters.delete(id);
      if (commit.outcome !== 'running' && commit.outcome !== 'idle') return now;
      now = restore || commit.outcome === 'idle' ? this.group.crash() : this.group.run({ kind: 'continue' });
    }
  }

  /** @returns how many subscriptions it met */
  arrive(type: string, body: object, properties: Properties, restore = false): number {
    const all: Properties = { ...properties, [BTS.messageType]: type };
    const met = [...this.#filters]
      .filter(([, filter]) => filter.some((group) => group.every((predicate) => holds(predicate, all[predicate.property]))))
      .map(([id]) => id);
    const id = `a${String(++this.#answers)}`;
    const message = { id: `message-${id}`, type, body: JSON.stringify(body), properties: all };
    for (const subscription of met) this.settle(this.group.arrive({ id: `${id}>${subscription}`, subscription, message }), restore);
    return met.length;
  }

  /** The token of the n-th message it sent. */
  token(index: number): Properties {
    const sent = this.group.commits.flatMap(({ published }) => published)[index];
    return { [BTS.correlationToken]: sent?.properties[BTS.correlationToken] ?? '' };
  }
}

test('a response comes to its request only, before the first saved state and after', () => {
  for (const restore of [false, true]) {
    const run = new Answering(
      define((o) => [o.loop('twice', ({ variables }) => variables.turns++ < 2, [ask(o), answer(o), see(o)]), stop(o)]),
    );
    run.settle(run.group.start(), restore);
    assert.equal(run.arrive('Price', { price: '1' }, {}), 0, 'without the token');
    assert.equal(run.arrive('Note', {}, run.token(0)), 0, 'of another type');
    assert.equal(run.arrive('Price', { price: '1' }, run.token(0), restore), 1);
    assert.notDeepEqual(run.token(0), run.token(1));
    assert.equal(run.arrive('Price', { price: 'late' }, run.token(0)), 0, 'again, to a request that is over');
    assert.equal(run.arrive('Price', { price: '2' }, run.token(1), restore), 1);
    assert.deepEqual(run.group.variables()['list'], ['1', '2']);
    assert.deepEqual(
      run.group.commits.flatMap(({ published }) => published.map(({ properties }) => properties[BTS.sendPort])),
      ['Quote', 'Quote'],
    );
  }
});

test('what came for a request that was given up is not taken for the next one', () => {
  const run = new Answering(
    define((o) => [
      ask(o, 'first'),
      o.listen('wait', [o.branch('came', [answer(o, 'in time')]), o.branch('late', [o.delay('patience', 0)])]),
      o.delay('meanwhile', 1000),
      ask(o, 'second'),
      answer(o),
      see(o),
      stop(o),
    ]),
  );
  run.settle(run.group.start());
  assert.equal(run.arrive('Price', { price: 'late' }, run.token(0)), 1);
  run.group.now += 2000;
  run.settle(run.group.run({ kind: 'continue' }));
  assert.equal(run.arrive('Price', { price: '2' }, run.token(1)), 1);
  assert.deepEqual(run.group.variables()['list'], ['2']);
});

test('branches and calls that receive from one port get one copy of a response', () => {
  const helper = orchestration(
    'Helper',
    {
      messages: { Ask: note, Reply: price, Refused: refusal },
      ports: { Way: solicitResponsePort({ faults: ['Refused'] }) },
      parameters: { Way: 'in', Ask: 'in', Reply: 'out' },
    },
    (o) => [o.send('help', { port: 'Way', message: 'Ask' }), o.receive('helped', { port: 'Way', message: 'Reply' })],
  );
  for (const restore of [false, true]) {
    const run = new Answering(
      define((o) => [
        ask(o),
        o.decide('choose', [o.rule('never', () => false, [answer(o, 'one')])], [answer(o, 'other')]),
        see(o),
        o.call('call', helper, { in: { Way: 'Quote', Ask: 'In' }, out: { Reply: 'Price' } }),
        see(o, 'see helped'),
        stop(o),
      ]),
    );
    run.settle(run.group.start(), restore);
    assert.equal(run.arrive('Price', { price: '1' }, run.token(0), restore), 1);
    assert.equal(run.arrive('Price', { price: '2' }, run.token(1), restore), 1);
    assert.deepEqual(run.group.variables()['list'], ['1', '2']);
  }
});

test('a called orchestration that has ended waits for no response any more', () => {
  const once = orchestration('Once', { messages: { Ask: note }, ports: { Way: solicitResponsePort() }, parameters: { Ask: 'in' } }, (o) => [
    o.send('once', { port: 'Way', message: 'Ask' }),
    o.listen('wait', [o.branch('came', [o.receive('never', { port: 'Way', message: 'Ask' })]), o.branch('late', [o.delay('patience', 0)])]),
  ]);
  const run = new Answering(define((o) => [o.call('call', once, { in: { Ask: 'In' } }), stop(o)]));
  run.settle(run.group.start());
  assert.deepEqual([...run.group.subscriptions], []);
});

test('a fault is an exception of its type, and its handler has the message', () => {
  for (const restore of [false, true]) {
    const run = new Answering(
      define((o) => [
        o.scope(
          'try',
          {
            longRunning: true,
            handlers: [
              o.handler('refused', 'Refusal', [
                o.expression('note', ({ variables, messages, exception }) => {
                  variables.list.push(`${exception?.type ?? ''} ${String(messages.Refused.field('why'))}`);
                }),
                o.send('tell', { port: 'Out', message: 'Refused' }),
              ]),
            ],
          },
          [ask(o), answer(o), see(o)],
        ),
        stop(o),
      ]),
    );
    run.settle(run.group.start(), restore);
    assert.equal(run.arrive('Refusal', { why: 'sold out' }, { ...run.token(0), [BTS.isFault]: true }, restore), 1);
    assert.deepEqual(run.group.variables()['list'], ['Refusal sold out']);
    const told = run.group.commits.flatMap(({ published }) => published).at(-1);
    assert.deepEqual([told?.type, told?.properties], ['Refusal', { [BTS.sendPort]: 'Out' }]);
  }
});

test('without a handler a fault suspends the instance, and is there when it is resumed', () => {
  const run = new Answering(define((o) => [ask(o), answer(o)]));
  run.settle(run.group.start());
  run.arrive('Refusal', { why: 'sold out' }, run.token(0));
  const last = run.group.commits.at(-1);
  assert.match(last?.error?.message ?? '', /Refusal.*"Quote".*"Refused"/);
  assert.deepEqual(last?.consumed, []);
});

test('a fault goes out with the token of its request, marked as one', () => {
  const compiled = compile(
    orchestration(
      'Serve',
      { messages: { In: note, Refused: refusal }, ports: { In: requestResponsePort({ faults: ['Refused'] }) } },
      (o) => [
        o.receive('Start', { port: 'In', message: 'In', activate: true }),
        o.construct('make', 'Refused', () => ({ body: { why: 'sold out' } })),
        o.send('refuse', { port: 'In', message: 'Refused' }),
      ],
    ),
  );
  const run = new Answering(compiled, [entry('q0', 0, { key: 'k', [BTS.correlationToken]: 'caller' })]);
  run.settle(run.group.start());
  const [sent] = run.group.commits.flatMap(({ published }) => published);
  assert.deepEqual(sent?.properties, { [BTS.correlationToken]: 'caller', [BTS.isFault]: true });
});

test('a request that nobody takes can be sent again', () => {
  const run = new Answering(
    define((o) => [
      o.scope('try', { longRunning: true, handlers: [o.handler('nobody', 'PersistenceException', [])] }, [
        ask(o, 'in vain'),
        answer(o, 'never'),
      ]),
      ask(o),
      answer(o),
      see(o),
      stop(o),
    ]),
  );
  run.group.start();
  run.settle(run.group.refuse());
  assert.equal(run.arrive('Price', { price: '1' }, run.token(0)), 1);
  assert.deepEqual(run.group.variables()['list'], ['1']);
});

const child = orchestration(
  'Child',
  { messages: { Text: note }, ports: { Back: sendPort() }, parameters: { Text: 'in', Back: 'in' } },
  (o) => [o.send('one', { port: 'Back', message: 'Text' }), o.send('two', { port: 'Back', message: 'Text' })],
);

test('who is started answers through the port it was given, and only the instance that gave it gets that', () => {
  for (const restore of [false, true]) {
    const parent = new Answering(
      define((o) => [
        o.start('start', child, { in: { Text: 'In', Back: 'Answers' } }),
        o.start('start another', child, { in: { Text: 'In', Back: 'Answers' } }),
        o.receive('first', { port: 'Answers', message: 'Other' }),
        o.receive('second', { port: 'Answers', message: 'Other' }),
        stop(o),
      ]),
    );
    parent.settle(parent.group.start(), restore);
    const [started, another] = parent.group.commits.flatMap(({ published }) => published);
    assert.deepEqual(parent.group.commits[0]?.subscribe.length, 1, 'with the commit that starts');
    const ports = [started, another].map((one) => (JSON.parse(one?.body ?? '') as { ports: Properties }).ports);
    assert.deepEqual(ports[0], ports[1]);
    const message = { id: 'start', type: started?.type ?? '', body: started?.body ?? '', properties: started?.properties ?? {} };
    const run = new Answering(compile(child), [{ id: 'start', subscription: START_SUBSCRIPTION, message }]);
    run.settle(run.group.start(), restore);
    const sent = run.group.commits.flatMap(({ published }) => published);
    assert.deepEqual(
      sent.map(({ properties }) => properties),
      [0, 1].map(() => ({ key: 'k', [BTS.correlationToken]: ports[0]?.['Back'] })),
    );
    for (const { type, properties } of sent) assert.equal(parent.arrive(type, { key: 'k' }, properties, restore), 1);
    assert.equal(parent.group.commits.at(-1)?.outcome, 'suspended', 'it has come to its end');
    assert.equal(parent.arrive('Note', {}, { [BTS.correlationToken]: 'i2#Answers.0.1' }), 0);
  }
});

test('rules: what cannot come to an answered port, or would never come, is told when it loads', () => {
  const refused = (detail: RegExp, body: (o: Shapes) => readonly Shape[]): void => {
    assert.throws(
      () => define(body),
      (error: Error) => isCode(error, 'definition.invalid') && detail.test(error.message),
      String(detail),
    );
  };
  refused(/follows a correlation set/, (o) => [ask(o), o.receive('r', { port: 'Quote', message: 'Price', follows: ['Key'] })]);
  refused(/no request is sent/, (o) => [answer(o)]);
  refused(/given to nobody/, (o) => [o.receive('r', { port: 'Answers', message: 'Price' })]);
  refused(/type of a fault/, (o) => [ask(o), o.receive('r', { port: 'Quote', message: 'Refused' })]);
  refused(/response is of type "Price"/, (o) => [ask(o), answer(o), o.receive('r', { port: 'Quote', message: 'Other' })]);
  refused(/waits in "answer" for the answer/, (o) => [o.scope('all', { atomic: true }, [ask(o), answer(o)])]);
  refused(/only a self-correlating port/, (o) => [o.start('s', child, { in: { Text: 'In', Back: 'Out' } })]);
  refused(/message "Refused", which has no value/, (o) => [o.send('s', { port: 'Out', message: 'Refused' })]);
  const inside = orchestration('Inside', { messages: { A: note }, ports: { P: solicitResponsePort() }, parameters: { A: 'in' } }, (o) => [
    o.send('q', { port: 'P', message: 'A' }),
    o.receive('a', { port: 'P', message: 'A' }),
  ]);
  refused(/"Inside" waits for the answer/, (o) => [o.scope('all', { atomic: true }, [o.call('c', inside, { in: { A: 'In' } })])]);
  const faults =
    (names: readonly string[], twoWay = true): (() => unknown) =>
    () =>
      compile({
        ...orchestration(
          'Wrong',
          { messages: { In: note, Same: note, Any: messageType({ name: '', format: 'json' }) }, ports: { In: receivePort() } },
          (o) => [o.receive('Start', { port: 'In', message: 'In', activate: true })],
        ),
        ports: { In: receivePort(), P: { direction: 'send', twoWay, faults: names } },
      });
  for (const [detail, names, twoWay] of [
    [/no declared message/, ['Nobody'], true],
    [/same type/, ['In', 'Same'], true],
    [/untyped/, ['Any'], true],
    [/one-way/, ['In'], false],
  ] as const)
    assert.throws(faults(names, twoWay), detail);
});
