import type { InstanceFilter, InstanceSummary } from '../../emulator/control/instances.ts';
import type { ServiceInstanceState } from '../../emulator/control/status.ts';
import { matcher, summaryFacts } from '../../emulator/control/instanceFilter.ts';

/** In the order of the view: what needs a person first. */
export const stateOrder: readonly ServiceInstanceState[] = [
  'Suspended (resumable)',
  'Suspended (not resumable)',
  'Waits for version',
  'Active',
  'Ready to run',
  'Dehydrated',
  'Scheduled',
  'Terminated',
  'Completed',
];

const finished: ReadonlySet<ServiceInstanceState> = new Set(['Completed', 'Terminated']);
const suspended: ReadonlySet<ServiceInstanceState> = new Set(['Suspended (resumable)', 'Suspended (not resumable)']);

export function isFinished(state: ServiceInstanceState): boolean {
  return finished.has(state);
}

export function isSuspended(state: ServiceInstanceState): boolean {
  return suspended.has(state);
}

/** What an operator may do with an instance in that state (docs/behaviour.md, section 12.2). */
export function operationsFor(state: ServiceInstanceState): {
  readonly resume: boolean;
  readonly suspend: boolean;
  readonly terminate: boolean;
} {
  return { resume: state === 'Suspended (resumable)', suspend: !isFinished(state) && !isSuspended(state), terminate: !isFinished(state) };
}

/** The test the group makes for its list and its batch operations; ages by this computer's clock. */
export function matches(filter: InstanceFilter, instance: InstanceSummary): boolean {
  return matcher(filter, Date.now(), summaryFacts)(instance);
}

/** True when the filter lets everything through. */
export function isEmpty(filter: InstanceFilter): boolean {
  return Object.values(filter).every((value) => value === undefined);
}

/** The filter in the notation of the view: `text owner:name type:name`. */
export function printFilter(filter: InstanceFilter): string {
  const quoted = (value: string): string => (/\s/.test(value) ? `"${value}"` : value);
  const parts = [
    filter.text,
    filter.orchestration && `type:${quoted(filter.orchestration)}`,
    filter.owner && `owner:${quoted(filter.owner)}`,
  ];
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}

/** Reads what `printFilter` prints; every word without a prefix is text to look for. */
export function parseFilter(input: string): InstanceFilter {
  const words: string[] = [];
  let orchestration: string | undefined;
  let owner: string | undefined;
  for (const [whole, prefix, quotedValue, plainValue] of input.matchAll(/(?:(type|owner):)?(?:"([^"]*)"|(\S+))/g)) {
    const value = quotedValue ?? plainValue ?? '';
    if (prefix === 'type') orchestration = value;
    else if (prefix === 'owner') owner = value;
    else words.push(value === '' ? whole : value);
  }
  return {
    ...(words.length === 0 ? {} : { text: words.join(' ') }),
    ...(orchestration === undefined ? {} : { orchestration }),
    ...(owner === undefined ? {} : { owner }),
  };
}
