/**
 * Where it is asked for, the engine announces each shape before its code runs, up to the first commit; nothing of the shape has happened
 * then, and whatever comes in between, what happens is the same as without the announcements.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineInput, EngineResult } from '../../../emulator/engine/door.ts';
import { createExecution, restoreExecution } from '../../../emulator/engine/execution.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { define, entry, publish, services, type TestShapes } from './group.ts';

const NOW = 1_000_000;

/** Runs up to the first commit, or until it waits; tells what was announced and which code had run by then. */
function announced(compiled: CompiledOrchestration, ran: string[] = [], tellAhead = true) {
  const execution = createExecution({ compiled, instanceId: 'i1', services, tellAhead });
  const names: string[] = [];
  let input: EngineInput = { kind: 'deliver', entries: [entry('q0', 0)] };
  for (let turn = 0; turn < 100; turn++) {
    const result: EngineResult = execution.run(input, NOW);
    if (result.kind !== 'about') return { names, result, execution };
    names.push([compiled.outline[result.shape]?.name, ...ran.splice(0)].join(' after '));
    input = { kind: 'continue' };
  }
  throw new Error('it does not come to an end');
}

const every = (ran: string[]) =>
  define((o) => {
    const note = (what: string): number => ran.push(what);
    return [
      o.expression('expression', () => void note('expression')),
      o.construct('construct', 'Out', () => ({ body: note('construct') && { key: 'k', amount: 1 } })),
      o.decide('decide', [o.rule('no', () => note('first rule') < 0, []), o.rule('yes', () => note('second rule') > 0, [])]),
      o.loop('loop', ({ variables }) => note('loop') > 0 && variables.n < 2, [
        o.expression('in loop', ({ variables }) => {
          note('in loop');
          variables.n += 1;
        }),
      ]),
      o.parallel('parallel', [o.branch('a', [o.delay('delay', () => note('delay') * 0)]), o.branch('b', [])]),
      o.scope(
        'scope',
        [o.throw('throw', () => ({ type: 'T', message: String(note('throw')) }))],
        [o.handler('handler', 'T', [o.terminate('end', () => String(note('end')))])],
      ),
    ];
  });

test('each shape with code is announced once each time it runs, before its code', () => {
  const ran: string[] = [];
  const { names, result } = announced(every(ran), ran);
  assert.deepEqual(names, [
    'expression',
    'construct after expression',
    'decide after construct',
    'loop after first rule after second rule',
    'in loop after loop',
    'loop after in loop',
    'in loop after loop',
    'loop after in loop',
    'delay after loop',
    'throw after delay',
    'end after throw',
  ]);
  assert.equal(result.kind, 'persist');
});

test('without asking nothing is announced, and the commit is the same', () => {
  const asked = announced(every([]));
  const plain = announced(every([]), [], false);
  assert.deepEqual(plain.names, []);
  assert.deepEqual(plain.execution.takeCommit(), asked.execution.takeCommit());
});

test('shapes without code are not announced: Receive, Parallel, Scope, a Send without an address, a Throw again, a running Delay', () => {
  const { names, result } = announced(
    define((o) => [
      o.parallel('parallel', [
        o.branch('a', [o.scope('scope', [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })])]),
        o.branch('b', []),
      ]),
    ]),
  );
  assert.deepEqual([names, result.kind], [[], 'blocked']);
  assert.deepEqual(announced(define((o) => publish(o, 'send'))).names, ['make send']);
});

test('the Delays of a Listen are announced each by itself, and start together', () => {
  const ran: string[] = [];
  const compiled = define((o) => [
    o.listen('listen', [
      o.branch('message', [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]),
      o.branch('short', [o.delay('short time', () => ran.push('short'))]),
      o.branch('long', [o.delay('long time', () => ran.push('long') * 1000)]),
    ]),
  ]);
  const { names, result, execution } = announced(compiled, ran);
  assert.deepEqual(names, ['short time', 'long time after short']);
  assert.deepEqual(result.kind === 'blocked' && result.waits.map((wait) => (wait.kind === 'timer' ? wait.due : wait.kind)), [
    'receive',
    NOW + 1,
    NOW + 1000,
  ]);
  assert.equal(execution.run({ kind: 'continue' }, NOW).kind, 'blocked');
});

test('a Listen with a Delay whose time cannot be given ends in its handler as without announcements', () => {
  const compiled = define((o) => [
    o.scope(
      'scope',
      [
        o.listen('listen', [
          o.branch('message', [o.receive('more', { port: 'More', message: 'More', follows: ['Key'] })]),
          o.branch('time', [
            o.delay('time', () => {
              throw new TypeError('no time');
            }),
          ]),
        ]),
      ],
      [o.handler('handler', 'TypeError', [o.expression('caught', () => undefined)])],
    ),
  ]);
  assert.deepEqual(announced(compiled).names, ['time', 'caught']);
});

test('a message that comes between the announcement and the code changes which code runs first, not what happens', () => {
  const ran: string[] = [];
  const compiled = define((o: TestShapes) => [
    o.parallel('both', [
      o.branch('a', [
        o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
        o.expression('after', () => void ran.push('after')),
      ]),
      o.branch('b', [o.expression('other', () => void ran.push('other'))]),
    ]),
  ]);
  const execution = createExecution({ compiled, instanceId: 'i1', services, tellAhead: true });
  const name = (result: EngineResult) => (result.kind === 'about' ? compiled.outline[result.shape]?.name : result.kind);
  const more = compiled.outline.findIndex((shape) => shape.name === 'more');
  assert.equal(name(execution.run({ kind: 'deliver', entries: [entry('q0', 0)] }, NOW)), 'other');
  assert.equal(name(execution.run({ kind: 'deliver', entries: [entry('q1', more)] }, NOW)), 'after');
  assert.deepEqual(ran, []);
  assert.equal(name(execution.run({ kind: 'continue' }, NOW)), 'other');
  assert.equal(name(execution.run({ kind: 'continue' }, NOW)), 'persist');
  assert.deepEqual(ran, ['after', 'other']);
});

test('after the first commit nothing is announced any more; a restored instance announces again', () => {
  const compiled = define((o) => [...publish(o, 'first'), o.expression('later', () => undefined), ...publish(o, 'second')]);
  const { execution } = announced(compiled);
  const commit = execution.takeCommit();
  assert.equal(execution.run({ kind: 'continue' }, NOW).kind, 'persist');
  const held = [entry('q0', 0).message];
  const restored = restoreExecution({ compiled, instanceId: 'i1', services, state: commit.state ?? '', held, tellAhead: true });
  const result = restored.run({ kind: 'continue' }, NOW);
  assert.equal(result.kind === 'about' && compiled.outline[result.shape]?.name, 'later');
});

test('an instance that is announcing can be suspended: nothing of the shape has happened', () => {
  const ran: string[] = [];
  const compiled = define((o) => [o.expression('code', () => void ran.push('code'))]);
  const execution = createExecution({ compiled, instanceId: 'i1', services, tellAhead: true });
  assert.equal(execution.run({ kind: 'deliver', entries: [entry('q0', 0)] }, NOW).kind, 'about');
  assert.equal(execution.run({ kind: 'suspend' }, NOW).kind, 'persist');
  assert.deepEqual([execution.takeCommit().outcome, ran], ['suspended', []]);
});
