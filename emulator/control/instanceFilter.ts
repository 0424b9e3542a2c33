/** The one filter of lists and batch operations, for whatever form an instance is kept in. */
import type { InstanceFilter, InstanceSummary } from './instances.ts';

/** What a filter may ask about an instance; nothing is worked out that it does not ask for. */
export interface InstanceFacts<T> {
  id(instance: T): string;
  orchestration(instance: T): string;
  kind(instance: T): InstanceSummary['kind'];
  state(instance: T): InstanceSummary['state'];
  owner(instance: T): string | null;
  takeovers(instance: T): number;
  /** UTC ms */
  created(instance: T): number;
  /** Message of its error. */
  error(instance: T): string | undefined;
}

/** The facts of the public form. */
export const summaryFacts: InstanceFacts<InstanceSummary> = {
  id: ({ id }) => id,
  orchestration: ({ orchestration }) => orchestration,
  kind: ({ kind }) => kind,
  state: ({ state }) => state,
  owner: ({ owner }) => owner,
  takeovers: ({ takeovers }) => takeovers,
  created: ({ created }) => Date.parse(created),
  error: ({ error }) => error?.message,
};

/** The test a filter makes. Ages count from `now` (UTC ms, by the MessageBox's clock). */
export function matcher<T>(filter: InstanceFilter, now: number, facts: InstanceFacts<T>): (instance: T) => boolean {
  const tests = testsOf(filter, now, facts);
  return (instance) => {
    for (const test of tests) if (!test(instance)) return false;
    return true;
  };
}

/** Cheap ones first. */
function testsOf<T>(filter: InstanceFilter, now: number, facts: InstanceFacts<T>): ((instance: T) => boolean)[] {
  const tests: ((instance: T) => boolean)[] = [];
  const until = filter.createdUntil === undefined ? undefined : Date.parse(filter.createdUntil);
  const { owner, orchestration, olderThanMs, youngerThanMs, text } = filter;
  const states = filter.states && new Set(filter.states);
  const kinds = filter.kinds && new Set(filter.kinds);
  const ids = filter.ids && new Set(filter.ids);
  if (states) tests.push((instance) => states.has(facts.state(instance)));
  if (kinds) tests.push((instance) => kinds.has(facts.kind(instance)));
  if (filter.takenOver) tests.push((instance) => facts.takeovers(instance) > 0);
  if (olderThanMs !== undefined) tests.push((instance) => now - facts.created(instance) > olderThanMs);
  if (youngerThanMs !== undefined) tests.push((instance) => now - facts.created(instance) < youngerThanMs);
  if (until !== undefined) tests.push((instance) => facts.created(instance) <= until);
  if (owner !== undefined) tests.push((instance) => facts.owner(instance) === owner);
  if (orchestration !== undefined) tests.push((instance) => facts.orchestration(instance) === orchestration);
  if (ids) tests.push((instance) => ids.has(facts.id(instance)));
  if (text !== undefined) tests.push(contains(text.toLowerCase(), facts));
  return tests;
}

function contains<T>(text: string, facts: InstanceFacts<T>): (instance: T) => boolean {
  const has = (part: string | null | undefined): boolean => part?.toLowerCase().includes(text) ?? false;
  return (instance) =>
    has(facts.id(instance)) || has(facts.orchestration(instance)) || has(facts.owner(instance)) || has(facts.error(instance));
}
