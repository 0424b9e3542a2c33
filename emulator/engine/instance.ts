/** One orchestration instance in memory: what the interpreter works on. */
import type { SohError } from '../errors.ts';
import type { MessageType, PropertyValue } from '../orchestration/message.ts';
import type { Code, CodeScope, ExceptionValue } from '../orchestration/shapes.ts';
import { instanceFilter } from '../orchestration/subscriptions.ts';
import { Raised, runCode } from './code.ts';
import type { EngineServices, InstanceError } from './door.ts';
import { Inbox } from './inbox.ts';
import { messagesView } from './messages.ts';
import { PendingCommit } from './pendingCommit.ts';
import type { Program, ShapeStep } from './program.ts';
import type { Due, EngineState } from './state.ts';

type OpenScope = { -readonly [K in keyof CodeScope]: CodeScope[K] };

export class Instance {
  readonly id: string;
  readonly program: Program;
  readonly services: EngineServices;
  readonly state: EngineState;
  readonly inbox = new Inbox();
  pending = new PendingCommit();
  /** Receives whose subscription comes with the next commit: until then no message can reach them. */
  readonly uncommitted = new Set<number>();
  /** UTC ms of this run. */
  now = 0;
  /** Shapes are announced before their code runs. */
  tellAhead = false;
  /** The shape that was announced and has not run yet. */
  told: number | undefined;
  /** The state differs from the saved one. */
  changed = true;
  readonly #scope: OpenScope;

  constructor(id: string, program: Program, services: EngineServices, state: EngineState) {
    this.id = id;
    this.program = program;
    this.services = services;
    this.state = state;
    const messages = messagesView(Object.keys(program.compiled.definition.messages), () => state.messages);
    this.#scope = { variables: state.variables, messages, instanceId: id, now: 0 };
  }

  /** A shape runs now. */
  ran(step: ShapeStep): void {
    this.changed = true;
    this.pending.ran(step.number);
  }

  /** Runs the code of a shape. */
  evaluate<T>(step: ShapeStep, code: Code<T>): T {
    this.#scope.now = this.now;
    const exception = this.handled(step);
    if (exception) this.#scope.exception = exception;
    else delete this.#scope.exception;
    return runCode(code, this.#scope, step.shape.name);
  }

  /** The exception whose handler a shape is in. */
  handled(step: ShapeStep): ExceptionValue | undefined {
    return step.handler === undefined ? undefined : this.state.exceptions.get(step.handler);
  }

  messageType(name: string): MessageType {
    const type = this.program.compiled.definition.messages[name];
    if (type === undefined) throw new Error(`message "${name}" is not declared`);
    return type;
  }

  /** Starts a Delay, unless it runs already. */
  arm(step: ShapeStep): Due {
    const running = this.state.dues.get(step.number);
    if (running) return running;
    if (step.shape.kind !== 'delay') throw new Error(`shape ${String(step.number)} is not a Delay`);
    const until = this.evaluate(step, step.shape.until);
    const at = typeof until === 'number' ? this.now + until : until.at;
    if (!Number.isFinite(at)) throw new Raised({ type: 'RangeError', message: `Delay "${step.shape.name}" does not end at a time.` });
    const due = { at: Math.round(at), timer: `${String(step.number)}.${String(++this.state.delays)}`, durable: false };
    this.state.dues.set(step.number, due);
    this.changed = true;
    return due;
  }

  /** A Delay is over or no longer waited for. */
  disarm(shape: number): void {
    const due = this.state.dues.get(shape);
    if (due === undefined) return;
    this.state.dues.delete(shape);
    if (due.durable) this.pending.cancelTimers.push(due.timer);
  }

  /** Gives a correlation set its values and subscribes the receives that were waiting only for it. */
  initialize(set: string, properties: Readonly<Record<string, PropertyValue>>): void {
    const { definition } = this.program.compiled;
    const values = (definition.correlationSets[set] ?? []).map((property) => {
      const value = properties[property];
      if (value === undefined)
        throw new Raised({ type: 'CorrelationException', message: `The message lacks "${property}" of correlation set "${set}".` });
      return value;
    });
    this.state.correlation[set] = values;
  }

  /** Subscriptions that exist from the next commit on, because these sets now have values. */
  subscribeFollowers(sets: readonly string[]): void {
    const { definition } = this.program.compiled;
    const receives = new Set(sets.flatMap((set) => this.program.followers.get(set) ?? []));
    for (const { number, shape } of receives) {
      if (this.uncommitted.has(number) || !shape.follows.every((set) => set in this.state.correlation)) continue;
      const filter = instanceFilter(definition, shape, (port) => this.services.receiveProperties(port), this.state.correlation);
      this.pending.subscribe.push({ id: String(number), filter });
      this.uncommitted.add(number);
    }
  }

  /** Ids of received messages that the state refers to. */
  holds(): string[] {
    const ids = new Set<string>();
    for (const message of this.state.messages.values()) if (message.received) ids.add(message.id);
    return [...ids];
  }
}

/** An error as the reason of a suspension. */
export function toInstanceError(error: SohError): InstanceError {
  const shape = error.parameters['shape'];
  return { code: error.code, message: error.message, ...(typeof shape === 'string' ? { shape } : {}) };
}
