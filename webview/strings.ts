/**
 * Every text of the page, in English, and the translation of it that the host handed over. A text that is not in this list does not
 * compile; one that is missing in a translation fails a test.
 */
import type { InstanceDetail } from '../emulator/control/instances.ts';
import { catalogue, type ErrorCode } from '../emulator/errorCatalogue.ts';
import { fillIn, type ErrorParameters, type WireError } from '../emulator/errors.ts';

export const strings = [
  // Heading
  'Scaled-Out Hosts',
  'LOCAL',
  'This group runs on this machine only.',
  'Profile {profile}',
  'Host instances running',
  'Active',
  'Suspended',
  'Completed',
  'Generation',
  'Times the MessageBox has started on this data folder',
  '{running} of {total}',
  // Connection
  'Connecting to the group…',
  'The connection to the group was lost. What you see is the last known state.',
  'The group was stopped.',
  'This page belongs to another version of Scaled-Out Hosts. Close it and open the dashboard again.',
  'Dismiss',
  '{action}: {message}',
  // Looking back
  'Looking back',
  'Recorded run',
  'Back to now',
  'Moment of the run',
  'Go through the run',
  'To the event before',
  'To the event after',
  'Play',
  'Pause',
  'Speed',
  '{speed}×',
  '{records} records',
  'The run began earlier than what is kept here.',
  'Reading the run…',
  'Look back',
  'Export run',
  '{time}, {passed} of {length}',
  'Nothing went wrong in this run.',
  'What went wrong, and when ({count})',
  '{name} was killed',
  '{name} was frozen',
  '{name} went with its computer',
  '{id} was suspended',
  'The MessageBox started again',
  'The run was exported to {file}',
  // Topology
  'Topology',
  'Receiving',
  'Processing',
  'Sending',
  'Computer {name}',
  'failed',
  'running',
  'Fail computer {name}',
  'Repair computer {name}',
  'Fail',
  'Repair',
  'Kill',
  'Freeze',
  'Thaw',
  'Stop',
  'Start',
  'Kill {name}',
  'Freeze {name}',
  'Thaw {name}',
  'Stop {name}',
  'Start {name}',
  'stopped',
  'start pending',
  'stop pending',
  'frozen',
  'held',
  'lost',
  'restarting',
  'suspect',
  'suspect {age}',
  'frozen, suspect {age}',
  'lost, last heard {age} ago',
  'Process {pid}',
  'No process',
  'Load',
  '{active} of {capacity}',
  'Credit',
  'Commits',
  '{rate}/s',
  'Memory',
  '{size} MB',
  'Lease: {left} left of {lease}',
  'No lease',
  'Restarts: {count}',
  'MessageBox',
  'starting',
  'stopping',
  'Kill the MessageBox',
  'Durable records',
  'Journal',
  'Messages',
  'Subscriptions',
  'Waiting for a host instance',
  'Messages received',
  'Messages published',
  'One dot is one message',
  'One dot is {count} messages',
  // Load balance
  'Load balance',
  'Share of commits of each host instance',
  'Host instance',
  'Share',
  'Ideal share {share}',
  'The mark shows an even share.',
  '{count} waiting',
  // Instances
  'Instances',
  'Loading…',
  '{count} match the filter',
  'Filter by id, orchestration, owner or error',
  'Filter by type',
  'Filter by state',
  'Filter by owner',
  'Filter by age',
  'any type',
  'orchestrations',
  'send ports',
  'receive locations',
  'any state',
  'needs attention',
  'working',
  'waiting',
  'suspended',
  'finished',
  'any owner',
  'any age',
  'older than 1 min',
  'older than 10 min',
  'older than 1 h',
  'older than 1 day',
  'taken over',
  'Saved filters',
  'Needs attention',
  'Needs attention ({count})',
  'Waiting, older than 10 min',
  'Taken over',
  'Clear filter',
  'Save filter…',
  'Name of the filter',
  'Save',
  'Delete the filter {name}',
  'All that match',
  '{operation}: all {count} that match',
  'Working through the instances: {part}',
  '{count} done',
  '{count} at their next persistence point',
  '{count} refused',
  'Terminate 1 instance?',
  'Terminate {count} instances?',
  'All that match the filter end at once, and their work so far is not undone. This cannot be taken back.',
  'No instance matches the filter.',
  'Nothing has run yet. Submit a message to see orchestrations here.',
  'Instance',
  'Orchestration',
  'State',
  'Owner',
  'Takeovers',
  'Changed',
  'Error',
  'Actions',
  'Suspend',
  'Resume',
  'Terminate',
  'Suspend {id}',
  'Resume {id}',
  'Terminate {id}',
  'Terminate instance {id}?',
  'It ends at once, and its work so far is not undone. This cannot be taken back.',
  'Cancel',
  'suspend pending',
  'terminate pending',
  'Ready to run',
  'Dehydrated',
  'Scheduled',
  'Suspended (resumable)',
  'Suspended (not resumable)',
  'Terminated',
  'Completed with discarded messages',
  // Detail
  'Instance {id}',
  'Close the instance',
  'Close',
  'Loading the instance…',
  'At this moment it had not begun.',
  'Flow',
  'Waits for',
  'Created {time}',
  'Variables',
  'History',
  'Activated by {messageType}',
  'Granted to {hostInstance} from commit {version}',
  'Taken over by {hostInstance}, resumed from commit {version}',
  'Commit {version} by {hostInstance}',
  'Persistence point: {points}',
  'Ran: {shapes}',
  'Ran again: {shapes}',
  'Published {messageType} to {targets}',
  'Published {messageType}; nobody subscribes',
  'Messages consumed: {count}',
  'Owner {hostInstance} lost after commit {version} ({reason})',
  'Its code ran: {shape}',
  'At risk, will run again: {shapes}',
  'Delivered {messageType} to {receive}',
  'Timer {timer} fired',
  'Operator: suspend',
  'Operator: resume',
  'Operator: terminate',
  'takes effect at the next persistence point',
  'Suspended: {message}',
  'in shape {shape}',
  'Resume it to go on behind this shape, or terminate it.',
  'Look at the log of the group; then resume or terminate it.',
  'Open the source of {shape}',
  'At the last persistence point',
  'No variables are saved.',
  'No messages are saved.',
  'Message type',
  'constructed',
  'Body of {name}',
  'Its body is not kept any more.',
  'Only the first {count} characters are shown.',
  'It has no subscriptions.',
  'Waiting messages',
  'Nothing waits for it.',
  'The timer has fired',
  'Timers',
  'No timer runs.',
  'due in {left}, at {time}',
  'due since {left}, at {time}',
  // Flow
  'Flow of {orchestration}; arrow keys go from shape to shape',
  'View of the flow',
  'Fit the width',
  'Actual size',
  'The flow as a list',
  'Receive',
  'Send',
  'Construct message',
  'Expression',
  'Decide',
  'Loop',
  'Delay',
  'Listen',
  'Parallel actions',
  'Scope',
  'Throw exception',
  'Rule',
  'Else',
  'Branch',
  'Exception handler',
  'not reached',
  'persisted',
  'at risk',
  'ran {count} times',
  'last on {hostInstance}',
  'ran again after a takeover',
  'has ended, as saved',
  'goes on here after a loss',
  'running, here or behind',
  'waits here',
  'runs',
  'Error: {message}',
  'scope-end',
  'send',
  'start-orchestration',
  'breakpoint',
  'suspension',
  'shutdown',
  'dehydration',
  'end',
  // Events
  'Events',
  'Nothing has happened yet.',
  '{hostInstance}: {state}',
  '{hostInstance} lost ({reason}); it held {count}',
  '{hostInstance} ended its session, with no work left',
  '{orchestration} {instance}: {from} → {to}, from commit {version}, after {time}',
  '{count}: {from} → {to}, first after {first}, last after {last}',
  'Computer {computer}: {state}',
  'MessageBox: {state}',
  '{orchestration} {instance} suspended: {message}',
  // Takeover banner
  '{hostInstance} lost',
  'It held no work.',
  'It held {count}; waiting for takeover',
  '{count} taken over by {takers}, first resumed after {time}',
  '{takenOver} of {count} taken over so far by {takers}, first resumed after {time}',
  '1 orchestration',
  '{count} orchestrations',
  '{hostInstance} ({count})',
  // Ownership lanes
  'Ownership lanes',
  'Who owned which instance when; nothing has run yet.',
  'The newest {count} instances, and who owned them when',
  '{count} messages came in too fast to show all they began',
  'Drag to choose a part of the time',
  'Host instances over time',
  'Arrow keys go from lane to lane and from stretch to stretch, Enter opens the instance, + and - zoom (also Ctrl and the wheel), Home shows everything, End follows now.',
  'View of the lanes',
  'Follow now',
  'Fold idle gaps',
  'Only taken over',
  'Zoom in',
  'Zoom out',
  'Show everything',
  'Row height',
  'Nothing new could be read.',
  'The lanes as a table',
  'The newest {count} of them.',
  'Owners',
  'From',
  'To',
  'Duration',
  'Ran again',
  'Meaning of the signs',
  'waiting in memory',
  'dehydrated',
  'ready to run',
  'ready',
  'owner lost',
  'ran again',
  'persistence point',
  'lost, then resumed',
  'start of the MessageBox',
  'from {time}',
  'timer due at {time}',
  'owned by {hostInstance} for {time}',
  'ready to run, without an owner for {time}',
  'dehydrated for {time}',
  'suspended for {time}',
  'owner {hostInstance} lost, without an owner for {time}',
  'taken over, resumed from commit {version}',
  'Commits: {count}',
  'it had asked with credit {credit}',
  'waited {time} of it in memory',
  'killed',
  'computer failed',
  'stopped in order',
  'connection closed',
  'lease ended',
  'replaced by a newer session',
  'the MessageBox started again',
  'until it went idle',
  'until it was completed',
  'until it was terminated',
  'until it was suspended',
  'until the owner was lost',
  'until the owner stopped in order',
  'until the MessageBox started again',
  'it held {count}',
  // Failover report
  'Failover report',
  'No owner has been lost. Kill or freeze a host instance to see what happens to its work.',
  'Cause',
  'Noticed after',
  'Held',
  'First resumed',
  'All resumed',
  'Taken over by',
  'Shapes run again',
  'Transmissions possibly repeated',
  'Shapes that run again repeat nothing outside: an orchestration’s messages are published with its commit, once. A send port may have transmitted a message and died before its commit; then the message goes out again, with the same message id, by which the receiver can drop it; a FILE send port leaves one file all the same. Code in expressions that acts outside runs again with its shape.',
  'From fault to first resumed',
  'BizTalk’s own times',
  'Times run from the moment the loss was noticed. BizTalk’s own times are documented ones, not measured: about 60 s when the process crashed and is started again, 9 to 11 minutes after a hang or when the computer stays down.',
  'not by a command',
  '{count} not yet',
  '{factor} times as long',
  'granted after {time}',
  'about {time}',
  '{from} to {to}',
  '{hostInstance} after its restart ({count})',
  '{count} suspended, ended or lost once more',
  // Charts
  'Commits per second',
  'Active instances',
  'Waiting for an owner',
  '{host} over the last {time}: fairness {jain} (Jain), most to least {ratio}',
  'The last minutes as a table',
  'Seconds ago',
  'Even share of {host}',
  'Share of the work of {host}',
  'The shares as a table',
  'Host',
  'Time shown',
  'Ideal share',
  'Why here: it had asked with credit {credit}, the most of its host at that moment.',
  // Units
  '{value} ms',
  '{value} s',
  '{value} min',
  '{value} h',
  '{value} days',
] as const;

