/**
 * What the dashboard page and its host say to each other. The host is the extension (a webview panel) or the supervisor (a browser). Both
 * ends parse everything they receive; what they do not understand is refused here and logged there. The page names actions of the group
 * from the list below, never a command of VS Code and never a path.
 */
import * as v from 'valibot';
import type { WireError } from '../errors.ts';
import type { Commands, FeedFrame } from './control.ts';

/** Changes with every incompatible change of a message below; the host answers another version with an error. */
export const PAGE_VERSION = 1;

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const byName = v.strictObject({ name });
const nothing = v.strictObject({});
const filter = v.strictObject({
  states: v.optional(
    v.array(
      v.picklist([
        'Ready to run',
        'Active',
        'Dehydrated',
        'Scheduled',
        'Suspended (resumable)',
        'Suspended (not resumable)',
        'Completed',
        'Terminated',
        'Completed with discarded messages',
      ]),
    ),
  ),
  orchestration: v.optional(name),
  owner: v.optional(name),
  ids: v.optional(v.pipe(v.array(name), v.maxLength(10_000))),
  text: v.optional(v.pipe(v.string(), v.maxLength(500))),
});
const byFilter = v.strictObject({ filter });
const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The commands of the control socket a page may give, with their arguments. Stopping the group is none of them. */
const pageCommands = {
  status: nothing,
  instances: v.strictObject({
    filter: v.optional(filter),
    limit: v.optional(v.pipe(count, v.maxValue(10_000))),
    offset: v.optional(count),
  }),
  show: v.strictObject({ instance: name }),
  lanes: v.strictObject({ since: v.optional(count) }),
  failovers: nothing,
  killHostInstance: byName,
  freezeHostInstance: byName,
  thawHostInstance: byName,
  stopHostInstance: byName,
  startHostInstance: byName,
  failComputer: byName,
  repairComputer: byName,
  killMessageBox: nothing,
  suspend: byFilter,
  resume: byFilter,
  terminate: byFilter,
};

export type PageCommand = keyof typeof pageCommands;

const ready = v.strictObject({ kind: v.literal('ready'), version: v.number() });
const command = v.strictObject({ kind: v.literal('command'), id: count, command: v.string(), arguments: v.unknown() });
const fromPage = v.variant('kind', [ready, command]);

/** `ready`: the page has (again) nothing and wants the strings and a snapshot. */
export type PageMessage = v.InferOutput<typeof ready> | PageRequest;

export interface PageRequest<C extends PageCommand = PageCommand> {
  readonly kind: 'command';
  readonly id: number;
  readonly command: C;
  readonly arguments: Commands[C]['arguments'];
}

const wireError = v.object({
  code: v.string(),
  message: v.string(),
  next: v.string(),
  parameters: v.record(v.string(), v.union([v.string(), v.number()])),
});

/** The head of a frame; its content has the shape of control.ts, which the group itself made. */
const frame = v.custom<FeedFrame>((value) => {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, frame: number, status, instances, events } = value as Partial<FeedFrame>;
  if (!Number.isSafeInteger(number)) return false;
  const whole = [status !== undefined, Array.isArray(instances), Array.isArray(events)];
  const given = [status, instances, events].map((part) => part !== undefined);
  return kind === 'snapshot' ? whole.every(Boolean) : kind === 'delta' && given.every((there, index) => !there || whole[index] === true);
});

const fromHost = v.variant('kind', [
  v.strictObject({ kind: v.literal('strings'), version: v.number(), locale: v.string(), bundle: v.record(v.string(), v.string()) }),
  v.strictObject({ kind: v.literal('feed'), frame }),
  v.strictObject({ kind: v.literal('response'), id: count, result: v.unknown() }),
  v.strictObject({ kind: v.literal('failure'), id: count, error: wireError }),
  v.strictObject({ kind: v.literal('connection'), state: v.picklist(['connected', 'lost', 'stopped']), error: v.optional(wireError) }),
]);

export type HostMessage =
  /** Translations by English text; empty for English. The first answer to `ready`. */
  | { readonly kind: 'strings'; readonly version: number; readonly locale: string; readonly bundle: Readonly<Record<string, string>> }
  | { readonly kind: 'feed'; readonly frame: FeedFrame }
  | { readonly kind: 'response'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: WireError }
  /** Whether the host itself still hears from the group. */
  | { readonly kind: 'connection'; readonly state: 'connected' | 'lost' | 'stopped'; readonly error?: WireError | undefined };

/** Either the message, or why it is none. */
export type Parsed<T> = { readonly ok: true; readonly message: T } | { readonly ok: false; readonly reason: string; readonly id?: number };

/** Reads what a page sent: a JSON text or the structured clone of `postMessage`. Never throws. */
export function parsePageMessage(received: unknown): Parsed<PageMessage> {
  const head = parse(fromPage, received);
  if (!head.ok || head.message.kind === 'ready') return head as Parsed<PageMessage>;
  const request = head.message;
  if (!Object.hasOwn(pageCommands, request.command))
    return { ok: false, id: request.id, reason: `no action of the page: ${request.command}` };
  const checked = v.safeParse(pageCommands[request.command as PageCommand], request.arguments);
  if (!checked.success) return { ok: false, id: request.id, reason: `${request.command}: ${reasonOf(checked.issues)}` };
  return { ok: true, message: { ...request, arguments: checked.output } as PageRequest };
}

/** Reads what a host sent, in the same two forms. Never throws. */
export function parseHostMessage(received: unknown): Parsed<HostMessage> {
  return parse(fromHost, received);
}

function parse<S extends v.GenericSchema>(schema: S, received: unknown): Parsed<v.InferOutput<S>> {
  let value = received;
  if (typeof received === 'string') {
    try {
      value = JSON.parse(received);
    } catch {
      return { ok: false, reason: 'not JSON' };
    }
  }
  const result = v.safeParse(schema, value);
  return result.success ? { ok: true, message: result.output } : { ok: false, reason: reasonOf(result.issues) };
}

function reasonOf(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  const [issue] = issues;
  const path = v.getDotPath(issue);
  return path === null ? issue.message : `${path}: ${issue.message}`;
}
