/**
 * What code sees and leaves behind: messages are read-only, variables are the declared ones, decimals survive a takeover, and whatever code
 * gives a shape that the shape cannot use is an exception of that shape, which a handler can catch.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decimal, messageType, orchestration, receivePort, sendPort, type Shape } from '../../../emulator/authoring/index.ts';
import { createExecution, restoreExecution, STATE_LIMIT_CHARACTERS } from '../../../emulator/engine/execution.ts';
import { readHostFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { STATE_LIMIT_CHARACTERS as LIMIT_OF_THE_MESSAGE_BOX } from '../../../emulator/messagebox/protocol/limits.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { numberProperty, textProperty } from '../../../emulator/orchestration/propertyValue.ts';
import { define, entry, publish, services, TestGroup, type TestShapes } from './group.ts';

/** Runs code in an Expression; gives the exception it ended with, or undefined. The instance is as if it had never run. */
function thrown(
  code: Parameters<TestShapes['expression']>[1],
  body = '{"key":"k","amount":1,"lines":[{"n":1},{"n":2}]}',
): string | undefined {
  const group = new TestGroup(
    define((o) => [o.expression('code', code)]),
    [entry('q0', 0, { key: 'k' }, body)],
  );
  return group.finish() === 'error' ? group.commits[0]?.error?.message : undefined;
}

/** The exception a handler of '*' caught from these shapes, as `type: message`. */
function caught(shapes: (o: TestShapes) => readonly Shape[]): string {
  const group = new TestGroup(
    define((o) => [
      o.scope('scope', shapes(o), [
        o.handler('all', '*', [
          o.expression(
            'note',
            ({ variables, exception }) => void (variables.text = `${exception?.type ?? ''}: ${exception?.message ?? ''}`),
          ),
        ]),
      ]),
      ...publish(o, 'after'),
      o.delay('wait', 1),
    ]),
  );
  assert.equal(group.finish('restore'), 'completed');
  for (const commit of group.commits) takenByTheMessageBox(commit);
  return String(group.variables()['text']);
}

function takenByTheMessageBox(commit: object): void {
  const frame: unknown = JSON.parse(JSON.stringify({ ...commit, kind: 'commit', id: 'i#1', instance: 'i', lock: '1', base: 0 }));
  const read = readHostFrame(frame);
  assert.ok('value' in read, 'fault' in read ? read.fault : '');
}

test('messages are read-only for code, deeply, and the error says what to do instead', () => {
  type Open = Record<string, unknown>;
  const changes: Record<string, Parameters<TestShapes['expression']>[1]> = {
    body: ({ messages }) => void ((messages.In as unknown as Open)['body'] = 'x'),
    type: ({ messages }) => void ((messages.In as unknown as Open)['type'] = 'x'),
    'a new member': ({ messages }) => void ((messages.In as unknown as Open)['more'] = 'x'),
    'a deleted member': ({ messages }) => void delete (messages.In as unknown as Open)['body'],
    field: ({ messages }) => void ((messages.In as unknown as Open)['field'] = () => 1),
    properties: ({ messages }) => void ((messages.In as unknown as Open)['properties'] = {}),
    'a property': ({ messages }) => void ((messages.In.properties as Open)['key'] = 'x'),
    'a new property': ({ messages }) => void ((messages.In.properties as Open)['more'] = 'x'),
    content: ({ messages }) => void ((messages.In as unknown as Open)['content'] = {}),
    'a member of the content': ({ messages }) => void ((messages.In.content as Open)['amount'] = 2),
    'an element of the content': ({ messages }) => void (messages.In.content as { lines: unknown[] }).lines.push({}),
    'deep in the content': ({ messages }) => {
      for (const line of (messages.In.content as { lines: { n: number }[] }).lines) line.n = 2;
    },
    'a sorted list': ({ messages }) => void (messages.In.content as { lines: unknown[] }).lines.sort().reverse(),
    assign: ({ messages }) => void Object.assign(messages.In.content as object, { amount: 3 }),
    'the message': ({ messages }) => void ((messages as Open)['In'] = {}),
    'another message': ({ messages }) => void ((messages as Open)['Other'] = {}),
  };
  for (const [what, code] of Object.entries(changes)) {
    const message = thrown(code);
    assert.match(message ?? '', /TypeError.*"code".*Messages are read-only.*Construct/, what);
  }
});