type InstanceError = NonNullable<InstanceDetail['error']>;

export type Template = (typeof strings)[number];

let bundle: Readonly<Record<string, string>> = {};
let locale = 'en';
/** Made once: making one takes longer than drawing many lanes. */
let clock = clockIn(locale);

function clockIn(language: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat(language, {
    hour12: false,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
  });
}

/** Takes the translations, keyed by the English texts, and the language for numbers and times. */
export function useStrings(newLocale: string, newBundle: Readonly<Record<string, string>>): void {
  locale = newLocale;
  bundle = newBundle;
  clock = clockIn(locale);
}

/** The text in the user's language, with the values of its placeholders. */
export function t(template: Template, parameters: ErrorParameters = {}): string {
  return fillIn(bundle[template] ?? template, parameters);
}

/** The message and the next step of an error, made from the catalogue again where the code is known. */
export function errorText({ code, message, next, parameters }: Omit<WireError, 'retry'>): {
  readonly message: string;
  readonly next: string;
} {
  if (!Object.hasOwn(catalogue, code)) return { message, next };
  const entry = catalogue[code as ErrorCode];
  return {
    message: fillIn(bundle[entry.message] ?? entry.message, parameters),
    next: fillIn(bundle[entry.next] ?? entry.next, parameters),
  };
}

