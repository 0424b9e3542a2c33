/** Guarantee: what an orchestration may call and start, and with what, is checked when the group loads, with the rule in the error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messageType, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import { isCode } from '../../../emulator/errors.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { OrchestrationDefinition } from '../../../emulator/orchestration/definition.ts';
import type { Arguments, Shape } from '../../../emulator/orchestration/shapes.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
const other = messageType({ name: 'Other', format: 'json' });

const declarations = {
  longRunning: true,
  messages: { In: note, Other: other, Later: note },
  variables: { n: 0 },
  correlationSets: { Key: ['key'], Wide: ['key', 'more'] },
  ports: { Incoming: receivePort(), Outgoing: sendPort() },
} as const;

/** An orchestration that calls or starts another one, with arguments that types would not allow. */
function using(kind: 'call' | 'start', callee: OrchestrationDefinition, given: Arguments = {}): OrchestrationDefinition {
  const shape: Shape = { kind, name: 'use', orchestration: callee, arguments: given };
  return orchestration('User', declarations, (o) => [
    o.receive('Begin', { port: 'Incoming', message: 'In', activate: true, initializes: ['Key'] }),
    shape,
  ]);
}

const callee = (parameters: Record<string, 'in' | 'out' | 'ref'> | undefined, body: Shape[] = []): OrchestrationDefinition => ({
  ...orchestration('Used', { ...declarations, longRunning: false }, () => body),
  ...(parameters && { parameters }),
});

function refuses(definition: OrchestrationDefinition, detail: RegExp, of = definition.name): void {
  assert.throws(
    () => compile(definition),
    (error) => {
      assert.ok(isCode(error, 'definition.invalid'));
      assert.equal(error.parameters['orchestration'], of);
      assert.match(error.message, detail);
      return true;
    },
  );
}

test('arguments fit the parameters', () => {
  compile(using('call', callee({ n: 'ref', In: 'in', Key: 'in' }), { ref: { n: 'n' }, in: { In: 'In', Key: 'Key' } }));
  refuses(using('call', callee(undefined)), /calls "Used", which declares no parameters/);
  refuses(using('call', callee({ n: 'in' })), /gives nothing for parameter "n"/);
  refuses(using('call', callee({ n: 'in' }), { out: { n: 'n' } }), /gives "n" as out, which "Used" declares as in/);
  refuses(using('call', callee({}), { in: { m: 'n' } }), /gives "m", which is no parameter of "Used" \(there: none\)/);
  refuses(using('call', callee({ n: 'in' }), { in: { n: 'missing' } }), /gives "missing" for variable "n", which is no declared variable/);
  refuses(using('call', callee({ In: 'in' }), { in: { In: 'Other' } }), /of type "Other" and not "Note"/);
  refuses(using('call', callee({ Key: 'in' }), { in: { Key: 'Wide' } }), /has other properties/);
  refuses(using('call', callee({ Incoming: 'in' }), { in: { Incoming: 'Outgoing' } }), /has another direction/);
});

test('parameters are of what is declared', () => {
  refuses(using('call', callee({ nothing: 'in' })), /parameter "nothing" is no declared message/, 'Used');
  refuses(using('call', callee({ Incoming: 'ref' })), /is a port, which can only be an in parameter/, 'Used');
  const twice = { ...callee({ n: 'in' }), ports: { n: sendPort() } };
  refuses(using('call', twice), /is the name of a variable and of a port/, 'Used');
});

test('what a call gets has a value, and so has what it gives back', () => {
  refuses(
    using('call', callee({ In: 'in' }), { in: { In: 'Later' } }),
    /calls with message "Later", which has no value on every path to it/,
  );
  refuses(
    using('call', callee({ In: 'out' }), { out: { In: 'In' } }),
    /gives back "In", which has no value at the end of every path/,
    'Used',
  );
  const opens = callee({ Key: 'out', In: 'in' }, [
    { kind: 'send', name: 'open', port: 'Outgoing', message: 'In', initializes: ['Key'], follows: [] },
  ]);
  refuses(
    using('call', opens, { in: { In: 'In' }, out: { Key: 'Key' } }),
    /initializes correlation set "Key", which may be initialized already/,
  );
});

