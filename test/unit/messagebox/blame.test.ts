/** Who is to blame for the end of a host instance, and what is said of it: in this thread, with a clock that is set. */
import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import type { ProcessEnd } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { commitFrame, Core, type FakeConnection } from '../../faults/core.ts';

let core: Core;
let pids = 100;

interface Host {
  readonly name: string;
  readonly pid: number;
  readonly session: Session;
  readonly connection: FakeConnection;
}

beforeEach(() => {
  core = new Core();
});

function begin(name: string, pid = ++pids, resume: Parameters<Core['hello']>[1] = []): Host {
  const host = { name, pid, ...core.hello(name, resume, pid) };
  core.messageBox.frame(host.session, { kind: 'pull', credit: 10 });
  core.messageBox.settle();
  return host;
}

function submit(...jobs: readonly string[]): void {
  const { session } = core.hello('Receiving', [], ++pids);
  session.draining = true;
  for (const job of jobs)
    core.messageBox.frame(session, {
      kind: 'submit',
      request: 1,
      location: 'L',
      receiveId: job,
      message: { type: 'Job', properties: { Job: job }, body: '' },
    });
  core.messageBox.frame(session, { kind: 'bye' });
  core.messageBox.settle();
}

function instances(): Instance[] {
  return [...core.messageBox.store.state.instances.values()];
}

function only(): Instance {
  const [instance, ...others] = instances();
  assert.ok(instance);
  assert.deepEqual(others, []);
  return instance;
}

function ended(host: Host, end: Partial<ProcessEnd> = {}): void {
  core.messageBox.gone({ kind: 'gone', hostInstance: host.name, pid: host.pid, exitCode: 3, signal: null, hung: false, text: '', ...end });
}

/** The process ends, and its parent tells. */
function crash(host: Host, end: Partial<ProcessEnd> = {}): void {
  core.messageBox.closed(host.session);
  ended(host, end);
  core.messageBox.settle();
}

/** In steps, as the MessageBox's own clock goes: one large step would be a stall of the MessageBox. */
function wait(ms: number): void {
  const { sweepMs } = profiles.demo;
  for (let left = ms; left > 0; left -= sweepMs) {
    core.now += Math.min(left, sweepMs);
    core.messageBox.sweep();
  }
}

/** The first three of the ends that condemn it. */
function crashThrice(name = 'H@A'): void {
  for (let count = 0; count < 3; count++) crash(begin(name));
}

function grantsOf(host: Host): string[] {
  return host.connection.frames.flatMap((frame) => (frame.kind === 'grant' ? frame.instances.map(({ instance }) => instance) : []));
}

function commit(host: Host, instance: Instance, fields: Partial<Parameters<typeof commitFrame>[0]> = {}): void {
  const grant = host.connection.frames
    .flatMap((frame) => (frame.kind === 'grant' ? frame.instances : []))
    .findLast((granted) => granted.instance === instance.id);
  assert.ok(grant);
  const { lock } = grant;
  const base = instance.version;
  core.messageBox.frame(
    host.session,
    commitFrame({ id: `${instance.id}#${base + 1}@${lock}`, instance: instance.id, lock, base, ...fields }),
  );
  core.messageBox.settle();
}

