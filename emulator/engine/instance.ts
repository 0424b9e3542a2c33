/** One orchestration instance in memory: what the instructions work on. */
import type { SohError } from '../errors.ts';
import type { MessageType, Properties, PropertyValue } from '../orchestration/message.ts';
import type { Code, CodeScope, ExceptionValue } from '../orchestration/shapes.ts';
import { instanceFilter } from '../orchestration/subscriptions.ts';
import { answerSubscription } from './answers.ts';
import { Raised, runCode, textOf } from './code.ts';
import { valuesFor } from './correlation.ts';
import type { EngineServices, InstanceError } from './door.ts';
import { Inbox } from './inbox.ts';
import { logText } from './logText.ts';
import type { Frame, Instruction, InstructionOf } from './instruction.ts';
import { messagesView } from './messages.ts';
import { PendingCommit } from './pendingCommit.ts';
import type { Program } from './program.ts';
import type { Savepoint } from './savepoint.ts';
import { newFrameState, type Due, type EngineState, type FrameState } from './state.ts';
import { Assigned, variablesView } from './variables.ts';
import { Waiting } from './waiting.ts';

/** The last time that can be written as a date, UTC ms. */
const LAST_TIME = 8.64e15;

/** A Construct or Transform whose code has run. */
export interface Making {
  readonly instruction: InstructionOf<'construct'>;
  /** What is still to be made; the first is the one whose promoted properties are being found out. */
  readonly made: readonly [Made, ...Made[]];
}

/** A message as code has made it. */
export interface Made {
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
  /** Ids of subscriptions that come with the next commit: until then no message can reach their Receives. */
  readonly uncommitted = new Set<string>();
  /** UTC ms of this run. */
  now = 0;
  /** Shapes are announced before their code runs. */
  tellAhead = false;
  /** The shape that was announced and has not run yet. */
  told: number | undefined;
  /** The Construct that waits for what its body promotes; its thread is the next to run. */
  making: Making | undefined;
  readonly waiting: Waiting;
  /** No time that is waited for comes before this one, UTC ms. */
  nextDue = -Infinity;
  /** The state differs from the saved one. */
  changed = true;
  /** The atomic scope that runs, with what it gives back when it fails. */
  savepoint: Savepoint | undefined;
  /** What code sees, by what it is of. */
  readonly #views = new Map<number, { readonly frame: FrameState; readonly view: View }>();
  /** What the code that ran last saw, and what of that is of its orchestration. */
  #scope: { readonly view: View; readonly of: CodeScope } | undefined;
  /** Name of the shape whose code runs. */
  #running = '';

  constructor(id: string, program: Program, services: EngineServices, state: EngineState) {
    this.id = id;
    this.program = program;
    this.services = services;
    this.state = state;
    this.waiting = new Waiting(program.wakes, program.instructions.length);
  }

  /** What an orchestration knows that runs. */
  known({ number }: Frame): FrameState {
    const known = this.state.frames.get(number);
    if (known === undefined) throw new Error(`call ${String(number)} is not running`);
    return known;
  }

  /** A shape runs now. */
  ran(instruction: Instruction): void {
    this.changed = true;
    this.pending.ran(instruction.place);
  }