test('who is called or started is activated by no message, and gets no more than it can be given', () => {
  const activated: Shape = {
    ...{ kind: 'receive', name: 'Begin', port: 'Incoming', message: 'In' },
    ...{ activate: true, filter: [], initializes: [], follows: [] },
  };
  refuses(using('call', callee({}, [activated])), /"Begin" activates, but "Used" has parameters/, 'Used');
  refuses(using('start', callee({ n: 'ref' }), { ref: { n: 'n' } }), /whose parameter "n" is ref: who is started has nobody to give it to/);
  refuses(
    using('start', callee({ Outgoing: 'in' }), { in: { Outgoing: 'Outgoing' } }),
    /a port cannot be given to an orchestration that is started/,
  );
});

test('no recursion, and no more levels and shapes than there may be', () => {
  const self = callee({}) as OrchestrationDefinition & { body: Shape[] };
  self.body.push({ kind: 'call', name: 'again', orchestration: self, arguments: {} });
  refuses(using('call', self), /"again" calls "Used", which is calling it: an orchestration cannot call itself/, 'Used');

  let deep = callee({});
  for (let level = 0; level < 100; level++)
    deep = { ...callee({}), body: [{ kind: 'call', name: 'down', orchestration: deep, arguments: {} }] };
  refuses(using('call', deep), /calls more than 100 levels deep/, 'Used');

  let wide = callee({});
  for (let level = 0; level < 40; level++) {
    const inner = wide;
    const body = ['one', 'two'].map((name): Shape => ({ kind: 'call', name, orchestration: inner, arguments: {} }));
    wide = { ...callee({}), body };
  }
  refuses(using('call', wide), /more than 20000 shapes/, 'Used');
  refuses(using('call', { name: 'x' } as unknown as OrchestrationDefinition), /calls something that is no orchestration/);
});

test('a mistake in a called orchestration is told as its own', () => {
  refuses(using('call', callee({}, [{ kind: 'group', name: '', body: [] }])), /a group shape has no name/, 'Used');
});

test('transactions are nested across a call as they are without', () => {
  const transactional = { ...callee({}), transaction: 'longRunning' } as const;
  const within = (options: object): OrchestrationDefinition =>
    orchestration('User', declarations, (o) => [
      o.receive('Begin', { port: 'Incoming', message: 'In', activate: true }),
      o.scope('around', options, [{ kind: 'call', name: 'use', orchestration: transactional, arguments: {} }]),
    ]);
  compile(within({ longRunning: true }));
  refuses(within({}), /which needs a long-running scope or orchestration directly around it/);
  refuses(within({ atomic: true }), /inside an atomic scope, which contains no other transaction/);
  refuses(within({ synchronized: true }), /inside a synchronized scope/);
  const undone = { ...callee({}), compensation: { name: 'Compensation', body: [] } };
  refuses(using('call', undone), /it is compensated, but it is no transaction/, 'Used');
  const suspends = callee({}, [{ kind: 'suspend', name: 'stop', reason: () => '' }]);
  const inAtomic = orchestration('User', declarations, (o) => [
    o.receive('Begin', { port: 'Incoming', message: 'In', activate: true }),
    o.scope('around', { atomic: true }, [{ kind: 'call', name: 'use', orchestration: suspends, arguments: {} }]),
  ]);
  refuses(inAtomic, /in which nothing is saved, but "Used" suspends/);
});

test('the outline tells which transaction a scope or call is, and which orchestration a Call or Start is for', () => {
  const called = { ...callee({}), transaction: 'longRunning' } as const;
  const { outline } = compile(
    orchestration('User', declarations, (o) => [
      o.receive('Begin', { port: 'Incoming', message: 'In', activate: true }),
      o.scope('atomic', { atomic: true }, []),
      o.scope('plain', {}, []),
      { kind: 'call', name: 'call', orchestration: called, arguments: {} },
      { kind: 'start', name: 'start', orchestration: callee({}), arguments: {} },
    ]),
  );
  assert.deepEqual(
    outline.map(({ name, transaction, orchestration: of }) => [name, transaction, of]),
    [
      ['Begin', undefined, undefined],
      ['atomic', 'atomic', undefined],
      ['plain', undefined, undefined],
      ['call', 'longRunning', 'Used'],
      ['start', undefined, 'Used'],
    ],
  );
  assert.ok(!outline.some((entry) => Object.values(entry).includes(undefined)), 'what there is not, is no member');
});
