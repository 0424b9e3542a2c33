/**
 * The real engine on the real core of the MessageBox, in this thread: a host instance of a few lines that runs what it is granted only when
 * a test says so, so that messages come at the moment the test wants. What waits leaves memory at once.
 */
import assert from 'node:assert/strict';
import type { EngineCommit, EngineInput, EngineResult, Execution } from '../../../emulator/engine/door.ts';
import { createExecution, restoreExecution } from '../../../emulator/engine/execution.ts';
import type { DeliveredEntry, GrantedInstance, Service, StoredMessage } from '../../../emulator/messagebox/protocol/frames.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import type { Instance } from '../../../emulator/messagebox/core/state.ts';
import type { Store } from '../../../emulator/messagebox/core/store.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { BTS, type Message } from '../../../emulator/orchestration/message.ts';
import { activations } from '../../../emulator/orchestration/subscriptions.ts';
import { commitFrame, Core, type FakeConnection } from '../../faults/core.ts';
import { services } from '../engine/group.ts';

export class SmallHost {
  readonly core = new Core();
  readonly #compiled: CompiledOrchestration;
  readonly #service: Service;
  #session!: Session;
  #connection!: FakeConnection;
  #seen = 0;
  #submitted = 0;

  constructor(compiled: CompiledOrchestration) {
    const { definition, hash, outline } = compiled;
    this.#compiled = compiled;
    const id = `${definition.name}@${hash}`;
    const subscriptions = activations(compiled, (port) => services.receiveProperties(port, definition.name));
    this.#service = { id, name: definition.name, kind: 'orchestration', host: 'H', outline, activations: subscriptions };
    this.start();
  }

  get store(): Store {
    return this.core.messageBox.store;
  }

  /** The one instance of the orchestration. */
  get instance(): Instance {
    const [found, ...others] = [...this.store.state.instances.values()].filter(({ kind }) => kind === 'orchestration');
    assert.ok(found && others.length === 0, 'there is one instance');
    return found;
  }

