/**
 * Guarantee: what is documented of orchestrations holds in a real group, whenever a host instance dies (docs/behaviour.md, sections 7 to 11).
 * One orchestration for each section, on a host of its own: in run n each host instance is killed before its nth commit, and what was
 * published is the same, in the same order, as without a kill. It is quick; test/conformance/realGroup.test.ts does so with every case.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import { fault, TestGroup } from '../faults/group.ts';

const module = `
import { messageType, orchestration, receivePort, sendPort } from 'scaled-out-hosts';

const step = messageType({ name: 'Step', format: 'json', promoted: { Section: '/section' } });

const section = (name, body) => {
  const message = messageType({ name, format: 'json', promoted: { Key: '/' + name.toLowerCase() } });
  return orchestration(
    name,
    {
      longRunning: true,
      messages: { In: message, More: message, Step: step },
      variables: { n: 0 },
      correlationSets: { Key: ['Key'] },
      ports: { In: receivePort(), Out: sendPort() },
    },
    (o) => {
      const send = (text) => [
        o.construct('make ' + text, 'Step', ({ variables }) => ({ body: { section: name, step: text, n: variables.n } })),
        o.send(text, { port: 'Out', message: 'Step' }),
      ];
      const count = (text) => o.expression('count ' + text, ({ variables }) => void variables.n++);
      const receive = o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] });
      return [receive, ...body(o, send, count)];
    },
  );
};

/** Persistence points: Sends, an atomic scope, the end. */
export const persistence = section('Persistence', (o, send, count) => [
  ...send('one'),
  o.scope('all', { atomic: true }, [...send('two'), count('inside'), ...send('three')]),
  o.expression('between', () => undefined),
  ...send('four'),
  count('last'),
]);

/** Its host dehydrates whatever waits. */
export const dehydration = section('Dehydration', (o, send, count) => [
  count('before'),
  o.delay('first', 200),
  ...send('woke'),
  o.listen('listen', [
    o.branch('answer', [o.receive('never', { port: 'In', message: 'More', follows: ['Key'] })]),
    o.branch('late', [o.delay('second', 200), count('late')]),
  ]),
  ...send('gave up'),
]);

/** Transactions of both kinds are compensated after an exception. */
export const scopes = section('Scopes', (o, send, count) => [
  o.scope(
    'trip',
    { longRunning: true, handlers: [o.handler('failed', 'Full', [o.compensate('undo all'), ...send('told')])] },
    [
      o.scope('flight', { longRunning: true, compensate: send('undo flight') }, [count('flight'), ...send('do flight')]),
      o.scope('hotel', { atomic: true, compensate: send('undo hotel') }, [count('hotel'), ...send('do hotel')]),
      o.throw('full', () => ({ type: 'Full', message: '' })),
    ],
  ),
]);

const write = orchestration(
  'Write',
  { messages: { Step: step }, variables: { n: 0 }, ports: { Out: sendPort() }, parameters: { n: 'ref' } },
  (o) => [
    o.construct('make', 'Step', ({ variables }) => ({ body: { section: 'Shapes', step: 'called', n: ++variables.n } })),
    o.send('write', { port: 'Out', message: 'Step' }),
  ],
);
export const child = orchestration(
  'Child',
  { messages: { Step: step }, variables: { n: 0 }, ports: { Out: sendPort() }, parameters: { n: 'in' } },
  (o) => [
    o.construct('make child', 'Step', ({ variables }) => ({ body: { section: 'Child', step: 'started', n: variables.n } })),
    o.send('write child', { port: 'Out', message: 'Step' }),
  ],
);
export const shapes = section('Shapes', (o, send) => [
  o.loop('loop', ({ variables }) => variables.n < 2, [o.call('call', write, { ref: { n: 'n' } })]),
  o.parallel('both', [o.branch('a', [o.decide('n?', [o.rule('two', ({ variables }) => variables.n === 2, send('decided'))])]), o.branch('b', [])]),
  o.start('start', child, { in: { n: 'n' } }),
]);