  /** Runs the code of a shape, or of the orchestration that begins with it. @throws Raised */
  evaluate<T>(instruction: Instruction, code: Code<T>, of: Frame = instruction.around.frame): T {
    const { name } = instruction.shape ?? of.definition;
    this.#running = name;
    const view = this.#viewOf(of, this.known(of));
    const result = runCode(code, this.#scopeFor(view, this.handled(instruction)), name);
    view.assigned.settle(name);
    return result;
  }

  /** Variables are about to be saved, or copied. @throws SohError `orchestration.notJson` when the value of one would be lost */
  checkVariables(): void {
    for (const [number, frame] of this.state.frames) {
      const known = this.#views.get(number);
      if (known?.frame === frame) known.view.assigned.check();
    }
  }

  readonly #log = (...values: readonly unknown[]): void => this.services.log?.(this.id, this.#running, logText(values));

  /** Frozen like what is in it; the same for all code of a run that is in no handler. */
  #scopeFor(view: View, exception: ExceptionValue | undefined): CodeScope {
    const known = this.#scope;
    if (known?.view === view && known.of.now === this.now && known.of.exception === exception) return known.of;
    const { variables, messages, succeeded } = view;
    const scope = { variables, messages, succeeded, instanceId: this.id, now: this.now, log: this.#log };
    const of: CodeScope = Object.freeze(exception ? { ...scope, exception } : scope);
    this.#scope = { view, of };
    return of;
  }

  #viewOf(layout: Frame, frame: FrameState): View {
    const known = this.#views.get(layout.number);
    if (known?.frame === frame) return known.view;
    const assigned = new Assigned(frame.variables);
    const view = {
      assigned,
      variables: variablesView(frame.variables, layout.variables, assigned.touch),
      messages: messagesView(layout.messages, frame.messages),
      succeeded: (name: string): boolean => {
        const scope = layout.transactions.get(name);
        if (scope === undefined) throw new ReferenceError(`There is no transaction "${name}".`);
        return this.state.transactions.get(scope.parent)?.succeeded.has(scope.number) === true;
      },
    };
    this.#views.set(layout.number, { frame, view });
    return view;
  }

  /** The exception whose handler a shape is in. */
  handled(instruction: Instruction): ExceptionValue | undefined {
    const { handler } = instruction.around;
    return handler === undefined ? undefined : this.state.exceptions.get(handler);
  }

  messageType({ definition }: Frame, name: string): MessageType {
    const type = definition.messages[name];
    if (type === undefined) throw new Error(`message "${name}" is not declared`);
    return type;
  }

  /** Starts a Delay, unless it runs already. */
  arm(instruction: InstructionOf<'wait'>): Due {
    const { place, shape } = instruction;
    return (
      this.state.dues.get(place) ?? this.startTimer(place, this.timeOf(`Delay "${shape.name}"`, this.evaluate(instruction, shape.until)))
    );
  }

  /** Something waits until a time, UTC ms. */
  startTimer(place: number, at: number): Due {
    const due = { at, timer: `${String(place)}.${String(++this.state.delays)}`, durable: false };
    this.state.dues.set(place, due);
    this.nextDue = Math.min(this.nextDue, at);
    this.changed = true;
    return due;
  }

  /** The MessageBox says that the time has come. */
  isDue(due: Due): void {
    due.at = Math.min(due.at, this.now);
    this.nextDue = Math.min(this.nextDue, due.at);
  }

  /**
   * When a Delay or a time-out is over, UTC ms. What is no time, or none that can be written as a date, is an exception of its shape.
   *
   * @param whose as the exception names it
   */
  timeOf(whose: string, until: unknown): number {
    const absolute = typeof until === 'object' && until !== null && 'at' in until;
    const given: unknown = absolute ? until.at : until;
    const at = typeof given !== 'number' ? NaN : Math.round(absolute ? given : this.now + given);
    if (Math.abs(at) <= LAST_TIME && (absolute || (given as number) >= 0)) return at;
    const found = given instanceof Date ? 'a Date' : typeof given === 'bigint' ? `${String(given)}n` : shown(given);
    const message = `${whose} is given ${found}, which is no time to wait for. It takes ms from now (0 or more), or { at: UTC ms }.`;
    throw new Raised({ type: 'RangeError', message });
  }

  /** A Delay is over or no longer waited for. */
  disarm(place: number): void {
    const due = this.state.dues.get(place);
    if (due === undefined) return;
    this.state.dues.delete(place);
    if (due.durable) this.pending.cancelTimers.push(due.timer);
  }

