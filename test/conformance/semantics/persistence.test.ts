/** Persistence points and recovery (docs/behaviour.md, section 7). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { entry, numberOf, TestGroup } from '../../unit/engine/group.ts';
import { define, send, type Shapes } from '../../unit/engine/trip.ts';
import { conform } from './case.ts';
import { cases, note } from './persistence.cases.ts';

conform(cases);

test('what ran since the last persistence point has its effects outside again, also in an atomic scope; nothing is published twice', () => {
  // Sources: persistence-and-the-orchestration-engine, atomic-transactions.
  let effects = '';
  const outside = (o: Shapes, name: string): Shape => o.expression(name, () => void (effects += name));
  const compiled = define((o) => [
    outside(o, 'a'),
    send(o, 'one'),
    outside(o, 'b'),
    o.scope('all', { atomic: true }, [outside(o, 'c'), send(o, 'two')]),
    outside(o, 'd'),
  ]);
  for (const [nth, expected] of ['aabcd', 'abcbcd', 'abcdd'].entries()) {
    effects = '';
    let died = false;
    const group = new TestGroup(compiled);
    group.finish('goOn', () => !died && group.commits.length === nth && (died = true));
    assert.deepEqual([effects, group.published()], [expected, ['one', 'two']]);
  }
});

test('a crash before the first persistence point: all begins again with the activating message', () => {
  // Source: persistence-and-the-orchestration-engine.
  const group = new TestGroup(define((o) => [note(o, 'one'), o.delay('wait', 50), note(o, 'two')]));
  group.start();
  const died = group.crash();
  group.waitForTimer(died);
  const { consumed, trace } = group.commit();
  assert.deepEqual([consumed, trace.map(([shape]) => shape)], [['q0'], [0, 1, 2, 3, 4]]);
});

test('a message that was received and is in no save is received again; one that is in a save is not', () => {
  // Source: persistence-and-the-orchestration-engine.
  const compiled = define((o) => {
    const receive = (name: string): Shape => o.receive(name, { port: 'More', message: 'More', follows: ['Key'] });
    return [receive('first'), send(o, 'save'), receive('second'), o.delay('wait', 50)];
  });
  const [first, second] = [numberOf(compiled, 'first'), numberOf(compiled, 'second')];
  const group = new TestGroup(compiled, [entry('q0', 0), entry('q1', first), entry('q2', second)]);
  group.start();
  group.crash();
  assert.deepEqual(group.commit().consumed, ['q0', 'q1']);
  group.run({ kind: 'continue' });
  const again = group.crash();
  assert.deepEqual(
    group.execution.atRisk().map(([shape]) => shape),
    [second],
  );
  group.waitForTimer(again);
  assert.deepEqual(group.commit().consumed, ['q2']);
});
