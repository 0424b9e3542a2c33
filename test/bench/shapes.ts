/**
 * What a shape costs in the engine alone, and whether that grows: with how long an instance has run, and with how many logical threads of it
 * live. Processor time of this process; commits are made and forgotten, as a host instance makes them.
 */
import { messageType, orchestration, receivePort, sendPort, type Shape, type ShapeBuilder } from '../../emulator/authoring/index.ts';
import type { EngineServices } from '../../emulator/engine/door.ts';
import { createExecution } from '../../emulator/engine/execution.ts';
import { compile } from '../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../emulator/orchestration/definition.ts';

export interface ShapeCost {
  readonly shape: string;
  /** Threads of the instance that wait meanwhile. */
  readonly live: number;
  /** Microseconds for one iteration, in the last tenth. */
  readonly us: number;
  /** The last tenth to the first. */
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
  ports: { In: receivePort(), Out: sendPort() },
} as const;
type Shapes = ShapeBuilder<typeof declarations>;

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

/**
 * @param live branches beside the loop that wait for a message
 * @param turn told of each iteration
 */
function looping(body: (o: Shapes) => Shape[], iterations: number, live: number, turn: () => void): CompiledOrchestration {
  return compile(
    orchestration('Looping', declarations, (o) => {
      const goesOn: Parameters<Shapes['loop']>[1] = ({ variables }) => {
        turn();
        return variables.n++ < iterations;
      };
      const loop = o.loop('loop', goesOn, body(o));
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
}

/** Runs one loop; times its tenths. */
function measure(shape: string, body: (o: Shapes) => Shape[], iterations: number, live: number): ShapeCost {
  const marks: number[] = [];
  const tenth = iterations / 10;
  let turns = 0;
  const compiled = looping(body, iterations, live, () => {
    if (turns++ % tenth !== 0) return;
    const { user, system } = process.cpuUsage();
    marks.push(user + system);
  });
  const execution = createExecution({ compiled, instanceId: 'i', services });
  const message = { id: 'm', type: 'Note', body: '{"key":"k"}', properties: { key: 'k' } };
  let state: string | undefined;
  let result = execution.run({ kind: 'deliver', entries: [{ id: 'q', subscription: '0', message }] }, 0);
  while (result.kind === 'persist') {
    const commit = execution.takeCommit();
    state = commit.state ?? state;
    if (commit.outcome !== 'running') break;
    result = execution.run({ kind: 'continue' }, 0);
  }
  const parts = marks.slice(1).map((mark, index) => mark - (marks[index] ?? 0));
  const [first = NaN, last = NaN] = [parts[0], parts.at(-1)];
  return { shape, live, us: last / tenth, growth: last / first, stateCharacters: state?.length };
}

/** @param iterations of each loop; a multiple of 10 */
export function measureShapes(iterations: number, liveThreads: number): ShapeCost[] {
  return [0, liveThreads].flatMap((live) => Object.entries(bodies).map(([shape, body]) => measure(shape, body, iterations, live)));
}
