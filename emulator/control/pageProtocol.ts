/**
 * What the dashboard page and its host say to each other. The host is the extension (a webview panel) or the supervisor (a browser). Both
 * ends parse everything they receive; what they do not understand is refused here and logged there. The page names actions of the group
 * from the list below, never a command of VS Code and never a path.
 */
import * as v from 'valibot';
import type { WireError } from '../errors.ts';
import { commandArguments } from './commandArguments.ts';
import type { Commands, FeedFrame } from './commands.ts';
import type { RunOverview } from './run.ts';
import { wireError } from './wireErrorSchema.ts';

/** Changes with every incompatible change of a message below; the host answers another version with an error. */
export const PAGE_VERSION = 2;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** The commands of the control socket a page may give. Stopping the group is none of them. */
const PAGE_COMMANDS = [
  'status',
  'instances',
  'show',
  'lanes',
  'failovers',
  'killHostInstance',
  'freezeHostInstance',
  'thawHostInstance',
  'stopHostInstance',
  'startHostInstance',
  'failComputer',
  'repairComputer',
  'killMessageBox',
  'suspend',
  'resume',
  'terminate',
] as const;

export type PageCommand = (typeof PAGE_COMMANDS)[number];

const ready = v.strictObject({ kind: v.literal('ready'), version: v.number() });
const command = v.strictObject({ kind: v.literal('command'), id: count, command: v.string(), arguments: v.unknown() });
const moment = v.strictObject({ kind: v.literal('moment'), id: count, at: v.nullable(v.pipe(v.number(), v.finite())) });
const exportRun = v.strictObject({ kind: v.literal('export'), id: count });
/** The page names a shape of an instance, never a path: the host looks up where it is written. */
const openSource = v.strictObject({ kind: v.literal('openSource'), instance: v.pipe(v.string(), v.maxLength(200)), shape: count });
const fromPage = v.variant('kind', [ready, command, moment, exportRun, openSource]);

/** `ready`: the page has (again) nothing and wants the strings and a snapshot. */
export type PageMessage =
  | v.InferOutput<typeof ready>
  | PageRequest
  | v.InferOutput<typeof openSource>
  /** Look at the run as it was at that time (UTC ms), or at the present (`null`). Answered with `moment`, a snapshot and a response. */
  | v.InferOutput<typeof moment>
  /** Export the run to a file; the response says where it is: {@link ExportAnswer}. */
  | v.InferOutput<typeof exportRun>;

export interface ExportAnswer {
  /** `null`: the person changed their mind. */
  readonly file: string | null;
}

export interface PageRequest<C extends PageCommand = PageCommand> {
  readonly kind: 'command';
  readonly id: number;
  readonly command: C;
  readonly arguments: Commands[C]['arguments'];
}

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
  // Not strict: a host of another version has to be understood so far that its version can be told.
  v.object({
    kind: v.literal('strings'),
    version: v.number(),
    locale: v.string(),
    bundle: v.record(v.string(), v.string()),
    canOpenSource: v.optional(v.boolean(), false),
  }),
  v.strictObject({ kind: v.literal('feed'), frame }),
  v.strictObject({
    kind: v.literal('moment'),
    at: v.nullable(v.number()),
    present: v.boolean(),
    overview: v.optional(v.custom<RunOverview>((value) => typeof value === 'object' && value !== null)),
  }),
  v.strictObject({ kind: v.literal('response'), id: count, result: v.unknown() }),
  v.strictObject({ kind: v.literal('failure'), id: count, error: wireError }),
  v.strictObject({ kind: v.literal('connection'), state: v.picklist(['connected', 'lost', 'stopped']), error: v.optional(wireError) }),
]);

export type HostMessage =
  /** The first answer to `ready`. */
  | {
      readonly kind: 'strings';
      readonly version: number;
      readonly locale: string;
      /** Translations by English text; empty for English. */
      readonly bundle: Readonly<Record<string, string>>;
      /** The host answers `openSource`; a browser has no editor to open. */
      readonly canOpenSource: boolean;
    }
  | { readonly kind: 'feed'; readonly frame: FeedFrame }
  /**
   * What the frames that follow are about: a moment of a recorded run (UTC ms), or the present (`null`). `present`: there is one to go
   * back to. `overview`: of the run, once after it was opened.
   */
  | { readonly kind: 'moment'; readonly at: number | null; readonly present: boolean; readonly overview?: RunOverview | undefined }
  | { readonly kind: 'response'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: WireError }
  /** Whether the host itself still hears from the group. */
  | { readonly kind: 'connection'; readonly state: 'connected' | 'lost' | 'stopped'; readonly error?: WireError | undefined };

/** Either the message, or why it is none. */
export type Parsed<T> = { readonly ok: true; readonly message: T } | { readonly ok: false; readonly reason: string; readonly id?: number };

/** Reads what a page sent: a JSON text or the structured clone of `postMessage`. Never throws. */
export function parsePageMessage(received: unknown): Parsed<PageMessage> {
  const head = parse(fromPage, received);
  if (!head.ok || head.message.kind !== 'command') return head as Parsed<PageMessage>;
  const request = head.message;
  const command = PAGE_COMMANDS.find((allowed) => allowed === request.command);
  if (command === undefined) return { ok: false, id: request.id, reason: `no action of the page: ${request.command}` };
  const checked = v.safeParse(commandArguments[command], request.arguments);
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