describe('the sentence', () => {
  test('two ends among others and two alone: suspended with the exit code, the shape and the text', () => {
    submit('a');
    crashThrice();
    const last = begin('H@A');
    assert.equal(last.connection.last('grant')?.instances[0]?.alone, true);
    core.messageBox.frame(last.session, { kind: 'progress', instance: only().id, trace: [[0, 0]], next: 1 });
    crash(last, { text: 'Error: out of milk\n    at Do it' });
    const { status, error } = only();
    assert.equal(status, 'suspended');
    assert.deepEqual(error, {
      code: 'orchestration.crashedHost',
      message:
        'The host instance ended 4 times while it ran this orchestration, last H@A, in shape "Do it": exit code 3.\n' +
        'Error: out of milk\n    at Do it',
      shape: 'Do it',
    });
  });

  test('the parent sees the end before the socket closes', () => {
    submit('a');
    crashThrice();
    const last = begin('H@A');
    ended(last, { exitCode: null, signal: 'SIGABRT' });
    assert.equal(only().status, 'ready');
    core.messageBox.closed(last.session);
    assert.match(only().error?.message ?? '', /before any of its shapes ran: SIGABRT\.$/);
  });

  test('one that hangs is judged when its process was ended, and says both', () => {
    submit('a');
    crashThrice();
    const last = begin('H@A');
    wait(profiles.demo.leaseMs + 200);
    assert.equal(only().attempt, 4);
    assert.equal(only().status, 'ready');
    wait(profiles.demo.hungMs);
    ended(last, { exitCode: null, signal: 'SIGKILL', hung: true });
    assert.match(only().error?.message ?? '', /it did not answer and was ended, SIGKILL\.$/);
  });

  test('nobody tells how it ended: it is judged all the same', () => {
    submit('a');
    crashThrice();
    core.messageBox.closed(begin('H@A').session);
    wait(5000);
    assert.equal(only().status, 'ready');
    wait(10_000);
    assert.match(only().error?.message ?? '', /its connection was lost/);
  });

  test('the end of another process is not taken for it', () => {
    submit('a');
    crashThrice();
    const last = begin('H@A');
    core.messageBox.closed(last.session);
    ended({ ...last, pid: last.pid + 1 });
    ended({ ...last, name: 'H@B' });
    assert.equal(only().status, 'ready');
    ended(last);
    assert.equal(only().status, 'suspended');
  });
});

describe('what is condemned never runs', () => {
  test('not while the sentence waits, whatever arrives for it', () => {
    submit('a');
    crashThrice();
    core.messageBox.closed(begin('H@A').session);
    const other = begin('H@B');
    core.messageBox.store.enqueue(only());
    core.messageBox.dispatch.offer(other.session);
    core.messageBox.settle();
    assert.deepEqual(grantsOf(other), []);
  });

  test('not after a restart of the MessageBox, which judges it', () => {
    submit('a');
    crashThrice();
    core.messageBox.closed(begin('H@A').session);
    core.restart();
    assert.deepEqual(grantsOf(begin('H@A')), []);
    core.messageBox.sweep();
    assert.match(only().error?.message ?? '', /how is not known/);
  });

  test('an operator decides first', () => {
    submit('a');
    crashThrice();
    const last = begin('H@A');
    core.messageBox.closed(last.session);
    const { id } = only();
    const suspended = [...operate(core.messageBox, 'suspend', { ids: [id] })];
    assert.deepEqual(suspended, []);
    ended(last);
    assert.equal(only().error, null);
    assert.deepEqual([...operate(core.messageBox, 'resume', { ids: [id] })], []);
    assert.equal(only().attempt, 0);
    assert.deepEqual(grantsOf(begin('H@A')), [id]);
  });
});

describe('an excuse', () => {
  test('belongs to the session there is: none, and it forgives nothing that comes later', () => {
    submit('a');
    core.messageBox.excuse('H@A', 4711, true);
    const host = begin('H@A');
    crash(host);
    assert.equal(only().attempt, 1);
  });

  test('forgives the end of its session, once, and not that of another process', () => {
    submit('a');
    const first = begin('H@A');
    core.messageBox.excuse('H@A', first.pid + 1, true);
    crash(first);
    assert.equal(only().attempt, 1);
    const second = begin('H@A');
    core.messageBox.excuse('H@A', second.pid, true);
    crash(second, { exitCode: null, signal: 'SIGKILL' });
    assert.equal(only().attempt, 1);
    crash(begin('H@A'));
    assert.equal(only().attempt, 2);
  });

  test('of a freeze ends with the thaw; a lease that ends meanwhile is nobody’s fault', () => {
    submit('a');
    const host = begin('H@A');
    core.messageBox.excuse('H@A', host.pid, true);
    core.messageBox.excuse('H@A', host.pid, false);
    crash(host);
    assert.equal(only().attempt, 1);
    const frozen = begin('H@A');
    core.messageBox.excuse('H@A', frozen.pid, true);
    wait(profiles.demo.leaseMs + 200);
    assert.equal(core.messageBox.sessions.of('H@A'), undefined);
    assert.equal(only().attempt, 1);
  });

  test('is not that it was draining', () => {
    submit('a');
    const host = begin('H@A');
    core.messageBox.frame(host.session, { kind: 'drain' });
    crash(host);
    assert.equal(only().attempt, 1);
  });

  test('is an orderly end', () => {
    submit('a');
    const host = begin('H@A');
    core.messageBox.frame(host.session, { kind: 'bye' });
    assert.equal(only().attempt, 0);
  });
});