/** What a person can do about the error of an instance; what the catalogue says, where it says it without more being known. */
export function nextStep({ code, message }: InstanceError): string {
  if (code === 'suspended') return t('Resume it to go on behind this shape, or terminate it.');
  const { next } = errorText({ code, message, next: '', parameters: {} });
  return next === '' || next.includes('{') ? t('Look at the log of the group; then resume or terminate it.') : next;
}

/** A number with the separators of the user's language. */
export function number(value: number, digits = 0): string {
  return value.toLocaleString(locale, { maximumFractionDigits: digits });
}

/** A part of a whole, 0 to 1, as a percentage. */
export function percent(part: number): string {
  return part.toLocaleString(locale, { style: 'percent', maximumFractionDigits: 1 });
}

/** A length of time in the unit a person would use. */
export function duration(ms: number): string {
  if (ms < 995) return t('{value} ms', { value: number(Math.round(ms)) });
  if (ms < 120_000)
    return t('{value} s', { value: (ms / 1000).toLocaleString(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
  if (ms < 7_200_000) return t('{value} min', { value: number(ms / 60_000) });
  return ms < 172_800_000 ? t('{value} h', { value: number(ms / 3_600_000, 1) }) : t('{value} days', { value: number(ms / 86_400_000, 1) });
}

/** Time of day of an ISO 8601 time, to the millisecond: a failover is over within one second. */
export function timeOfDay(iso: string): string {
  return clock.format(Date.parse(iso));
}

/** Date and time of an ISO 8601 time that may be far away. */
export function dateAndTime(iso: string): string {
  return new Date(iso).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
}
