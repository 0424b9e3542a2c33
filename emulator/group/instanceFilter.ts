import type { InstanceFilter, InstanceSummary } from './control.ts';

/** The one filter of lists and batch operations. */
export function passes(summary: InstanceSummary, filter: InstanceFilter): boolean {
  if (filter.states && !filter.states.includes(summary.state)) return false;
  if (filter.orchestration !== undefined && summary.orchestration !== filter.orchestration) return false;
  if (filter.owner !== undefined && summary.owner !== filter.owner) return false;
  if (filter.ids && !filter.ids.includes(summary.id)) return false;
  if (filter.text === undefined) return true;
  const text = filter.text.toLowerCase();
  return [summary.id, summary.orchestration, summary.error?.message ?? ''].some((part) => part.toLowerCase().includes(text));
}