test('the scope is what the engine gives, the exception included', () => {
  for (const name of ['variables', 'messages', 'now', 'instanceId', 'other'])
    assert.match(thrown((scope) => void ((scope as unknown as Record<string, unknown>)[name] = {})) ?? '', /TypeError/, name);
  assert.match(
    caught((o) => [
      o.scope(
        'inner',
        [o.throw('throw', () => ({ type: 'Stock', message: 'none' }))],
        [o.handler('change', '*', [o.expression('spoil', ({ exception }) => void ((exception as { message: string }).message = 'x'))])],
      ),
    ]),
    /^TypeError: /,
  );
});

test('what is read from a message can be copied, changed and kept', () => {
  const group = new TestGroup(
    define((o) => [
      o.expression('copy', ({ messages, variables }) => {
        const { list } = structuredClone(messages.In.content) as { list: string[] };
        list.push('copied');
        variables.list = (messages.In.content as { list: string[] }).list;
        variables.text = list.join();
      }),
      o.expression('change', ({ variables }) => void variables.list.push('more')),
      o.suspend('stop', ''),
    ]),
    [entry('q0', 0, { key: 'k' }, '{"key":"k","list":["a"]}')],
  );
  group.start();
  group.commit();
  assert.deepEqual(group.variables(), { n: 0, text: 'a,copied', list: ['a', 'more'], anything: null });
});

test('a variable that is not declared is refused by name, read or assigned', () => {
  type Any = Record<string, unknown>;
  const uses: Record<string, Parameters<TestShapes['expression']>[1]> = {
    assigned: ({ variables }) => void ((variables as unknown as Any)['typo'] = 1),
    read: ({ variables }) => void String((variables as unknown as Any)['typo']),
    'counted up': ({ variables }) => void ((variables as unknown as { typo: number }).typo += 1),
    'given with others': ({ variables }) => void Object.assign(variables, { n: 1, typo: 2 }),
    defined: ({ variables }) => void Object.defineProperty(variables, 'typo', { value: 1, enumerable: true }),
  };
  for (const [what, use] of Object.entries(uses))
    assert.match(thrown(use) ?? '', /ReferenceError.*"code".*"typo" is not declared \(declared: n, text, list, anything\)/, what);
  assert.match(thrown(({ variables }) => void ((variables as unknown as Any)['__proto__'] = {})) ?? '', /not declared/);
  assert.match(thrown(({ variables }) => void delete (variables as unknown as Any)['n']) ?? '', /cannot be deleted/);
  assert.equal(
    caught((o) => [o.expression('slip', ({ variables }) => void ((variables as unknown as Any)['typo'] = 1))]).split(':')[0],
    'ReferenceError',
  );
});

test('variables are an object like any other for whoever only looks', () => {
  const message = thrown(({ variables }) => {
    assert.deepEqual(Object.keys(variables), ['n', 'text', 'list', 'anything']);
    assert.equal(JSON.stringify(variables), '{"n":0,"text":"","list":[],"anything":null}');
    assert.deepEqual({ ...variables }, { n: 0, text: '', list: [], anything: null });
    assert.ok('n' in variables && !('typo' in variables) && Object.hasOwn(variables, 'n'));
    assert.equal(typeof variables.toString, 'function');
    return variables as unknown as undefined;
  });
  assert.equal(message, undefined);
});

test('messages are an object like any other for whoever only looks; one that is not declared or has no value is an error', () => {
  const message = thrown(({ messages }) => {
    assert.deepEqual(Object.keys(messages), ['In', 'More', 'Out']);
    assert.ok('More' in messages && !('Other' in messages));
    assert.equal(JSON.stringify({ ...messages.In.properties }), '{"key":"k"}');
    const { In, ...others } = { In: messages.In };
    assert.deepEqual([In.id, others], ['message-q0', {}]);
    assert.equal(typeof messages.toString, 'function');
    return messages as unknown as undefined;
  });
  assert.equal(message, undefined);
  assert.match(thrown(({ messages }) => void messages.More) ?? '', /ReferenceError.*"More" has no value yet/);
  const other = thrown(({ messages }) => void (messages as unknown as { Other: unknown }).Other);
  assert.match(other ?? '', /ReferenceError.*"Other" is not declared \(declared: In, More, Out\)/);
});

