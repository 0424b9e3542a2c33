/**
 * No question that anyone asks ends or restarts the process that owns the work: whatever is found when it is answered, the error is the
 * question's own, and the next one is answered.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { SohError } from '../../../emulator/errors.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { Batches } from '../../../emulator/messagebox/process/batches.ts';
import { GatedOutput } from '../../../emulator/messagebox/process/gatedOutput.ts';
import { Room } from '../../../emulator/messagebox/process/room.ts';
import { SupervisorDesk } from '../../../emulator/messagebox/process/supervisorDesk.ts';
import type { SupervisorReply } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { Ballast } from '../../../emulator/messagebox/storage/ballast.ts';
import type { Bodies } from '../../../emulator/messagebox/storage/bodies.ts';
import { Reports } from '../../../emulator/messagebox/view/reports.ts';
import type { Pace } from '../../../emulator/slices.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { commitFrame, Core } from '../../faults/core.ts';

function fullDisk(): SimulatedDisk {
  const disk = new SimulatedDisk(seededRandom(1));
  disk.capacity = 0;
  return disk;
}

class Asking {
  readonly core = new Core();
  readonly replies: SupervisorReply[] = [];
  readonly log: string[] = [];
  readonly failures: unknown[] = [];
  readonly reports: Reports;
  readonly batches: Batches;
  readonly desk: SupervisorDesk;
  readonly output: GatedOutput;
  readonly clock = new SimulatedClock();
  /** On a disk without any room. */
  readonly room = new Room(new Ballast(fullDisk(), '/data', 1000), this.clock, '/data');
  readonly socket = {
    send: (text: string): void => void this.replies.push(...(JSON.parse(text) as SupervisorReply[])),
    close: (): void => undefined,
  };

  constructor() {
    const { messageBox } = this.core;
    const pace: Pace = { monotonic: () => 0, rest: () => turn() };
    this.batches = new Batches(messageBox, pace);
    this.reports = new Reports(messageBox, () => ({ journalBytes: 0, ...(this.room.full ? { full: true } : {}) }));
    const journal = { sequence: 0, durable: 0, flush: () => Promise.resolve() };
    this.output = new GatedOutput(
      journal,
      this.clock,
      () => 0,
      (error) => void this.failures.push(error),
      () => undefined,
    );
    this.desk = new SupervisorDesk({
      messageBox,
      output: this.output,
      bodies: {} as Bodies,
      reports: this.reports,
      batches: this.batches,
      pace,
      room: this.room,
      settleSoon: () => {
        this.output.endTurn();
      },
      shutdown: () => undefined,
      failed: (error) => void this.failures.push(error),
      log: (line) => void this.log.push(line),
    });
  }

  /** An instance whose saved state and timers are these. */
  instance(state: string, due: number): string {
    const { messageBox } = this.core;
    const { connection, session } = this.core.hello('h1');
    messageBox.frame(session, { kind: 'pull', credit: 1 });
    const message = { type: 'Job', properties: { Job: 'x' }, body: '' };
    messageBox.frame(session, { kind: 'submit', request: 1, location: 'L', receiveId: 'r', message });
    messageBox.settle();
    const [granted] = connection.last('grant')?.instances ?? [];
    assert.ok(granted);
    const { instance, lock, version: base } = granted;
    const timers = [{ id: '1.1', due }];
    messageBox.frame(
      session,
      commitFrame({ id: `${instance}#1@${lock}`, instance, lock, base, state, timers, outcome: 'idle', waits: ['1.1'] }),
    );
    return instance;
  }

  async ask(question: Parameters<SupervisorDesk['frame']>[1] & { readonly request: number }): Promise<SupervisorReply> {
    this.desk.frame(this.socket, question);
    this.output.endTurn();
    for (let wait = 0; wait < 100; wait++) {
      const reply = this.replies.find((one) => 'request' in one && one.request === question.request);
      if (reply) return reply;
      await turn();
    }
    throw new Error('no answer');
  }
}

test('an instance is shown whatever its state holds, or the question fails, and the next one is answered', async () => {
  const times = [Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 1e300, null, 'soon'];
  for (const at of times) {
    const asking = new Asking();
    const instance = asking.instance(JSON.stringify({ t: [0], d: { 0: [at, '0.1', 0] } }), 5);
    const reply = await asking.ask({ kind: 'instance', request: 1, instance });
    assert.equal(reply.kind, 'instance', String(at));
  }
  for (const state of ['', '{', '[', 'null', '{"m":{"A":null}}', '{"d":{"1":null}}', '{"d":[7]}', '{"m":7,"t":3}']) {
    const asking = new Asking();
    const instance = asking.instance(state, 5);
    const reply = await asking.ask({ kind: 'instance', request: 1, instance });
    assert.ok(reply.kind === 'instance' || reply.kind === 'refused', state);
    assert.equal((await asking.ask({ kind: 'ping', request: 2 })).kind, 'pong');
    assert.deepEqual(asking.failures, []);
  }
});

