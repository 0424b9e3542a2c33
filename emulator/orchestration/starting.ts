/**
 * How an orchestration starts another one: it publishes a message, and the started one subscribes to that (docs/behaviour.md, section 10,
 * Start). So it is started by a commit of the MessageBox, once, on whatever host runs it.
 */
import type { Json } from './json.ts';
import type { Properties, PropertyValue } from './message.ts';
import type { Predicate } from './predicates.ts';

/** Context properties of the message that starts. */
export const STARTS = { orchestration: 'ScaledOutHosts.StartedOrchestration', by: 'ScaledOutHosts.StartedBy' } as const;

/** Its type. */
export const START_TYPE = 'ScaledOutHosts#Start';

/** Id of the subscription of who is started: no Receive takes it. */
export const START_SUBSCRIPTION = 'start';

/** What the started one is given, by the names of its parameters. */
export interface StartArguments {
  /** Packed. */
  readonly variables: Readonly<Record<string, Json>>;
  readonly messages: Readonly<Record<string, { readonly type: string; readonly body: string; readonly properties: Properties }>>;
  readonly correlationSets: Readonly<Record<string, readonly PropertyValue[]>>;
  /** Tokens of self-correlating ports; missing in messages of before. */
  readonly ports?: Readonly<Record<string, PropertyValue>>;
}

export function startFilter(orchestration: string): Predicate[][] {
  return [[{ property: STARTS.orchestration, operator: '==', value: orchestration }]];
}