test('a variable that an older version let code make goes on in the instances that have it', () => {
  const compiled = define((o) => [
    o.expression('use', ({ variables }) => void ((variables as unknown as { extra: number }).extra += 1)),
    o.suspend('stop', ''),
  ]);
  const old = JSON.stringify({ t: [1], v: { n: 0, text: '', list: [], anything: null, extra: 1 } });
  const execution = restoreExecution({ compiled, instanceId: 'i', services, state: old, held: [] });
  execution.run({ kind: 'continue' }, 1);
  assert.equal((JSON.parse(execution.takeCommit().state ?? '{}') as { v: { extra: number } }).v.extra, 2);
});

const money = messageType({ name: 'Money', format: 'json', promoted: { key: '/key' } });
const decimals = compile(
  orchestration(
    'Decimals',
    {
      messages: { In: money, Out: money },
      variables: {
        total: new Decimal('0.00'),
        lines: [] as Decimal[],
        deep: { a: [new Decimal('1.10')], $decimal: 'mine', $$decimal: { x: 1 } },
        text: '{"$decimal":"1"}',
      },
      ports: { In: receivePort(), Out: sendPort() },
    },
    (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true }),
      o.expression('add', ({ variables }) => {
        variables.total = variables.total.plus('19.90').times(3);
        variables.lines.push(variables.total, new Decimal('79228162514264337593543950335'));
      }),
      o.construct('one', 'Out', ({ variables }) => ({
        body: { key: 'k', total: variables.total },
        properties: { total: variables.total, long: variables.lines[1] ?? 0 },
      })),
      o.send('send one', { port: 'Out', message: 'Out' }),
      o.expression('again', ({ variables }) => {
        variables.total = variables.total.minus(variables.deep.a[0] ?? 0);
      }),
      o.construct('two', 'Out', ({ variables }) => ({ body: { key: 'k', variables } })),
      o.send('send two', { port: 'Out', message: 'Out' }),
      o.delay('wait', 1),
    ],
  ),
);

test('decimals in variables survive a takeover with all their places, and so do members that look like saved ones', () => {
  const bodies = [false, true].map((takeover) => {
    const queue = [entry('q0', 0, { key: 'k' }, '{"key":"k"}')];
    const settings = { compiled: decimals, instanceId: 'i', services };
    let execution = createExecution(settings);
    execution.run({ kind: 'deliver', entries: queue }, 0);
    const first = execution.takeCommit();
    assert.deepEqual(first.published[0]?.properties, {
      key: 'k',
      'BTS.SPName': 'Out',
      total: 59.7,
      long: numberProperty('79228162514264337593543950335'),
    });
    const held = queue.map(({ message }) => message);
    if (takeover) execution = restoreExecution({ ...settings, state: first.state ?? '', held });
    execution.run({ kind: 'continue' }, 0);
    return [first, execution.takeCommit()].flatMap(({ published }) => published.map(({ body }) => body));
  });
  const lines = '[59.70,79228162514264337593543950335]';
  const deep = '{"a":[1.10],"$decimal":"mine","$$decimal":{"x":1}}';
  const expected = [
    '{"key":"k","total":59.70}',
    `{"key":"k","variables":{"total":58.60,"lines":${lines},"deep":${deep},"text":"{\\"$decimal\\":\\"1\\"}"}}`,
  ];
  assert.deepEqual(bodies, [expected, expected]);
});

const notTimes: [string, unknown][] = [
  ['NaN', Number.NaN],
  ['a negative length', -1],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['the largest number', Number.MAX_SAFE_INTEGER],
  ['a time after the last date', 8.64e15],
  ['a text', '1000'],
  ['a text of a date', '2030-01-01'],
  ['a bigint', 10n],
  ['a Date', new Date(0)],
  ['an invalid Date', new Date(Number.NaN)],
  ['null', null],
  ['nothing', undefined],
  ['true', true],
  ['an empty object', {}],
  ['a decimal', new Decimal('5')],
  ['at NaN', { at: Number.NaN }],
  ['at a text', { at: '5' }],
  ['at a Date', { at: new Date(0) }],
  ['at a bigint', { at: 5n }],
  ['at a time after the last date', { at: 8.64e15 + 1 }],
  ['at nothing', { at: undefined }],
];
for (const [what, value] of notTimes) {
  test(`a Delay that is given ${what} is an exception of the Delay`, () => {
    const delay = (o: TestShapes) => o.delay('never', () => value as number);
    assert.match(
      caught((o) => [delay(o)]),
      /^RangeError: Delay "never" is given .*no time to wait for/,
    );
    assert.match(
      caught((o) => [o.listen('listen', [o.branch('time', [delay(o)])])]),
      /^RangeError: Delay "never"/,
    );
  });
}