/** Methods of this object throw what a time that is no date made `toISOString` throw; the result mends them. */
function broken(object: object, ...methods: readonly string[]): () => void {
  for (const method of methods)
    Object.assign(object, {
      [method]: () => {
        throw new RangeError('Invalid time value');
      },
    });
  return () => {
    for (const method of methods) Reflect.deleteProperty(object, method);
  };
}

test('a view that throws answers its question with the error, and the desk goes on', async () => {
  const asking = new Asking();
  const { instances } = asking.core.messageBox.store.state;
  const mend = [broken(asking.reports, 'status'), broken(asking.batches, 'run'), broken(instances, 'values', 'get')];
  const questions = [
    { kind: 'status', request: 1 },
    { kind: 'instance', request: 2, instance: 'i' },
    { kind: 'instances', request: 3, filter: {}, offset: 0, limit: 10 },
    { kind: 'operate', request: 4, operation: 'suspend', filter: {} },
  ] as const;
  for (const question of questions) {
    const reply = await asking.ask(question);
    assert.ok(reply.kind === 'refused', question.kind);
    assert.equal(reply.error.code, 'unexpected');
    assert.match(reply.error.message, /Invalid time value/);
  }
  assert.equal(asking.log.length, questions.length);
  for (const one of mend) one();
  for (const question of questions) {
    const reply = await asking.ask({ ...question, request: question.request + 10 });
    assert.notEqual(reply.kind, 'refused', question.kind);
  }
  assert.deepEqual(asking.failures, []);
});

test('a report that cannot be made is said once, and made again when it can', async () => {
  const asking = new Asking();
  const mend = broken(asking.reports, 'status');
  asking.desk.frame(asking.socket, { kind: 'watch', on: true });
  for (let times = 0; times < 3; times++) asking.desk.report();
  assert.deepEqual(asking.log, ['the report could not be made: Invalid time value']);
  mend();
  asking.desk.report();
  await turn();
  assert.deepEqual(
    asking.replies.map(({ kind }) => kind),
    ['changes'],
  );
});

test('a disk that fails is no matter of the question', async () => {
  const asking = new Asking();
  const error = new SohError('messageBox.storageFailed', { file: 'x', reason: 'EIO' });
  Object.assign(asking.batches, { run: () => Promise.reject(error) });
  assert.equal((await asking.ask({ kind: 'operate', request: 1, operation: 'resume', filter: {} })).kind, 'refused');
  assert.deepEqual(asking.failures, [error]);
});

test('while nothing can be written the supervisor is told what it was told last, and why nothing moves; questions are refused', async () => {
  const asking = new Asking();
  asking.desk.frame(asking.socket, { kind: 'watch', on: true });
  asking.desk.report();
  await turn();
  const stop = asking.room.open({
    changed: (full) => {
      asking.desk.noticed({ kind: 'storage', state: full ? 'full' : 'writable' });
    },
    failed: (error) => assert.fail(String(error)),
  });
  const waiting = asking.room.forRecord();
  assert.ok(asking.room.blocked);
  // What was decided since is in memory only.
  asking.instance('{}', 5);
  asking.replies.length = 0;
  asking.desk.report();
  asking.desk.report();
  const [told, again] = asking.replies;
  assert.ok(told?.kind === 'changes' && again?.kind === 'changes');
  assert.deepEqual([told.report.status.full, told.report.status.counts.Dehydrated, told.instances], [true, 0, []]);
  assert.deepEqual(
    [told.events, again.events].map((events) => events.map(({ kind }) => kind)),
    [['storage'], []],
  );
  asking.desk.frame(asking.socket, { kind: 'ping', request: 7 });
  asking.desk.frame(asking.socket, { kind: 'instances', request: 8, filter: {}, offset: 0, limit: 1 });
  const [pong, refused] = asking.replies.slice(2);
  assert.ok(pong?.kind === 'pong' && refused?.kind === 'refused');
  assert.equal(refused.error.code, 'messageBox.storageFull');
  asking.clock.advance(300);
  await waiting;
  stop();
  asking.desk.report();
  await turn();
  const last = asking.replies.at(-1);
  assert.ok(last?.kind === 'changes' && last.report.status.counts.Dehydrated === 1, 'then it is told everything');
});