  /** A correlation set gets its values from a message. @param activates who follows it was subscribed by the MessageBox, with the instance */
  initialize(frame: Frame, set: string, properties: Properties, activates = false): void {
    this.correlate(frame, set, valuesFor(frame.definition.correlationSets, set, properties, this.services.correlation), activates);
  }

  /** A correlation set has values from now on. With the first one of a scope begins what its subscriptions are told from earlier ones by. */
  correlate(frame: Frame, set: string, values: readonly PropertyValue[], activates = false): void {
    const { state } = this;
    const known = this.known(frame);
    const owner = frame.owners.get(set);
    if (owner !== undefined && !state.frames.has(owner)) state.frames.set(owner, newFrameState(activates ? 0 : ++state.calls, {}));
    // Another object, because the one of before may be needed again (refusal.ts).
    known.correlation = { ...known.correlation, [set]: values };
  }

  /** Subscriptions that exist from the next commit on, because these sets now have values. */
  subscribeFollowers(frame: Frame, sets: readonly string[], which: (receive: number) => boolean = () => true): void {
    if (sets.length === 0) return;
    const { correlation } = this.known(frame);
    const receives = new Set(sets.flatMap((set) => frame.followers.get(set) ?? []));
    for (const { number, shape } of receives) {
      const id = this.subscriptionOf(frame, number);
      if (!which(number) || this.uncommitted.has(id) || !shape.follows.every((set) => Object.hasOwn(correlation, set))) continue;
      const filter = instanceFilter(frame.definition, shape, (port) => this.#receiveProperties(frame, port), correlation);
      this.pending.subscribe.push({ id, filter });
      this.uncommitted.add(id);
    }
  }

  /** A called orchestration, or a scope with these sets, has ended: what reached its receives so far stays, nothing more does. */
  unsubscribe(frame: Frame, which: (receive: number) => boolean = () => true, sets: Iterable<string> = frame.followers.keys()): void {
    const { correlation } = this.known(frame);
    const subscribed = [...sets]
      .flatMap((set) => frame.followers.get(set) ?? [])
      .filter(({ number, shape }) => which(number) && shape.follows.every((set) => Object.hasOwn(correlation, set)));
    for (const id of new Set(subscribed.map(({ number }) => this.subscriptionOf(frame, number)))) {
      this.pending.unsubscribe.push(id);
      this.uncommitted.delete(id);
    }
  }

  /** Id of the subscription of a Receive: the number of the first one that shares it, and which time it is that what it follows is known. */
  subscriptionOf(frame: Frame, receive: number): string {
    const answer = this.program.answers.get(receive);
    if (answer) return answerSubscription(this.state, answer);
    const shared = frame.subscriptions.get(receive);
    return this.#idOf(frame, shared?.number ?? receive, shared?.scopes);
  }

  /** Where its next message is: instances that were begun before Receives shared subscriptions have one of its own. */
  queueOf(frame: Frame, receive: number): string {
    const own = this.#idOf(frame, receive, frame.subscriptions.get(receive)?.scopes);
    return this.inbox.has(own) ? own : this.subscriptionOf(frame, receive);
  }

  /** Calls and scopes are counted together, so the newest of them tells this time from all others. */
  #idOf({ number: call }: Frame, receive: number, scopes: readonly number[] = []): string {
    const { frames } = this.state;
    let activation = frames.get(call)?.activation ?? 0;
    for (const scope of scopes) activation = Math.max(activation, frames.get(scope)?.activation ?? 0);
    return activation === 0 ? String(receive) : `${String(receive)}.${String(activation)}`;
  }

  #receiveProperties({ ports }: Frame, name: string): Properties {
    const { orchestration = '', port = name } = ports.get(name) ?? {};
    return this.services.receiveProperties(port, orchestration);
  }
}

interface View extends Pick<CodeScope, 'variables' | 'messages' | 'succeeded'> {
  readonly assigned: Assigned;
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