test('a Delay takes any time that is one', () => {
  for (const [until, due] of [
    [0, undefined],
    [{ at: -5 }, undefined],
    [{ at: 0 }, undefined],
    [1.4, 1_000_001],
    [{ at: 8.64e15 }, 8.64e15],
  ] as const) {
    const group = new TestGroup(define((o) => [o.delay('wait', () => until)]));
    const result = group.start();
    const waits = result.kind === 'blocked' ? result.waits.map((wait) => (wait.kind === 'timer' ? wait.due : -1)) : undefined;
    assert.deepEqual(waits, due === undefined ? undefined : [due], JSON.stringify(until));
  }
});

test('a Construct that gives no body, or none that can be written, is an exception of the Construct', () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const bodies: [unknown, RegExp][] = [
    [undefined, /gives no body/],
    [{ a: Number.NaN }, /NaN at a/],
    [{ a: 10n }, /bigint at a/],
    [circular, /contain itself/],
    [{ a: [() => 1] }, /function at a\[0\]/],
    ['{', /JSON/],
  ];
  for (const [body, text] of bodies)
    assert.match(
      caught((o) => [o.construct('make', 'Out', () => ({ body: body as string }))]),
      text,
    );
  assert.match(
    caught((o) => [o.construct('make', 'Out', () => undefined as never)]),
    /gives no body/,
  );
});

test('properties that the MessageBox would refuse are an exception of the Construct', () => {
  const properties: [unknown, RegExp][] = [
    [{ a: Number.NaN }, /"a".*NaN/],
    [{ a: Infinity }, /"a".*Infinity/],
    [{ a: null }, /"a".*object/],
    [{ a: {} }, /"a".*object/],
    [{ a: 10n }, /"a".*bigint/],
    [{ a: () => 1 }, /"a".*function/],
    [JSON.parse('{"__proto__":"x"}'), /"__proto__".*reserved/],
    [{ constructor: 'x' }, /"constructor".*reserved/],
    [{ a: 'x'.repeat(2 * 1024 * 1024) }, /over the limit/],
    [{ ['x'.repeat(2 * 1024 * 1024)]: 1 }, /over the limit/],
    [Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`p${index}`, index])), /over the limit/],
    ['text', /no object/],
  ];
  for (const [given, text] of properties) {
    const shapes = (o: TestShapes): readonly Shape[] => [
      o.construct('make', 'Out', () => ({ body: { key: 'k' }, properties: given as Record<string, string> })),
      o.send('out', { port: 'Out', message: 'Out' }),
    ];
    assert.match(caught(shapes), text);
  }
});

test('properties that code sets arrive as they were set', () => {
  const group = new TestGroup(
    define((o) => [
      o.construct('make', 'Out', ({ messages }) => ({
        body: { key: 'k' },
        properties: {
          text: '\ufdd07',
          zero: -0,
          big: new Decimal('9007199254740993'),
          gone: undefined as unknown as string,
          again: messages.In.properties['long'] ?? '',
        },
      })),
      o.expression('look', ({ messages, variables }) => void (variables.text = JSON.stringify(messages.Out.properties))),
      o.send('out', { port: 'Out', message: 'Out' }),
      o.delay('wait', 1),
    ]),
    [entry('q0', 0, { key: 'k', long: numberProperty('12345678901234567890') })],
  );
  assert.equal(group.finish(), 'completed');
  assert.deepEqual(group.commits[0]?.published[0]?.properties, {
    key: 'k',
    'BTS.SPName': 'Out',
    text: textProperty('\ufdd07'),
    zero: 0,
    big: numberProperty('9007199254740993'),
    again: '12345678901234567890',
  });
  assert.equal(
    group.variables()['text'],
    JSON.stringify({ key: 'k', text: '\ufdd07', zero: 0, big: '9007199254740993', again: '12345678901234567890' }),
  );
});