describe('who is counted', () => {
  test('a commit begins again, and what comes after it counts', () => {
    submit('a');
    crash(begin('H@A'));
    const host = begin('H@A');
    assert.equal(only().attempt, 1);
    commit(host, only());
    assert.equal(only().attempt, 0);
    crash(host);
    assert.equal(only().attempt, 1);
  });

  test('where the owner told ahead, only what ran', () => {
    submit('a', 'b', 'c');
    crash(begin('H@A'));
    assert.deepEqual(
      instances().map(({ attempt }) => attempt),
      [1, 1, 1],
    );
    const host = begin('H@B');
    assert.ok(host.connection.last('grant')?.instances.every(({ tellAhead }) => tellAhead));
    const [first, second, third] = instances();
    assert.ok(first && second && third);
    core.messageBox.frame(host.session, { kind: 'progress', instance: first.id, trace: [[0, 0]], next: 1 });
    core.messageBox.frame(host.session, { kind: 'progress', instance: first.id, trace: [[0, 0]] });
    core.messageBox.frame(host.session, { kind: 'progress', instance: second.id, trace: [[0, 0]], next: 1 });
    crash(host);
    assert.deepEqual(
      instances().map(({ attempt }) => attempt),
      [1, 2, 1],
    );
    const lost = core.records.flatMap(({ record }) => (record.kind === 'sessionEnd' ? record.lost : []));
    assert.deepEqual(
      lost.slice(-3).map(({ running }) => running),
      [undefined, 1, undefined],
    );
  });

  test('what did not run is let off once, then counted, and let off again after a commit', () => {
    submit('a');
    const other = only();
    /** A host instance that is about to die of something else. */
    const inCompany = (job: string): Host => {
      submit(job);
      const company = instances().at(-1);
      assert.ok(company);
      const host = begin('H@A');
      core.messageBox.frame(host.session, { kind: 'progress', instance: company.id, trace: [[0, 0]], next: 1 });
      return host;
    };
    crash(inCompany('b'));
    assert.equal(other.attempt, 0);
    crash(inCompany('c'));
    assert.equal(other.attempt, 1);
    const host = inCompany('d');
    commit(host, other);
    crash(host);
    assert.equal(other.attempt, 0);
    crash(inCompany('e'));
    assert.equal(other.attempt, 1);
  });

  test('a process that lives has not ended: what goes on with it is forgiven', () => {
    submit('a');
    crashThrice();
    const host = begin('H@A');
    for (let count = 0; count < 3; count++) {
      core.messageBox.closed(host.session);
      const again = begin('H@A', host.pid, [{ instance: only().id, version: 0 }]);
      assert.equal(only().attempt, 3);
      assert.deepEqual(
        again.connection.last('welcome')?.resumed.map(({ instance }) => instance),
        [only().id],
      );
      core.messageBox.closed(again.session);
      Object.assign(host, { session: begin('H@A', host.pid, [{ instance: only().id, version: 0 }]).session });
    }
    assert.equal(only().status, 'ready');
  });

  test('a new process of that name is not the one that ended', () => {
    submit('a');
    const host = begin('H@A');
    core.messageBox.closed(host.session);
    begin('H@A', undefined, [{ instance: only().id, version: 0 }]);
    assert.equal(only().attempt, 1);
  });

  test('forgiveness is durable', () => {
    submit('a');
    const host = begin('H@A');
    core.messageBox.closed(host.session);
    begin('H@A', host.pid, [{ instance: only().id, version: 0 }]);
    core.restart();
    assert.equal(only().attempt, 0);
  });
});

test('a suspect stays alone while it waits, until it commits', () => {
  submit('a', 'b');
  crash(begin('H@A'));
  crash(begin('H@A'));
  const host = begin('H@A');
  const [suspect, other] = instances();
  assert.ok(suspect && other);
  assert.deepEqual(grantsOf(host), [suspect.id]);
  core.messageBox.frame(host.session, { kind: 'progress', instance: suspect.id, trace: [[0, 0]] });
  core.messageBox.settle();
  assert.deepEqual(grantsOf(host), [suspect.id]);
  commit(host, suspect, { outcome: 'completed', consumed: suspect.queue.map(({ id }) => id) });
  assert.deepEqual(grantsOf(host), [suspect.id, other.id]);
});
