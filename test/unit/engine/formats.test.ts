/**
 * Guarantee: a saved state is read by this and every later version as what it was, or refused; the numbers in it mean what they meant when
 * it was saved, because how shapes are numbered is part of the hash an instance is pinned to.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import type { Instruction } from '../../../emulator/engine/instruction.ts';
import { programOf } from '../../../emulator/engine/program.ts';
import { decodeState, encodeState, readState, stateFormat } from '../../../emulator/engine/savedState.ts';
import { newState } from '../../../emulator/engine/state.ts';
import { recordFormat } from '../../../emulator/messagebox/core/recordFormat.ts';
import { snapshotFormat } from '../../../emulator/messagebox/core/snapshotState.ts';
import { compile, versionOf } from '../../../emulator/orchestration/compile.ts';
import type { OutlineEntry } from '../../../emulator/orchestration/definition.ts';
import { PROGRAM_FORMAT } from '../../../emulator/orchestration/outline.ts';

// The golden orchestrations name the library as users do; no build is needed to read them.
const library = new URL('../../../emulator/authoring/index.ts', import.meta.url).href;
registerHooks({ resolve: (specifier, context, next) => next(specifier === 'scaled-out-hosts' ? library : specifier, context) });
const golden = await import('../../fixtures/golden/v1/golden.ts');

const definitions = [golden.steps, golden.waits, golden.branches, golden.convoy, golden.stops, golden.large, golden.asked];
const snapshot = JSON.parse(readFileSync(new URL('../../fixtures/golden/v1/data/messagebox/messagebox.json', import.meta.url), 'utf8')) as {
  data: { services: { name: string; outline: OutlineEntry[] }[]; instances: { kind: string; state: unknown }[] };
};

const plain = ({ kind, name, parent }: OutlineEntry): object => ({ kind, name, parent });

/** What the engine makes of the numbers, without the code of the shapes. */
function meaning(instruction: Instruction | undefined): unknown {
  if (instruction === undefined) return undefined;
  const { operation, place, shape, number, last, next, first, around } = instruction;
  const { handler } = around;
  const scopes = around.scopes.map((scope) => ({
    ...{ number: scope.number, last: scope.last },
    handlers: scope.handlers.map(({ number: handled, exception, first: begin }) => ({ number: handled, exception, first: begin })),
  }));
  if (operation === 'join') return { kind: 'branchEnd', parallel: number, last, next };
  if (operation === 'leaveHandler') return { kind: 'handlerEnd', handler: place, next };
  return { kind: 'shape', number, shape: shape?.kind, next, first, last, scopes, handler };
}

test('shapes have the numbers they had in the golden folder', () => {
  assert.equal(PROGRAM_FORMAT, 1, 'then there has to be a golden folder with the numbers of that format');
  for (const definition of definitions) {
    const service = snapshot.data.services.find(({ name }) => name === definition.name);
    assert.deepEqual(compile(definition).outline.map(plain), service?.outline.map(plain), definition.name);
  }
});

test('the engine makes of the numbers what it made of them: when this fails, raise PROGRAM_FORMAT', () => {
  const steps = definitions.map((definition) =>
    Array.from(programOf(compile(definition)).instructions.slice(0, compile(definition).outline.length), meaning),
  );
  const hash = createHash('sha256').update(JSON.stringify(steps)).digest('hex').slice(0, 16);
  assert.deepEqual([PROGRAM_FORMAT, hash], [1, 'd57e5c65f8d7fa6f']);
});

test('another program format is another version', () => {
  const of = (format: number): string => versionOf(golden.steps, 'code', format);
  assert.equal(new Set([of(1), of(2), of(3)]).size, 3);
});

test('every state of the golden folder is read, and says the present format when it is written again', () => {
  const states = snapshot.data.instances.filter(({ kind, state }) => kind === 'orchestration' && state !== null).map(({ state }) => state);
  assert.ok(states.length > 5);
  for (const state of states) assert.deepEqual(readState(JSON.stringify(state), 'x'), { ...(state as object), f: stateFormat.version });
  const written = encodeState(newState(0, { total: 7 }));
  assert.deepEqual(JSON.parse(written), { f: stateFormat.version, t: [0], v: { total: 7 } });
  assert.deepEqual(decodeState(written, 'x', () => assert.fail()).frames.get(-1)?.variables, { total: 7 });
});

test('a newer state is refused by name, and so is what this version does not know', () => {
  assert.throws(
    () => readState(`{"f":${String(stateFormat.version + 1)},"t":[0]}`, 'the state of i1'),
    (error) => isCode(error, 'format.newer'),
  );
  for (const bad of [
    '{"f":2,"t":[0],"z":1}',
    '{"t":[0],"z":1}',
    '{"f":0,"t":[0]}',
    '{"f":"2","t":[0]}',
    '{"f":2}',
    '{"f":2,"t":[0.5]}',
    '[]',
    'null',
    '7',
  ])
    assert.throws(() => readState(bad, 'x'), Error, bad);
});

test('what holds saved states is raised with them, so that an older program refuses the folder before it runs anything', () => {
  assert.ok(recordFormat.version >= stateFormat.version);
  assert.ok(snapshotFormat.version >= stateFormat.version);
});