test('reasons, addresses and exceptions of any kind and length become texts the MessageBox takes', () => {
  const endless = 'x'.repeat(100_000);
  for (const [given, text] of [
    [undefined, ''],
    [null, ''],
    [7, '7'],
    [{ a: 1 }, '[object Object]'],
    [endless, `${'x'.repeat(8192)}…`],
  ] as const) {
    for (const end of ['terminate', 'suspend'] as const) {
      const group = new TestGroup(define((o) => [o[end]('end', () => given as string)]));
      group.start();
      const commit = group.commit();
      assert.equal(commit.error?.message, text);
      takenByTheMessageBox(commit);
    }
  }
  for (const address of [undefined, 7, {}]) {
    const shapes = (o: TestShapes): readonly Shape[] => [o.send('out', { port: 'Out', message: 'In', address: () => address as string })];
    assert.match(caught(shapes), /^TypeError: Send "out".*address/);
  }
  const hostile = {
    get message(): string {
      throw new Error('no');
    },
  };
  for (const value of [
    hostile,
    Object.create(null) as object,
    { type: 7, message: {} },
    { type: endless, message: endless },
    10n,
    Symbol('s'),
  ]) {
    const shapes = (o: TestShapes): readonly Shape[] => [
      o.expression('bad', () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw value;
      }),
    ];
    assert.ok(caught(shapes).length < 9000);
    assert.ok(caught((o) => [o.throw('throw', () => value as { type: string; message: string })]).length < 9000);
  }
});

test('names that objects have from the start are names like any other', () => {
  const compiled = compile(
    orchestration(
      'Names',
      {
        messages: { constructor: money, toString: money },
        variables: { valueOf: 0 },
        correlationSets: { constructor: ['key'], hasOwnProperty: ['key'] },
        ports: { constructor: receivePort(), toString: sendPort() },
      },
      (o) => [
        o.receive('Start', { port: 'constructor', message: 'constructor', activate: true, initializes: ['constructor'] }),
        o.expression('count', ({ variables }) => void (variables.valueOf += 1)),
        o.construct('make', 'toString', () => ({ body: { key: 'other' } })),
        o.send('Send', { port: 'toString', message: 'toString', initializes: ['hasOwnProperty'] }),
        o.receive('Follow', { port: 'constructor', message: 'toString', follows: ['constructor', 'hasOwnProperty'] }),
      ],
    ),
  );
  const execution = createExecution({ compiled, instanceId: 'i', services });
  execution.run({ kind: 'deliver', entries: [entry('q0', 0, { key: 'k' }, '{"key":"k"}')] }, 0);
  const commit = execution.takeCommit();
  assert.deepEqual(commit.subscribe[0]?.filter[0]?.slice(0, 2), [
    { property: 'key', operator: '==', value: 'k' },
    { property: 'key', operator: '==', value: 'other' },
  ]);
  assert.deepEqual(commit.published[0]?.properties, { key: 'other', 'BTS.SPName': 'toString' });
  const restored = restoreExecution({
    compiled,
    instanceId: 'i',
    services,
    state: commit.state ?? '',
    held: [{ ...entry('q0', 0).message, properties: { key: 'k' } }],
  });
  assert.equal(restored.run({ kind: 'continue' }, 0).kind, 'blocked');
});

test('a message that lacks a property of a set is not one whose property is empty', () => {
  const follow = (properties: Record<string, string>): string | undefined => {
    const group = new TestGroup(
      define((o) => [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]),
      [entry('q0', 0, properties)],
    );
    return group.finish() === 'error' ? group.commits[0]?.error?.message : undefined;
  };
  assert.equal(follow({ key: '' }), undefined);
  assert.match(follow({}) ?? '', /CorrelationException.*lacks "key"/);
});

test('a state that nobody could keep suspends the instance at its last point, and is not sent', () => {
  assert.equal(STATE_LIMIT_CHARACTERS, LIMIT_OF_THE_MESSAGE_BOX);
  for (const [text, point] of [
    ['x'.repeat(STATE_LIMIT_CHARACTERS), 'send'],
    ['"'.repeat(STATE_LIMIT_CHARACTERS), 'dehydration'],
    // As JSON it would be longer than any text.
    ['"'.repeat(300_000_000), 'send'],
  ] as const) {
    const group = new TestGroup(
      define((o) => [
        ...publish(o, 'before'),
        o.expression('fill', ({ variables }) => void (variables.text = text)),
        ...(point === 'send' ? publish(o, 'after') : []),
        o.delay('wait', 1000),
      ]),
    );
    group.start();
    const first = group.commit();
    group.run({ kind: 'continue' });
    const commit = group.commit(point === 'send' ? undefined : 'dehydration');
    assert.equal(commit.error?.code, 'messageBox.stateTooLarge');
    assert.deepEqual(
      [commit.outcome, commit.state, commit.published, commit.timers, commit.holds],
      ['suspended', undefined, [], [], first.holds],
    );
    takenByTheMessageBox(commit);
    assert.equal(group.crash().kind, point === 'send' ? 'persist' : 'blocked', 'resumed it goes on from the last point');
  }
});
