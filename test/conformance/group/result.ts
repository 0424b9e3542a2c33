/** What came of a case: the same words for a run on the engine alone and for one that a journal tells of. */
import type { EngineCommit } from '../../../emulator/engine/door.ts';
import type { CommitRecord, JournalRecord, SubmitRecord } from '../../../emulator/messagebox/core/records.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { type Case, run } from '../semantics/case.ts';
import type { GroupCase } from './cases.ts';

/** Everything that may not depend on who ran it, or how often. */
export interface Result {
  readonly outcome: string;
  /** Persistence points and the names of the shapes that published, in order; what only leaves memory is a part of the next. */
  readonly commits: readonly string[];
  /** What ran and counted, for each commit. */
  readonly ran: readonly (readonly string[])[];
  readonly published: readonly object[];
  /** Messages that were received, in order. */
  readonly consumed: readonly string[];
  /** As they were saved last: those that the case speaks of. */
  readonly variables: object;
  readonly error: string | undefined;
}

type Commit = Partial<Omit<EngineCommit, 'published'>> &
  Pick<EngineCommit, 'points'> & {
    readonly published?: readonly { readonly type: string; readonly body?: string; readonly shape?: number }[];
  };

export function aloneResult({ one }: GroupCase): Result {
  const { group, outcome } = run(one);
  const entries = new Map(group.commits.flatMap(({ consumed }) => consumed).map((entry) => [entry, `message-${entry}`]));
  return resultOf(one, one.definition, group.commits, outcome, { entries, ids: new Map() });
}

/** What the journal has of a case. */
export interface Told {
  readonly instances: readonly string[];
  readonly submitted: readonly SubmitRecord[];
  readonly commits: readonly CommitRecord[];
  /** How the instances ended that what it published has begun: of the send port, and those it started. */
  readonly begunEnds: readonly string[];
  /** Versions from which it had to go on because its owner was lost. */
  readonly lostAt: ReadonlySet<number>;
}

export function toldOf(records: readonly JournalRecord[], { id }: GroupCase): Told {
  const submitted = records.filter((record) => record.kind === 'submit').filter(({ location }) => location.startsWith(`${id}-`));
  const instances = submitted.flatMap(({ message }) => message.to.flatMap((route) => ('service' in route ? [route.instance] : [])));
  const is = ({ instance }: { readonly instance: string }): boolean => instances.includes(instance);
  const lost = records.flatMap((record) => (record.kind === 'sessionEnd' ? record.lost : [])).filter(is);
  const commits = records.filter((record) => record.kind === 'commit').filter(is);
  const published = commits.flatMap((commit) => commit.published ?? []);
  const begun = published.flatMap(({ to }) => to.flatMap((route) => ('service' in route ? [route.instance] : [])));
  const begunEnds = begun.map((instance) => {
    const its = records.filter((record) => record.kind === 'commit').filter((record) => record.instance === instance);
    return its.map(({ outcome }) => outcome).join(', ');
  });
  return { instances, submitted, commits, begunEnds, lostAt: new Set(lost.map(({ version }) => version)) };
}

export function groupResult({ one, runs }: GroupCase, { submitted, commits }: Told): Result {
  const ids = new Map(submitted.map(({ message }, index) => [message.id, `message-q${String(index)}`]));
  const entries = new Map(submitted.flatMap(({ message }) => message.to.map(({ entry }) => [entry, ids.get(message.id) ?? ''])));
  const { outcome = 'none', error } = commits.at(-1) ?? {};
  const failed = outcome === 'suspended' && error?.code.startsWith('orchestration.') === true;
  const reached = failed ? 'error' : outcome === 'idle' ? 'waiting' : outcome;
  return resultOf(one, runs, commits, reached, { entries, ids });
}

/** Entries of the queue, and ids of messages, that another run calls otherwise: what a case calls them. */
interface Names {
  readonly entries: ReadonlyMap<string, string>;
  readonly ids: ReadonlyMap<string, string>;
}

function resultOf(
  { expected, definition: { definition } }: Case,
  { outline, definition: { name: orchestration } }: CompiledOrchestration,
  commits: readonly Commit[],
  outcome: string,
  { entries, ids }: Names,
): Result {
  const nameOf = (shape = -1): string => outline[shape]?.name ?? '';
  const plain = (text: string): string => [...ids].reduce((said, [id, name]) => said.replaceAll(id, name), text);
  const counted = withoutLeaving(commits);
  const error = commits.findLast((commit) => commit.error !== undefined)?.error;
  const saved = commits.findLast(({ state }) => state !== undefined)?.state ?? '{}';
  const values = (JSON.parse(plain(saved)) as { v?: Record<string, unknown> }).v ?? {};
  return {
    outcome,
    commits: counted.map(({ points, published = [] }) => `${points.join('+')}: ${published.map(({ shape }) => nameOf(shape)).join(', ')}`),
    ran: counted.map(({ trace = [] }) => trace.map(([shape]) => nameOf(shape))),
    published: commits.flatMap(({ published = [] }) =>
      published.map(({ type, body = '', shape }) => ({ type, body: plain(body), shape: nameOf(shape) })),
    ),
    // What else is consumed is the end of a time.
    consumed: commits.flatMap(({ consumed = [] }) => consumed.flatMap((entry) => entries.get(entry) ?? [])),
    variables: Object.fromEntries(Object.keys(expected.variables ?? {}).map((name) => [name, values[name]])),
    // What happened in no shape happened in the orchestration, which has another name in the group.
    error: error && `${error.code} in ${error.shape === orchestration ? definition.name : (error.shape ?? '')}`,
  };
}

/** Leaving memory is up to the host: what ran before it belongs to the next commit that is not. */
function withoutLeaving(commits: readonly Commit[]): Commit[] {
  const found: Commit[] = [];
  let trace: EngineCommit['trace'] = [];
  for (const commit of commits) {
    trace = [...trace, ...(commit.trace ?? [])];
    if (commit.points.join() === 'dehydration') continue;
    found.push({ ...commit, trace });
    trace = [];
  }
  return found;
}
