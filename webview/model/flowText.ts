/** A shape and its state in words: the accessible name of a drawing, and the line of the list that stands for it. */
import { duration, number, t, timeOrDate, type Template } from '../strings.ts';
import type { InstanceTimer } from '../../emulator/control/instances.ts';
import { isBlock, type Said } from './flowParts.ts';
import type { ShapeState } from './flowState.ts';

const kinds: Readonly<Record<string, Template>> = {
  receive: 'Receive',
  send: 'Send',
  construct: 'Construct message',
  expression: 'Expression',
  decide: 'Decide',
  loop: 'Loop',
  delay: 'Delay',
  listen: 'Listen',
  parallel: 'Parallel actions',
  scope: 'Scope',
  compensate: 'Compensate',
  call: 'Call orchestration',
  start: 'Start orchestration',
  group: 'Group',
  throw: 'Throw exception',
  terminate: 'Terminate',
  suspend: 'Suspend',
  rule: 'Rule',
  else: 'Else',
  branch: 'Branch',
  handler: 'Exception handler',
  compensation: 'Compensation block',
};

/** The kind as the designer calls it. */
export function kindText(kind: string): string {
  const known = kinds[kind];
  return known === undefined ? kind : t(known);
}

const transactions = { longRunning: 'long-running', atomic: 'atomic' } as const satisfies Readonly<
  Record<NonNullable<Said['transaction']>, Template>
>;

/** `Receive ReceiveOrder`, `Call orchestration House (BookHouse, long-running)`; what has no name of its own has that of its kind. */
export function shapeText(said: Said): string {
  const { kind, name, orchestration } = said;
  if (kind === 'else') return kindText(kind);
  const more = [...(orchestration === undefined ? [] : [orchestration]), ...transactionTexts(said)];
  return `${kindText(kind)} ${name}${more.length === 0 ? '' : ` (${more.join(', ')})`}`;
}

function transactionTexts({ transaction }: Said): readonly string[] {
  return transaction === undefined ? [] : [t(transactions[transaction])];
}

/** What stands in the drawing: a Call is headed by what it calls. */
export function titleOf({ kind, name, orchestration }: Said): string {
  if (kind === 'else') return kindText(kind);
  return kind === 'call' ? (orchestration ?? name) : name;
}

/** The second line in the drawing of a shape that says more than its name. @param now UTC ms, against which times count down */
export function subtitleOf(said: Said, state: ShapeState, now: number): string {
  const { kind, name, orchestration = '' } = said;
  if (kind === 'start') return orchestration;
  return [...(kind === 'call' ? [name] : []), ...transactionTexts(said), ...progressTexts(state, now)].join(' · ');
}

/** What became of a transaction, and what it waits for. */
function progressTexts({ reached, inVain, until }: ShapeState, now: number): readonly string[] {
  const parts = reached === 'compensated' ? [t('compensated')] : [];
  if (inVain > 0) parts.push(t('in vain: {count}', { count: number(inVain) }));
  if (until === null) return parts;
  const left = Date.parse(until.due) - now;
  return [
    ...parts,
    left > 0 ? t(leftTexts[until.kind], { left: duration(left) }) : t(untilTexts[until.kind], { time: timeOrDate(until.due) }),
  ];
}

const leftTexts = { delay: 'ends in {left}', timeout: 'time-out in {left}', retry: 'again in {left}' } as const satisfies Readonly<
  Record<InstanceTimer['kind'], Template>
>;

const untilTexts = { delay: 'until {time}', timeout: 'time-out: {time}', retry: 'again: {time}' } as const satisfies Readonly<
  Record<InstanceTimer['kind'], Template>
>;

/** As which ones of all a compensation block ran. */
function orderText(order: readonly number[]): string {
  const words = ['compensated first', 'compensated second', 'compensated third'] as const;
  const [first = 0, ...others] = order;
  const word = others.length === 0 ? words[first - 1] : undefined;
  return word === undefined ? t('compensated as number {order}', { order: order.map((one) => number(one)).join(', ') }) : t(word);
}

/** Everything the marks of a shape say, as parts of one sentence. */
export function stateTexts(kind: string, state: ShapeState): readonly string[] {
  const { reached, runs, again, by, goesOn, current, error, order, inVain, until } = state;
  const parts = reached === 'compensated' && order.length > 0 ? [] : [t(reached)];
  if (order.length > 0) parts.push(orderText(order));
  if (runs > 1) parts.push(t('ran {count} times', { count: number(runs) }));
  if (by !== null) parts.push(t('last on {hostInstance}', { hostInstance: by }));
  if (again > 0) parts.push(t('ran again after a takeover'));
  if (inVain === 1) parts.push(t('ran in vain once'));
  if (inVain > 1) parts.push(t('ran in vain {count} times', { count: number(inVain) }));
  if (until !== null) parts.push(t(untilSentences[until.kind], { time: timeOrDate(until.due) }));
  if (goesOn) parts.push(isBlock(kind) ? t('has ended, as saved') : t('goes on here after a loss'));
  if (current === 'running') parts.push(t('running, here or behind'));
  if (current === 'waiting') parts.push(t('waits here'));
  if (error !== null) parts.push(t('Error: {message}', { message: error }));
  return parts;
}

const untilSentences = {
  delay: 'waits until {time}',
  timeout: 'its time is over at {time}',
  retry: 'runs again at {time}',
} as const satisfies Readonly<Record<InstanceTimer['kind'], Template>>;

/** The whole sentence. */
export function describeShape(entry: Said, state: ShapeState): string {
  return `${shapeText(entry)}: ${stateTexts(entry.kind, state).join(', ')}`;
}

/** A name in at most `rows` rows of `width` letters; Chinese ones take the room of two. What does not fit ends in an ellipsis. */
export function wrap(text: string, width: number, rows: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<=[\s_-])|(?<=[a-z])(?=[A-Z])|(?<=[\u2e80-\uffff])/)) {
    if (line !== '' && room(line + word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  lines.push(line.trimEnd());
  const shown = lines.slice(0, rows);
  const cut = lines.length > rows;
  return shown.map((part, index) => clip(part, width, cut && index === rows - 1));
}

function room(text: string): number {
  let sum = 0;
  for (const letter of text) sum += letter >= '\u2e80' ? 2 : 1;
  return sum;
}

function clip(text: string, width: number, more: boolean): string {
  if (room(text) <= width) return more ? `${text}…` : text;
  let kept = '';
  for (const letter of text) {
    if (room(kept + letter) > width - 1) break;
    kept += letter;
  }
  return `${kept}…`;
}