  /** A new process of the host instance. */
  start(): void {
    const { session, connection } = this.core.hello('h', [], 1, { services: [this.#service] });
    this.#session = session;
    this.#connection = connection;
    this.#seen = 0;
    this.core.messageBox.frame(session, { kind: 'pull', credit: 10 });
    this.core.messageBox.settle();
  }

  /** The host instance is gone, and nobody has taken its place yet. */
  stop(): void {
    this.core.messageBox.closed(this.#session);
  }

  /** A send port is enlisted, on a host instance of its own. */
  enlist(sendPort: string): void {
    const filter = [[{ property: BTS.sendPort, operator: '==', value: sendPort } as const]];
    const service = { id: sendPort, name: sendPort, kind: 'sendPort', host: 'S', outline: [] } as const;
    this.core.hello('s', [], 2, { services: [{ ...service, activations: [{ id: '0', filter, follows: [] }] }] });
  }

  /** A message for a receive port comes in. @returns its id */
  submit(port: string, key = 'k'): string {
    const number = ++this.#submitted;
    const properties = { [BTS.messageType]: 'Note', 'BTS.ReceivePortName': port, key };
    const message = { type: 'Note', properties, body: JSON.stringify({ key, amount: number }) };
    this.core.messageBox.frame(this.#session, { kind: 'submit', request: number, location: 'L', receiveId: `r${String(number)}`, message });
    this.core.messageBox.settle();
    const submitted = this.core.records.findLast(({ record }) => record.kind === 'submit');
    assert.ok(submitted?.record.kind === 'submit');
    return submitted.record.message.id;
  }

  /** Runs what was granted until it waits or has ended. */
  work(): void {
    for (; this.#seen < this.#connection.frames.length; this.#seen++) {
      const frame = this.#connection.frames[this.#seen];
      if (frame?.kind !== 'grant') continue;
      for (const granted of frame.instances) {
        const { instance, queue } = granted;
        new Run(this, granted).toTheEnd([...queue, ...this.#deliveredTo(instance, this.#seen)]);
      }
      this.core.messageBox.settle();
    }
  }

  /** Time passes: timers that are due fire. */
  pass(ms: number): void {
    this.core.now += ms;
    this.core.messageBox.fireTimers();
  }

  /** A commit of an instance that is held. @returns what was delivered with the answer, or why it does not count; `undefined` when it has left memory */
  commit(
    { instance, lock }: GrantedInstance,
    base: number,
    commit: Partial<EngineCommit>,
    waits?: readonly string[],
  ): DeliveredEntry[] | Refusal | undefined {
    const id = `${instance}#${String(base + 1)}@${lock}`;
    const { state, ...parts } = commit;
    const before = this.#connection.frames.length;
    const more = { ...(state === undefined ? {} : { state }), ...(waits === undefined ? {} : { waits }) };
    this.core.messageBox.frame(this.#session, commitFrame({ id, instance, lock, base, ...parts, ...more }));
    const refused = this.#connection.frames.slice(before).find((frame) => frame.kind === 'rejected');
    if (refused?.publish !== undefined) return { publish: refused.publish, message: refused.reason };
    const answer = this.#connection.last('ack');
    assert.ok(answer?.id === id);
    return answer.released ? undefined : this.#deliveredTo(instance, before);
  }

  execution({ instance, state, held }: GrantedInstance): Execution {
    const settings = { compiled: this.#compiled, instanceId: instance, services };
    return state === null ? createExecution(settings) : restoreExecution({ ...settings, state, held: held.map(messageOf) });
  }

  /** MessageBox and host instance end, and start again. */
  restart(): void {
    this.core.restart();
    this.start();
  }

  #deliveredTo(instance: string, since: number): DeliveredEntry[] {
    const frames = this.#connection.frames.slice(since);
    return frames.flatMap((frame) => (frame.kind === 'deliver' && frame.instance === instance ? frame.entries : []));
  }
}

/** Nobody subscribes to what a commit publishes. */
type Refusal = Omit<Extract<EngineInput, { kind: 'refused' }>, 'kind'>;

/** One instance in memory. */
class Run {
  readonly #host: SmallHost;
  readonly #granted: GrantedInstance;
  readonly #execution: Execution;
  #base: number;
  #fired: string[] = [];

  constructor(host: SmallHost, granted: GrantedInstance) {
    this.#host = host;
    this.#granted = granted;
    this.#execution = host.execution(granted);
    this.#base = granted.version;
  }

  toTheEnd(queue: readonly DeliveredEntry[]): void {
    const entries = [...queue];
    let result = this.#run(entries.shift());
    for (;;) {
      if (result.kind === 'persist') {
        const answer = this.#commit(this.#execution.takeCommit());
        if (answer === undefined) return;
        if (Array.isArray(answer)) entries.push(...answer);
        result = this.#go(Array.isArray(answer) ? { kind: 'continue' } : { kind: 'refused', ...answer });
      } else {
        const next = entries.shift();
        if (next === undefined) {
          const waits = result.waits.map((wait) => (wait.kind === 'timer' ? wait.timer : wait.subscription));
          this.#commit(this.#execution.takeCommit('dehydration'), waits);
          return;
        }
        result = this.#run(next);
      }
    }
  }

  #run(entry: DeliveredEntry | undefined): Extract<EngineResult, { kind: 'persist' | 'blocked' }> {
    return this.#go(entry === undefined ? { kind: 'continue' } : this.#inputOf(entry));
  }

  #go(input: EngineInput): Extract<EngineResult, { kind: 'persist' | 'blocked' }> {
    const result = this.#execution.run(input, this.#host.core.now);
    assert.ok(result.kind === 'persist' || result.kind === 'blocked');
    return result;
  }

  #inputOf({ id, subscription, message, timer }: DeliveredEntry): EngineInput {
    if (message) return { kind: 'deliver', entries: [{ id, subscription, message: messageOf(message) }] };
    this.#fired.push(id);
    return { kind: 'timer', timer: timer ?? '' };
  }

  #commit(commit: EngineCommit, waits?: readonly string[]): DeliveredEntry[] | Refusal | undefined {
    const consumed = [...commit.consumed, ...this.#fired];
    this.#fired = [];
    const answer = this.#host.commit(this.#granted, this.#base, { ...commit, consumed }, waits);
    if (Array.isArray(answer)) this.#base++;
    return answer;
  }
}

function messageOf({ id, type, properties, body = '' }: StoredMessage): Message {
  return { id, type, properties, body };
}