/** A convoy of three messages. */
export const correlation = section('Correlation', (o, send, count) => [
  o.loop('next two', ({ variables }) => variables.n < 2, [
    o.receive('next', { port: 'In', message: 'More', follows: ['Key'] }),
    count('next'),
    ...send('next one'),
  ]),
  ...send('all'),
]);
`;

const SECTIONS = ['Persistence', 'Dehydration', 'Scopes', 'Shapes', 'Correlation'] as const;
const ORCHESTRATIONS = [...SECTIONS, 'Child'];
const hostOf = (name: string): string => `${name === 'Child' ? 'Shapes' : name}Host`;

const cluster = {
  hosts: [
    { name: 'ReceivingHost', instances: ['A'] },
    { name: 'SendingHost', instances: ['A'] },
    ...SECTIONS.map((name) => ({
      ...{ name: hostOf(name), instances: ['A'] },
      ...(name === 'Dehydration' && { dehydration: { behavior: 'always' } }),
    })),
  ],
  messageTypes: Object.fromEntries(SECTIONS.map((name) => [name, { format: 'json', members: [name.toLowerCase()] }])),
  orchestrations: ORCHESTRATIONS.map((name) => ({ name, module: './sections.ts', host: hostOf(name) })),
  sendPorts: [
    {
      ...{ name: 'Steps', host: 'SendingHost', transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.json' } },
      filter: [[{ property: 'BTS.MessageType', operator: '==', value: 'Step' }]],
    },
  ],
};

interface Ran {
  /** Bodies by section, in the order of the journal. */
  readonly published: Readonly<Record<string, readonly string[]>>;
  /** Commits by host. */
  readonly commits: ReadonlyMap<string, number>;
  /** Hosts that lost an instance. */
  readonly lost: ReadonlySet<string>;
}

/** All sections once; with `nth`, each host instance that was there at the start dies before that commit. */
async function run(nth?: number): Promise<Ran> {
  const group = await TestGroup.start({
    ...{ computers: ['A'], cluster, files: { 'sections.ts': module } },
    ...(nth !== undefined && { fault: `hostInstance.beforeCommit:${String(nth)}:kill` }),
  });
  try {
    fault(undefined);
    const messages = [...SECTIONS, 'Correlation', 'Correlation'];
    for (const [index, name] of messages.entries())
      await group.drop(`${String(index)}.json`, JSON.stringify({ [name.toLowerCase()]: 'k' }));
    await group.until(() => ORCHESTRATIONS.every((name) => group.completed(name) === 1), 'all sections have ended', 60_000);
    await group.down();
    const { records } = await group.judge();
    return whatIsIn(records.map(({ record }) => record));
  } finally {
    await group.remove();
  }
}

function whatIsIn(records: readonly JournalRecord[]): Ran {
  const published: Record<string, string[]> = Object.fromEntries(ORCHESTRATIONS.map((name) => [name, []]));
  const commits = new Map<string, number>();
  const lost = new Set<string>();
  for (const record of records) {
    if (record.kind === 'sessionEnd' && record.lost.length > 0) lost.add(hostPart(record.hostInstance));
    if (record.kind !== 'commit') continue;
    const host = hostPart(record.hostInstance);
    commits.set(host, (commits.get(host) ?? 0) + 1);
    for (const { type, body = '' } of record.published ?? []) {
      if (type === 'Step') published[(JSON.parse(body) as { section: string }).section]?.push(body);
    }
  }
  return { published, commits, lost };
}

const hostPart = (hostInstance: string): string => hostInstance.split('@')[0] ?? '';

test('killed before each persistence point in turn', { timeout: 180_000, skip: process.platform === 'win32' }, async (context) => {
  const alone = await run();
  const steps = Object.values(alone.published).map((bodies) => bodies.map((body) => (JSON.parse(body) as { step: string }).step));
  assert.deepEqual(steps, [
    ['one', 'two', 'three', 'four'],
    ['woke', 'gave up'],
    ['do flight', 'do hotel', 'undo hotel', 'undo flight', 'told'],
    ['called', 'called', 'decided'],
    ['next one', 'next one', 'all'],
    ['started'],
  ]);
  const most = Math.max(...SECTIONS.map((name) => alone.commits.get(hostOf(name)) ?? 0));
  for (let nth = 1; nth <= most; nth++) {
    await context.test(`before the commit number ${String(nth)}`, async () => {
      const killed = await run(nth);
      assert.deepEqual(killed.published, alone.published);
      for (const name of SECTIONS) {
        const reached = (alone.commits.get(hostOf(name)) ?? 0) >= nth;
        if (reached) assert.ok(killed.lost.has(hostOf(name)), `${name} was killed`);
      }
    });
  }
});
