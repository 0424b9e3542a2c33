/**
 * What a shape costs in the engine alone, and whether that grows: with how long an instance has run, and with how many logical threads of it
 * live. Processor time of this process; commits are made and forgotten, as a host instance makes them.
 *
 * The same code takes up to twice as much when something else runs on the same processor core, and a tenth of a loop is only milliseconds, in
 * which a garbage collection costs as much as the loop. So the last tenth of an instance runs in turns with the first one of another instance,
 * part by part: both meet the same machine, and the same code, warm.
 */
import { messageType, orchestration, receivePort, sendPort, type Shape, type ShapeBuilder } from '../../emulator/authoring/index.ts';
import type { EngineServices, Execution } from '../../emulator/engine/door.ts';
import { createExecution } from '../../emulator/engine/execution.ts';
import { compile } from '../../emulator/orchestration/compile.ts';
import { percentile } from './statistics.ts';

export interface ShapeCost {
  readonly shape: string;
  /** Threads of the instance that wait meanwhile. */
  readonly live: number;
  /** Microseconds for one iteration, in the last tenth: the median of its parts. */
  readonly us: number;
  /** The last tenth to the first: the median of the ratios of their parts. */
  readonly growth: number;
  /** Characters of the saved state at the end; `undefined`: nothing was saved. */
  readonly stateCharacters: number | undefined;
}

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });
const declarations = {
  longRunning: true,
  messages: { In: note, Out: note },
  variables: { n: 0, other: 0 },
  correlationSets: { Key: ['key'] },
  ports: { In: receivePort(), GoOn: receivePort(), Out: sendPort() },
} as const;
type Shapes = ShapeBuilder<typeof declarations>;

/** A loop runs in so many parts; a multiple of 20. */
const PARTS = 100;
/** Two instances of one age already differ by up to 1.4 in what takes less than a microsecond, by where their memory is: so many are asked. */
const INSTANCES = 7;

const services: EngineServices = {
  promote: () => ({ key: 'k' }),
  field: () => 'k',
  sendProperties: () => ({}),
  receiveProperties: () => ({}),
};

const callee = orchestration('Callee', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'ref' } }, (o) => [
  o.expression('inside', ({ variables }) => void variables.n++),
]);
const started = orchestration('Started', { messages: {}, variables: { n: 0 }, ports: {}, parameters: { n: 'in' } }, () => []);

/** Bodies of the loop that is measured. */
const bodies: Readonly<Record<string, (o: Shapes) => Shape[]>> = {
  Expression: (o) => [o.expression('one', ({ variables }) => void variables.other++)],
  Decide: (o) => [o.decide('one', [o.rule('yes', ({ variables }) => variables.n > 0, [])])],
  Construct: (o) => [o.construct('one', 'Out', () => ({ body: { key: 'k' } }))],
  Send: (o) => [o.send('one', { port: 'Out', message: 'In' })],
  Start: (o) => [o.start('one', started, { in: { n: 'n' } })],
  Delay: (o) => [o.delay('one', 0)],
  Parallel: (o) => [o.parallel('one', [o.branch('a', []), o.branch('b', [])])],
  Scope: (o) => [o.scope('one', [], [o.handler('all', '*', [])])],
  'Throw and handler': (o) => [o.scope('one', [o.throw('throw', () => ({ type: 'X', message: '' }))], [o.handler('all', 'X', [])])],
  'Long-running scope': (o) => [o.scope('one', { longRunning: true }, [])],
  'Atomic scope': (o) => [o.scope('one', { atomic: true }, [])],
  Call: (o) => [o.call('one', callee, { ref: { n: 'other' } })],
};

/** A loop around one shape that runs part by part. */
class Looping {
  state: string | undefined;
  readonly #execution: Execution;
  readonly #goOn: string;
  #messages = 0;
  #left = 0;
  #begun: number | undefined;
  #ended = 0;

  /** @param live branches beside the loop that wait for a message */
  constructor(body: (o: Shapes) => Shape[], live: number) {
    const compiled = compile(
      orchestration('Looping', declarations, (o) => {
        const goesOn: Parameters<Shapes['loop']>[1] = ({ variables }) => {
          variables.n++;
          return this.#turn();
        };
        const part = o.loop('loop', goesOn, body(o));
        const next = o.receive('next part', { port: 'GoOn', message: 'In', follows: ['Key'] });
        const loop = o.loop('parts', () => true, [next, part]);
        const waiting = Array.from({ length: live }, (_, index) => {
          const name = `waits ${String(index)}`;
          return o.branch(name, [o.receive(`${name} here`, { port: 'In', message: 'Out', follows: ['Key'] })]);
        });
        return [
          o.receive('start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
          ...(live === 0 ? [loop] : [o.parallel('all', [o.branch('loops', [loop]), ...waiting])]),
        ];
      }),
    );
    this.#goOn = String(compiled.outline.findIndex(({ name }) => name === 'next part'));
    this.#execution = createExecution({ compiled, instanceId: 'i', services });
    this.#deliver('0');
  }

  /** @returns microseconds for one of so many iterations */
  run(iterations: number): number {
    this.#left = iterations;
    this.#begun = undefined;
    this.#deliver(this.#goOn);
    return (this.#ended - (this.#begun ?? NaN)) / iterations;
  }

  #turn(): boolean {
    this.#begun ??= processorTime();
    if (this.#left-- > 0) return true;
    this.#ended = processorTime();
    return false;
  }

  #deliver(subscription: string): void {
    const id = String(this.#messages++);
    const message = { id, type: 'Note', body: '{"key":"k"}', properties: { key: 'k' } };
    let result = this.#execution.run({ kind: 'deliver', entries: [{ id, subscription, message }] }, 0);
    while (result.kind === 'persist') {
      this.state = this.#execution.takeCommit().state ?? this.state;
      result = this.#execution.run({ kind: 'continue' }, 0);
    }
  }
}

/** Microseconds. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function measure(shape: string, body: (o: Shapes) => Shape[], iterations: number, live: number): ShapeCost {
  const part = iterations / PARTS;
  const pairs: { readonly us: number; readonly growth: number }[] = [];
  let stateCharacters: number | undefined;
  for (let instance = 0; instance < INSTANCES; instance++) {
    const old = new Looping(body, live);
    for (let done = 0; done < PARTS - PARTS / 10; done++) old.run(part);
    const young = new Looping(body, live);
    for (let done = 0; done < PARTS / 10; done += 2) {
      const [first, last, then, after] = [young.run(part), old.run(part), old.run(part), young.run(part)];
      pairs.push({ us: (last + then) / 2, growth: (last + then) / (first + after) });
    }
    stateCharacters = old.state?.length;
  }
  const medianOf = (figure: 'us' | 'growth'): number =>
    percentile(
      pairs.map((pair) => pair[figure]),
      0.5,
    );
  return { shape, live, us: medianOf('us'), growth: medianOf('growth'), stateCharacters };
}

/** @param iterations of each loop; a multiple of `PARTS` */
export function measureShapes(iterations: number, liveThreads: number): ShapeCost[] {
  return [0, liveThreads].flatMap((live) => Object.entries(bodies).map(([shape, body]) => measure(shape, body, iterations, live)));
}
