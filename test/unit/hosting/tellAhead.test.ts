/**
 * What a host instance died on is told ahead: the MessageBox knows the shape before its code runs, whatever that code then does to the
 * process (docs/failure-model.md, 4.6). Without a crash before, nothing is said and nothing waits.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { define, numberOf, publish } from '../engine/group.ts';
import { message, note, ScriptedMessageBox } from './scripted.ts';

const START = message('start', 0, note(0));

function suspect(ran: string[]) {
  return define((o) => [
    o.expression('one', () => void ran.push('one')),
    o.expression('two', () => void ran.push('two')),
    ...publish(o, 'first'),
    o.expression('three', () => void ran.push('three')),
    ...publish(o, 'second'),
  ]);
}

function next(box: ScriptedMessageBox): (number | undefined)[] {
  return box.all('progress').map((frame) => frame.next);
}

test('each shape is on its way to the MessageBox before its code runs, up to the first commit', async () => {
  const ran: string[] = [];
  const compiled = suspect(ran);
  const box = await ScriptedMessageBox.start({ compiled });
  const seen: string[] = [];
  box.onHeard = (frame) => {
    if (frame.kind === 'progress') seen.push(`${compiled.outline[frame.next ?? -1]?.name ?? ''} after ${ran.join(' and ') || 'nothing'}`);
  };
  await box.tell(box.grantFrame({ queue: [START], tellAhead: true }));
  assert.deepEqual(seen, ['one after nothing', 'two after one', 'make first after one and two']);
  assert.deepEqual(
    box
      .all('progress')
      .at(-1)
      ?.trace.map(([shape]) => compiled.outline[shape]?.name),
    ['Start', 'one', 'two'],
  );
  await box.acknowledge();
  assert.deepEqual([ran.length, next(box).length, box.last('commit').outcome], [3, 3, 'completed']);
});

test('nobody asks: nothing is told', async () => {
  const compiled = suspect([]);
  const box = await ScriptedMessageBox.start({ compiled });
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual([box.all('progress'), box.commits.length], [[], 1]);
});

test('code is told of one after the other, so the last that was told is what runs', async () => {
  const compiled = define((o) => [
    o.expression('one', () => void seen.push('run')),
    o.expression('two', () => void seen.push('run')),
    ...publish(o, 'first'),
  ]);
  const seen: string[] = [];
  const box = await ScriptedMessageBox.start({ compiled });
  box.onHeard = (frame) => {
    if (frame.kind === 'progress') seen.push(`${frame.instance} ${compiled.outline[frame.next ?? -1]?.name ?? ''}`);
  };
  const start = (instance: string) => ({ instance, lock: instance, queue: [message(`start-${instance}`, 0, note(0))], tellAhead: true });
  await box.tell(box.grantFrame(start('i1')), box.grantFrame(start('i2')));
  assert.deepEqual(seen.slice(0, 8), ['i1 one', 'run', 'i2 one', 'run', 'i1 two', 'run', 'i2 two', 'run']);
  assert.equal(box.commits.length, 2);
});

test('what cannot be told does not run: without a connection it waits, and the next session is told', async () => {
  const ran: string[] = [];
  const compiled = suspect(ran);
  const one = numberOf(compiled, 'one');
  const box = await ScriptedMessageBox.start({ compiled });
  box.breaksWith = (frames) => frames.some(({ kind }) => kind === 'progress');
  await box.tell(box.grantFrame({ queue: [START], tellAhead: true }));
  await box.settle(150);
  assert.deepEqual(ran, []);
  box.breaksWith = () => false;
  await box.welcome([{ instance: 'i1', lock: '2.1', version: 0 }]);
  assert.deepEqual(next(box).slice(0, 1), [one]);
  assert.deepEqual([ran, box.commits.length, box.last('commit').lock], [['one', 'two'], 1, '2.1']);
});

test('what is dropped while it is being told does not run', async () => {
  const ran: string[] = [];
  const box = await ScriptedMessageBox.start({ compiled: suspect(ran) });
  box.breaksWith = (frames) => frames.some(({ kind }) => kind === 'progress');
  await box.tell(box.grantFrame({ queue: [START], tellAhead: true }));
  await box.settle(150);
  await box.welcome();
  await box.settle(10);
  assert.deepEqual([ran, box.host.held], [[], []]);
});

test('messages, an operation and a stop that come while a shape is told take effect after it', async () => {
  const compiled = define((o) => [
    o.expression('one', () => undefined),
    o.receive('more', { port: 'More', message: 'More', follows: ['Key'] }),
    o.expression('two', () => undefined),
    o.receive('again', { port: 'More', message: 'More', follows: ['Key'] }),
  ]);
  const entries = [message('m', numberOf(compiled, 'more'), note(1))];
  const operated = await ScriptedMessageBox.start({ compiled });
  await operated.tell(operated.grantFrame({ queue: [START], tellAhead: true }), operated.deliver(entries, '1.1'), {
    kind: 'operate',
    instance: 'i1',
    operation: 'suspend',
  });
  assert.deepEqual([operated.last('commit').outcome, operated.last('commit').consumed], ['suspended', ['start', 'm']]);
  const stopped = await ScriptedMessageBox.start({ compiled });
  await stopped.tell(stopped.grantFrame({ queue: [START], tellAhead: true }), stopped.deliver(entries, '1.1'));
  void stopped.host.drain();
  await stopped.settle();
  assert.deepEqual([stopped.last('commit').outcome, stopped.last('commit').consumed], ['idle', ['start', 'm']]);
});

test('a message that cannot be read while a shape is told suspends', async () => {
  const box = await ScriptedMessageBox.start({ compiled: suspect([]) });
  await box.tell(box.grantFrame({ queue: [START], tellAhead: true }), box.deliver([{ id: 'e', subscription: '1' }], '1.1'));
  assert.equal(box.last('commit').error?.code, 'messageBox.messageUnreadable');
});

test('the process knows whose code runs', async () => {
  const seen: (string | undefined)[] = [];
  const box = await ScriptedMessageBox.start({
    compiled: define((o) => [o.expression('look', () => void seen.push(box.host.running)), ...publish(o, 'first')]),
  });
  await box.tell(box.grantFrame({ queue: [START] }));
  assert.deepEqual([seen, box.host.running], [['i1'], undefined]);
});
