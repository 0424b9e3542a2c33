/** A long-running orchestration to nest transactions in, and what its tests say again and again. */
import { messageType, orchestration, receivePort, sendPort, type ShapeBuilder } from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { Shape } from '../../../emulator/orchestration/shapes.ts';
import { TestGroup } from './group.ts';

const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' } });

export const declarations = {
  longRunning: true,
  messages: { In: note, More: note, Out: note },
  variables: { n: 0, list: [] as string[], fails: 0 },
  correlationSets: { Key: ['key'] },
  ports: { In: receivePort(), More: receivePort(), Out: sendPort() },
} as const;

export type Shapes = ShapeBuilder<typeof declarations>;

export function define(body: (o: Shapes) => readonly Shape[]): CompiledOrchestration {
  return compile(
    orchestration('Trip', declarations, (o) => [
      o.receive('Start', { port: 'In', message: 'In', activate: true, initializes: ['Key'] }),
      o.construct('make', 'Out', () => ({ body: { key: 'k' } })),
      ...body(o),
    ]),
  );
}

export const send = (o: Shapes, name: string): Shape => o.send(name, { port: 'Out', message: 'Out' });
export const fail = (o: Shapes, name: string, type = 'Planned'): Shape => o.throw(name, () => ({ type, message: 'as planned' }));
/** A transaction that publishes its name, and `undo <name>` when it is compensated. */
export const booking = (o: Shapes, name: string, kind: 'longRunning' | 'atomic' = 'longRunning'): Shape =>
  o.scope(name, { [kind]: true, compensate: [send(o, `undo ${name}`)] }, [send(o, `do ${name}`)]);

/** The same with every saved state taken up by somebody else. */
export function both(compiled: CompiledOrchestration, check: (group: TestGroup, outcome: string) => void): void {
  for (const atCommit of ['goOn', 'restore'] as const) {
    const group = new TestGroup(compiled);
    check(group, group.finish(atCommit));
  }
}
