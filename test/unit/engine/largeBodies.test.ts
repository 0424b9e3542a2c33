/**
 * Guarantee: a Construct whose body is read elsewhere does what one does whose body is read at once: its code runs once, nothing happens in between, what
 * is wrong with the body is an exception of its shape. A body that the MessageBox has is sent on by its name, and is no text before code wants one.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineInput, EngineResult, EngineServices, Execution } from '../../../emulator/engine/door.ts';
import { createExecution, restoreExecution } from '../../../emulator/engine/execution.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { Properties } from '../../../emulator/orchestration/message.ts';
import { define, entry, publish, services } from './group.ts';

const elsewhere: EngineServices = { ...services, promote: () => 'elsewhere' };
const START: EngineInput = { kind: 'deliver', entries: [entry('q0', 0)] };

/** Runs until there is something to commit, or until it waits; tells the bodies that were read elsewhere. */
function run(
  compiled: CompiledOrchestration,
  given: EngineServices,
  tellAhead = false,
  promote: EngineServices['promote'] = (type, body) => services.promote(type, body),
) {
  const execution = createExecution({ compiled, instanceId: 'i1', services: given, tellAhead });
  const bodies: string[] = [];
  let input = START;
  for (;;) {
    const result: EngineResult = execution.run(input, 0);
    if (result.kind === 'about') input = { kind: 'continue' };
    else if (result.kind === 'promote') {
      bodies.push(result.body);
      input = { kind: 'promoted', properties: () => promote(result.type, result.body) as Properties };
    } else return { bodies, result, execution };
  }
}

function committed(execution: Execution): unknown {
  const { published, state, trace, outcome, error, points } = execution.takeCommit();
  return { published, state, trace, outcome, error, points };
}

const two = (ran: string[]) =>
  define((o) => [
    o.parallel('both', [
      o.branch('left', [
        o.expression('before', ({ variables }) => void ran.push(`before ${String((variables.n += 1))}`)),
        o.construct('make', 'Out', ({ variables }) => {
          ran.push('make');
          variables.n += 10;
          return { body: { key: 'made', amount: variables.n }, properties: { extra: 1 } };
        }),
        o.expression('after', ({ variables }) => void ran.push(`after ${String(variables.n)}`)),
      ]),
      o.branch('right', [
        o.receive('wait', { port: 'More', message: 'More', follows: ['Key'] }),
        o.expression('right', () => void ran.push('right')),
      ]),
    ]),
    o.send('Send', { port: 'Out', message: 'Out' }),
  ]);

for (const tellAhead of [false, true])
  test(`the same happens, in the same order${tellAhead ? ', told ahead' : ''}`, () => {
    const here: string[] = [];
    const there: string[] = [];
    const expected = run(two(here), services, tellAhead);
    const found = run(two(there), elsewhere, tellAhead);
    assert.deepEqual(found.bodies, ['{"key":"made","amount":11}']);
    assert.deepEqual([there, found.result], [here, expected.result]);
    assert.deepEqual(committed(found.execution), committed(expected.execution));
  });

test('what is wrong with the body is caught by the handler of its shape', () => {
  const caught: string[] = [];
  const compiled = define((o) => [
    o.scope('try', publish(o, 'first'), [
      o.handler('caught', 'TypeError', [o.expression('note', ({ exception }) => void caught.push(exception?.message ?? ''))]),
    ]),
  ]);
  const { result, execution } = run(compiled, elsewhere, false, () => {
    throw new TypeError('not of its type');
  });
  assert.deepEqual([result.kind, caught], ['persist', ['not of its type']]);
  assert.equal(execution.takeCommit().outcome, 'completed');
});

test('a stored body is sent on by its name, also after a takeover, and is made a text only for code', () => {
  let texts = 0;
  const compiled = define((o) => [
    o.send('on', { port: 'Out', message: 'In' }),
    o.expression('length', ({ variables, messages }) => void (variables.n = { ...messages.In }.body.length)),
    o.send('again', { port: 'Out', message: 'In' }),
  ]);
  const { message: small, ...place } = entry('q0', 0);
  const message = Object.defineProperty({ ...small, bodyHash: 'abc' }, 'body', {
    get: () => {
      texts++;
      return small.body;
    },
  });
  const settings = { compiled, instanceId: 'i1', services };
  const execution = createExecution(settings);
  execution.run({ kind: 'deliver', entries: [{ ...place, message }] }, 0);
  const first = execution.takeCommit();
  const restored = restoreExecution({ ...settings, state: first.state ?? '', held: [message] });
  assert.equal(texts, 0);
  restored.run({ kind: 'continue' }, 0);
  const second = restored.takeCommit();
  assert.deepEqual(
    [...first.published, ...second.published].map(({ body, bodyHash }) => [body, bodyHash]),
    [
      [undefined, 'abc'],
      [undefined, 'abc'],
    ],
  );
  assert.equal(texts, 1);
});
