/**
 * A case of conformance: an orchestration, the messages that come, and what the product's documents say comes of it. It runs on the engine
 * alone, and has to end the same way with every saved state taken up by somebody else, with everything that waits out of memory, and with a
 * death before each of its commits in turn (docs/behaviour.md, section 7.3). What is documented to run again does, and nothing else.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import type { TraceEntry } from '../../../emulator/engine/door.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { entry, numberOf, TestGroup } from '../../unit/engine/group.ts';

export interface Case {
  readonly name: string;
  /** Public documents of the product that say so, as docs/behaviour.md names them. */
  readonly sources: readonly string[];
  readonly definition: CompiledOrchestration;
  /** The Receives that a message is there for, in its order. Default: only the first. */
  readonly messages?: readonly For[];
  readonly expected: Expected;
}

/** Name of a Receive, `ask.2` is the Receive "ask" in the second Call; with another value of the correlation set than "k" where it needs one. */
export type For = string | { readonly receive: string; readonly key: string };

export interface Expected {
  /** Default: completed. */
  readonly outcome?: 'completed' | 'terminated' | 'error' | 'waiting';
  /** Each commit: its persistence points, and names of the shapes whose messages it publishes, as in `send+end: one, two`. */
  readonly commits: readonly string[];
  /** Some of the variables, as they were saved last. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Code and shape of the error of the last commit that has one. */
  readonly error?: string;
  /** How long it took in all, ms. */
  readonly took?: number;
  /** How often it leaves memory where everything that waits does. */
  readonly leaves?: number;
}

type Mode = Parameters<TestGroup['finish']>[0];

/** Every case is a test of its name. */
export function conform(cases: readonly Case[]): void {
  for (const one of cases) {
    test(one.name, () => {
      const alone = run(one);
      assert.deepEqual(shownOf(one, alone), expectedOf(one));
      restoredIsTheSame(one, alone);
      outOfMemoryIsTheSame(one, alone);
      for (const nth of alone.group.commits.keys()) dyingIsTheSame(one, alone, nth);
    });
  }
}

/** A definition that breaks a rule is refused when it is compiled, and is told which. */
export function refuses(name: string, rule: RegExp, define: () => unknown): void {
  test(name, () => {
    assert.throws(define, (error) => isCode(error, 'definition.invalid') && rule.test(error.message), String(rule));
  });
}

export interface Ran {
  readonly group: TestGroup;
  readonly outcome: string;
}

/** A case on the engine alone, by default with one host instance that keeps it. */
export function run(one: Case, mode?: Mode, dies: (group: TestGroup, mustCommit: boolean) => boolean = () => false): Ran {
  const { definition } = one;
  const queue = messagesOf(one).map(({ receive, call, key }, index) => {
    const subscription = `${String(numberOf(definition, receive))}${call}`;
    return entry(`q${String(index)}`, subscription, { key }, bodyOf(key));
  });
  const group = new TestGroup(definition, queue);
  return { group, outcome: group.finish(mode, (result) => dies(group, result.kind !== 'blocked' || result.mustPersist)) };
}

/** The messages of a case: name of the Receive, `.2` for the second Call, and the value that they correlate by. */
export function messagesOf({ definition, messages }: Case): Sent[] {
  const first = definition.outline.find(({ kind }) => kind === 'receive')?.name ?? '';
  return (messages ?? [first]).map((one) => {
    const { receive: name, key } = typeof one === 'string' ? { receive: one, key: 'k' } : one;
    const [, receive = '', call = ''] = /^(.*?)(\.\d+)?$/.exec(name) ?? [];
    return { receive, call, key };
  });
}

export interface Sent {
  readonly receive: string;
  readonly call: string;
  readonly key: string;
}

export const bodyOf = (key: string): string => JSON.stringify({ key, amount: 1 });

/** What a case says of a run. */
function shownOf({ expected }: Case, { group, outcome }: Ran): object {
  const error = group.commits.findLast((commit) => commit.error !== undefined)?.error;
  const saved = group.variables();
  return {
    outcome,
    commits: group.commits.map(({ points, published }) =>
      [points.join('+'), ...(published.length > 0 ? [published.map(({ shape }) => nameOf(group, shape)).join(', ')] : [])].join(': '),
    ),
    variables: Object.fromEntries(Object.keys(expected.variables ?? {}).map((name) => [name, saved[name]])),
    error: expected.error === undefined ? undefined : error && `${error.code} in ${error.shape ?? ''}`,
    took: expected.took === undefined ? undefined : group.now - new TestGroup(group.compiled).now,
  };
}

function expectedOf({ expected: { outcome = 'completed', commits, variables = {}, error, took } }: Case): object {
  return { outcome, commits, variables, error, took };
}

/** What may not depend on who ran it. */
function effectsOf(one: Case, ran: Ran): object {
  const { commits } = ran.group;
  return {
    ...{ ...shownOf(one, ran), commits: undefined, took: undefined },
    published: commits.flatMap(({ published }) => published),
    consumed: commits.flatMap(({ consumed }) => consumed),
  };
}

function restoredIsTheSame(one: Case, alone: Ran): void {
  const restored = run(one, 'restore');
  assert.deepEqual(effectsOf(one, restored), effectsOf(one, alone), 'restored at each commit');
  assert.deepEqual(shownOf(one, restored), shownOf(one, alone), 'restored at each commit');
}

function outOfMemoryIsTheSame(one: Case, alone: Ran): void {
  const left = run(one, 'leave');
  assert.deepEqual(effectsOf(one, left), effectsOf(one, alone), 'out of memory while it waits');
  const { leaves } = one.expected;
  if (leaves !== undefined) assert.equal(left.group.commits.filter(({ points }) => points.includes('dehydration')).length, leaves);
}

/** Dies once, before the nth commit: what ran since the last one runs again, and everything else is as without. */
function dyingIsTheSame(one: Case, alone: Ran, nth: number): void {
  let lost: string[] | undefined;
  const died = run(one, 'goOn', (group, mustCommit) => {
    if (lost !== undefined || !mustCommit || group.commits.length !== nth) return false;
    lost = namesOf(group, group.execution.atRisk());
    return true;
  });
  const when = `dies before commit ${String(nth + 1)}`;
  assert.deepEqual(effectsOf(one, died), effectsOf(one, alone), when);
  assert.deepEqual(lost, namesOf(alone.group, alone.group.commits[nth]?.trace ?? []), `${when}: what was at risk`);
  const traces = ({ group }: Ran): string[][] => group.commits.map(({ trace }) => namesOf(group, trace));
  assert.deepEqual(traces(died), traces(alone), `${when}: what ran again`);
}

function namesOf(group: TestGroup, trace: readonly TraceEntry[]): string[] {
  return trace.map(([shape]) => nameOf(group, shape));
}

function nameOf({ compiled }: TestGroup, shape: number): string {
  return compiled.outline[shape]?.name ?? '';
}
