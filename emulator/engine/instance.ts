/** One orchestration instance in memory: what the instructions work on. */
import type { SohError } from '../errors.ts';
import type { MessageType, PropertyValue } from '../orchestration/message.ts';
import type { Code, CodeScope, ExceptionValue, Shape } from '../orchestration/shapes.ts';
import { instanceFilter } from '../orchestration/subscriptions.ts';
import { Raised, runCode, textOf } from './code.ts';
import type { EngineServices, InstanceError } from './door.ts';
import { Inbox } from './inbox.ts';
import { logText } from './logText.ts';
import type { Instruction, InstructionOf, InstructionWithCode } from './instruction.ts';
import { messagesView } from './messages.ts';
import { PendingCommit } from './pendingCommit.ts';
import type { Program } from './program.ts';
import type { Savepoint } from './savepoint.ts';
import type { Due, EngineState } from './state.ts';
import { settleVariables, variablesView } from './variables.ts';

/** The last time that can be written as a date, UTC ms. */
const LAST_TIME = 8.64e15;

/** A Construct whose code has run. */
export interface Making {
  readonly instruction: InstructionOf<'construct'>;
  /** Name of the message. */
  readonly message: string;
  readonly type: MessageType;
  readonly body: string;
  /** Context properties as code gave them. */
  readonly properties: unknown;
}

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
  /** The Construct that waits for what its body promotes; its thread is the next to run. */
  making: Making | undefined;
  /** The state differs from the saved one. */
  changed = true;
  /** The atomic scope that runs, with what it gives back when it fails. */
  savepoint: Savepoint | undefined;
  readonly #variables: CodeScope['variables'];
  readonly #messages: CodeScope['messages'];
  #scope: CodeScope | undefined;
  /** Name of the shape whose code runs. */
  #running = '';

  constructor(id: string, program: Program, services: EngineServices, state: EngineState) {
    this.id = id;
    this.program = program;
    this.services = services;
    this.state = state;
    this.#variables = variablesView(state.variables, program.names);
    this.#messages = messagesView(program.messages, state.messages);
  }

  /** A shape runs now. */
  ran(instruction: Instruction): void {
    this.changed = true;
    this.pending.ran(instruction.place);
  }

  /** Runs the code of a shape. @throws Raised; SohError `orchestration.notJson` when it leaves in a variable what would be lost */
  evaluate<T>(instruction: InstructionWithCode, code: Code<T>): T {
    const { name } = instruction.shape;
    this.#running = name;
    const result = runCode(code, this.#scopeFor(this.handled(instruction)), name);
    settleVariables(this.state.variables, name);
    return result;
  }

  readonly #succeeded = (name: string): boolean => {
    const scope = this.program.transactions.get(name);
    if (scope === undefined) throw new ReferenceError(`There is no transaction "${name}".`);
    return this.state.transactions.get(scope.parent)?.succeeded.has(scope.number) === true;
  };

  readonly #log = (...values: readonly unknown[]): void => this.services.log?.(this.id, this.#running, logText(values));

  /** Frozen like what is in it; the same for all code of a run that is in no handler. */
  #scopeFor(exception: ExceptionValue | undefined): CodeScope {
    const known = this.#scope;
    if (known?.now === this.now && known.exception === exception) return known;
    const seen = { variables: this.#variables, messages: this.#messages, instanceId: this.id, now: this.now };
    const scope = { ...seen, succeeded: this.#succeeded, log: this.#log };
    return (this.#scope = Object.freeze(exception ? { ...scope, exception } : scope));
  }

  /** The exception whose handler a shape is in. */
  handled(instruction: Instruction): ExceptionValue | undefined {
    const { handler } = instruction.around;
    return handler === undefined ? undefined : this.state.exceptions.get(handler);
  }

  messageType(name: string): MessageType {
    const type = this.program.compiled.definition.messages[name];
    if (type === undefined) throw new Error(`message "${name}" is not declared`);
    return type;
  }

  /** Starts a Delay, unless it runs already. */
  arm(instruction: InstructionOf<'wait'>): Due {
    const { place, shape } = instruction;
    return this.state.dues.get(place) ?? this.startTimer(place, this.timeOf(instruction, shape.until));
  }

  /** Something waits until a time, UTC ms. */
  startTimer(place: number, at: number): Due {
    const due = { at, timer: `${String(place)}.${String(++this.state.delays)}`, durable: false };
    this.state.dues.set(place, due);
    this.changed = true;
    return due;
  }

  /** Variables that do not exist any more. */
  forget(names: readonly string[]): void {
    for (const name of names) Reflect.deleteProperty(this.state.variables, name);
  }

  /** When a Delay or a Scope's time is over, UTC ms. What is no time, or none that can be written as a date, is an exception of its shape. */
  timeOf(instruction: InstructionOf<'wait'> | InstructionOf<'enterScope'>, until: Code<unknown>): number {
    return this.#timeFrom(instruction.shape, this.evaluate(instruction, until));
  }

  #timeFrom({ kind, name }: Pick<Shape, 'kind' | 'name'>, until: unknown): number {
    const absolute = typeof until === 'object' && until !== null && 'at' in until;
    const given: unknown = absolute ? until.at : until;
    const at = typeof given !== 'number' ? NaN : Math.round(absolute ? given : this.now + given);
    if (Math.abs(at) <= LAST_TIME && (absolute || (given as number) >= 0)) return at;
    const found = given instanceof Date ? 'a Date' : typeof given === 'bigint' ? `${String(given)}n` : shown(given);
    const message = `${kind === 'delay' ? 'Delay' : 'The time-out of scope'} "${name}" is given ${found}, which is no time to wait for. It takes ms from now (0 or more), or { at: UTC ms }.`;
    throw new Raised({ type: 'RangeError', message });
  }

  /** A Delay is over or no longer waited for. */
  disarm(place: number): void {
    const due = this.state.dues.get(place);
    if (due === undefined) return;
    this.state.dues.delete(place);
    if (due.durable) this.pending.cancelTimers.push(due.timer);
  }

  /** Gives a correlation set its values and subscribes the receives that were waiting only for it. */
  initialize(set: string, properties: Readonly<Record<string, PropertyValue>>): void {
    const { definition } = this.program.compiled;
    const values = (definition.correlationSets[set] ?? []).map((property) => {
      const value = Object.hasOwn(properties, property) ? properties[property] : undefined;
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
      if (this.uncommitted.has(number) || !shape.follows.every((set) => Object.hasOwn(this.state.correlation, set))) continue;
      const filter = instanceFilter(definition, shape, (port) => this.services.receiveProperties(port), this.state.correlation);
      this.pending.subscribe.push({ id: String(number), filter });
      this.uncommitted.add(number);
    }
  }

  /** Ids of received messages that the state refers to. */
  holds(): string[] {
    const ids = new Set<string>();
    for (const message of this.state.messages.values()) if (message.received) ids.add(message.message.id);
    return [...ids];
  }
}

/** What code gave, in the text of an exception. */
function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(textOf(value, 100)) : textOf(value, 100) || typeof value;
}

/** An error as the reason of a suspension. */
export function toInstanceError(error: SohError): InstanceError {
  const shape = error.parameters['shape'];
  return { code: error.code, message: error.message, ...(typeof shape === 'string' ? { shape } : {}) };
}
