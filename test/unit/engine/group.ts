/** A MessageBox and a host instance of one instance's size: applies commits, keeps the queue, fires timers, crashes on request. */
import assert from 'node:assert/strict';
import {
  messageType,
  number,
  orchestration,
  receivePort,
  requestResponsePort,
  sendPort,
  solicitResponsePort,
  type ShapeBuilder,
} from '../../../emulator/authoring/index.ts';
import type { EngineCommit, EngineInput, EngineResult, EngineServices, Execution, QueueEntry } from '../../../emulator/engine/door.ts';
import { DELIVERIES } from '../../../emulator/engine/deliveries.ts';
import { createExecution, restoreExecution } from '../../../emulator/engine/execution.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { BTS, type Message, type Properties, type PropertyValue } from '../../../emulator/orchestration/message.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';

/** JSON bodies only: a field is a top-level member. */
export const services: EngineServices = {
  promote: (type, body) => {
    const value = JSON.parse(body) as Record<string, PropertyValue>;
    const found = Object.keys(type.promoted).flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]] as const]));
    return Object.fromEntries(found);
  },
  field: (_type, { body }, { path }) => (JSON.parse(body) as Record<string, PropertyValue>)[path.slice(1)],
  sendProperties: (port) => ({ 'BTS.SPName': port }),
  receiveProperties: (port) => ({ 'BTS.ReceivePortName': port }),
};

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' }, distinguished: { amount: number('/amount') } });

export const declarations = {
  longRunning: true,
  messages: { In: note, More: note, Out: note },
  variables: { n: 0, text: '', list: [] as string[], anything: null as string | number | null },
  correlationSets: { Key: ['key'], Second: ['key'] },
  ports: {
    In: receivePort(),
    More: receivePort(),
    Ask: requestResponsePort(),
    Out: sendPort(),
    Quote: solicitResponsePort(),
    Told: sendPort({ deliveryNotification: true }),
  },
} as const;

export type TestShapes = ShapeBuilder<typeof declarations>;

/** A definition that starts with an activating Receive named "Start", number 0. */
export function define(body: (o: TestShapes) => readonly Shape[]): CompiledOrchestration {
  return compile(
    orchestration('Test', declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      ...body(o),
    ]),
  );
}

/** A Construct and a Send that publish `{"key":"k","amount":<amount>}`. */
export function publish(o: TestShapes, name: string, amount = 0, port: 'Out' | 'Quote' | 'Told' = 'Out'): Shape[] {
  return [o.construct(`make ${name}`, 'Out', () => ({ body: { key: 'k', amount } })), o.send(name, { port, message: 'Out' })];
}

/** Number of a shape in the outline. */
export function numberOf(compiled: CompiledOrchestration, name: string): number {
  const found = compiled.outline.findIndex((entry) => entry.name === name);
  assert.notEqual(found, -1, `no shape ${name}`);
  return found;
}

export function entry(
  id: string,
  subscription: number | string,
  properties: Properties = { key: 'k' },
  body = '{"key":"k","amount":1}',
): QueueEntry {
  return { id, subscription: String(subscription), message: { id: `message-${id}`, type: 'Note', body, properties } };
}

/** The instance, from outside. */
export class TestGroup {
  readonly compiled: CompiledOrchestration;
  readonly commits: EngineCommit[] = [];
  /** Ids of the instance subscriptions that the MessageBox has. */
  readonly subscriptions = new Set<string>();
  now = 1_000_000;
  state: string | undefined;
  execution: Execution;
  #queue: QueueEntry[];
  readonly #messages = new Map<string, Message>();
  readonly #timers = new Map<string, number>();
  /** What becomes of the n-th message sent with delivery notification; `undefined` = nobody says it. */
  acknowledge: (number: number) => 'ACK' | 'NACK' | undefined = () => undefined;
  #acknowledgements: QueueEntry[] = [];
  #held: readonly string[] = [];

  constructor(compiled: CompiledOrchestration, queue: readonly QueueEntry[] = [entry('q0', 0)]) {
    this.compiled = compiled;
    this.#queue = [...queue];
    for (const { message } of queue) this.#messages.set(message.id, message);
    this.execution = createExecution({ compiled, instanceId: 'i1', services });
  }

  /** Delivers everything that was not consumed: the first input after a grant. */
  start(): EngineResult {
    return this.execution.run({ kind: 'deliver', entries: this.#queue }, this.now);
  }

  run(input: EngineInput): EngineResult {
    return this.execution.run(input, this.now);
  }

  arrive(one: QueueEntry): EngineResult {
    this.#queue.push(one);
    this.#messages.set(one.message.id, one.message);
    return this.run({ kind: 'deliver', entries: [one] });
  }

  /** Takes the commit and applies it. */
  commit(why?: 'dehydration' | 'shutdown'): EngineCommit {
    return this.take(this.execution.takeCommit(why));
  }

  /** Applies a commit. */
  take(commit: EngineCommit): EngineCommit {
    this.commits.push(commit);
    if (commit.state !== undefined) this.state = commit.state;
    for (const id of commit.consumed)
      assert.ok(
        this.#queue.some((waiting) => waiting.id === id),
        `${id} was consumed, but is not in the queue`,
      );
    this.#queue = this.#queue.filter(({ id }) => !commit.consumed.includes(id));
    for (const { id } of commit.subscribe) this.subscriptions.add(id);
    for (const id of commit.unsubscribe)
      assert.ok(this.subscriptions.delete(id), `${id} was unsubscribed, but there is no such subscription`);
    for (const { id, due } of commit.timers) this.#timers.set(id, due);
    for (const id of commit.cancelTimers) assert.ok(this.#timers.delete(id), `timer ${id} was cancelled, but does not exist`);
    this.#held = commit.holds;
    for (const { properties } of commit.published) this.#acknowledge(properties);
    return commit;
  }

  #acknowledge({ [BTS.ackRequired]: required, [BTS.correlationToken]: token = '' }: Properties): void {
    const type = required === true ? this.acknowledge(Number(String(token).split('.').at(-1))) : undefined;
    if (type === undefined) return;
    const failure = type === 'NACK' && { [BTS.ackDescription]: 'no such folder' };
    const one = entry(`ack-${String(token)}`, DELIVERIES, { [BTS.ackType]: type, [BTS.correlationToken]: token, ...failure }, '');
    this.#queue.push(one);
    this.#acknowledgements.push(one);
  }

  /** Goes on after a commit, with the acknowledgements of what it published. */
  goOn(): EngineResult {
    const entries = this.#acknowledgements;
    this.#acknowledgements = [];
    return this.run(entries.length > 0 ? { kind: 'deliver', entries } : { kind: 'continue' });
  }

  /** The MessageBox takes nothing of a commit, because nobody subscribes to what it publishes. */
  refuse(publish = 0): EngineResult {
    const { published } = this.execution.takeCommit();
    assert.ok(published[publish]);
    return this.run({ kind: 'refused', publish, message: 'nobody subscribes' });
  }

  /** The host instance dies; another one is granted the instance. */
  crash(): EngineResult {
    const settings = { compiled: this.compiled, instanceId: 'i1', services };
    const held = this.#held.map((id) => this.#messages.get(id)).filter((message) => message !== undefined);
    this.execution = this.state === undefined ? createExecution(settings) : restoreExecution({ ...settings, state: this.state, held });
    return this.start();
  }

  /** Lets time pass until the next wait on time is over. */
  waitForTimer(result: EngineResult): EngineResult | undefined {
    const dues = result.kind === 'blocked' ? result.waits.flatMap((wait) => (wait.kind === 'timer' ? [wait] : [])) : [];
    const first = dues.sort((one, other) => one.due - other.due)[0];
    if (first === undefined) return undefined;
    this.now = Math.max(this.now, first.due);
    return this.run({ kind: 'timer', timer: first.timer });
  }

  /**
   * Runs until the instance ends, or waits for a message that nobody sends.
   *
   * @param atCommit what the host does after each acknowledged commit; with 'leave' what waits leaves memory as well
   * @param before called after each run with where that stopped; true = the host instance dies there.
   */
  finish(
    atCommit: 'goOn' | 'restore' | 'leave' = 'goOn',
    before: (result: EngineResult) => boolean = () => false,
  ): 'completed' | 'terminated' | 'error' | 'waiting' {
    let result: EngineResult | undefined = this.start();
    for (let turn = 0; turn < 10_000; turn++) {
      if (before(result)) {
        result = this.crash();
        continue;
      }
      if (result.kind === 'blocked' && !result.mustPersist) {
        if (atCommit === 'leave' && !result.atomic) {
          this.commit('dehydration');
          result = this.crash();
          if (result.kind !== 'blocked') continue;
        }
        result = this.waitForTimer(result);
        if (result === undefined) return 'waiting';
        continue;
      }
      const { outcome, error } = this.commit(result.kind === 'blocked' ? 'dehydration' : undefined);
      if (outcome === 'completed' || outcome === 'terminated') return outcome;
      if (error?.code.startsWith('orchestration.')) return 'error';
      result = atCommit !== 'goOn' || outcome !== 'running' ? this.crash() : this.goOn();
    }
    throw new Error('the instance does not come to an end');
  }

  /** Names of the shapes that published, in order. */
  published(): string[] {
    return this.commits.flatMap((commit) => commit.published.map(({ shape }) => this.compiled.outline[shape]?.name ?? ''));
  }

  /** Persistence points of each commit. */
  points(): string[] {
    return this.commits.map((commit) => commit.points.join('+'));
  }

  /** Names of all shapes that ran, from the traces of the commits. */
  traced(): string[] {
    return this.commits.flatMap((commit) => commit.trace.map(([shape]) => this.compiled.outline[shape]?.name ?? ''));
  }

  /** Saved variables. */
  variables(): Record<string, unknown> {
    return (JSON.parse(this.state ?? '{}') as { v?: Record<string, unknown> }).v ?? {};
  }
}
