/** What the MessageBox keeps of a live instance as lines of text: where it goes on and what it waits for, or the messages it keeps. */
import type { InstanceDetail, InstanceTimer } from '../../control/instances.ts';
import { term } from '../../text/term.ts';
import { filterText } from '../../control/filterText.ts';
import type { Call } from '../command.ts';
import { formatDate } from './format.ts';
import { typeText } from './history.ts';
import { oneLine } from './width.ts';

type Style = Pick<Call, 't' | 'language' | 'print'>;
type Outline = InstanceDetail['outline'];

/** Nothing for what has ended, and for ports that go on. */
export function partsLines(detail: InstanceDetail, style: Style): string[] {
  const { t, language } = style;
  const { kind, state, queue } = detail;
  if (state === 'Suspended (not resumable)') return keptLines(detail, style);
  if (kind !== 'orchestration' || state === 'Completed' || state === 'Terminated') return [];
  return [
    ...positionLines(detail, style),
    ...detail.subscriptions.map(({ receive, filter }) =>
      t('Subscription of "{receive}": {filter}', { receive: oneLine(receive), filter: oneLine(filterText(filter)) }),
    ),
    ...(queue.length === 0
      ? []
      : [t('Waiting for it: {receives}', { receives: queue.map(({ receive }) => oneLine(receive)).join(t(', ')) })]),
    ...detail.retries.map(({ scope, times }) =>
      t('Atomic scope "{shape}" has run in vain: {times}', { shape: oneLine(detail.outline[scope]?.name ?? '?'), times }),
    ),
    ...detail.timers.map(({ kind, shape, due }) => t(timerTexts[kind], { shape: oneLine(shape), due: formatDate(due, language) })),
  ];
}

const timerTexts: Readonly<Record<InstanceTimer['kind'], string>> = {
  delay: term('Timer of "{shape}": {due}'),
  timeout: term('Time-out of "{shape}": {due}'),
  retry: term('Scope "{shape}" runs again: {due}'),
};

function keptLines({ messages }: InstanceDetail, { t }: Style): string[] {
  return messages.map(({ id, type, name }) => {
    const message = { message: oneLine(id ?? ''), type: typeText(type ?? '', { t }) };
    return name === ''
      ? t('Keeps message {message} of type {type}', message)
      : t('Keeps message {message} of type {type}, which was for "{receive}"', { ...message, receive: oneLine(name) });
  });
}

const blocks: ReadonlySet<string> = new Set(['branch', 'handler', 'compensation']);

function positionLines({ position: { saved, atRisk }, outline }: InstanceDetail, style: Style): string[] {
  const { t, print } = style;
  const name = (place: number): string => oneLine(outline[place]?.name ?? '?');
  const places = saved.map((place) => {
    const text = blocks.has(outline[place]?.kind ?? '') ? t('the end of {branch}', { branch: name(place) }) : name(place);
    const around = aroundOf(outline, place);
    const path = [...around.filter((at) => outline[at]?.kind === 'scope').map(name), text].join(' / ');
    const calls = around.filter((at) => outline[at]?.kind === 'call').map(name);
    return calls.length === 0 ? path : t('{path} (in call {call})', { path, call: calls.join(' / ') });
  });
  const goesOn =
    saved.length === 0
      ? t('Nothing is saved yet: after a loss it begins again.')
      : t('After a loss it goes on at: {shapes}', { shapes: places.join(t(', ')) });
  const inside = insideText(outline, saved, style);
  const lines = inside === '' ? [goesOn] : [goesOn, t('It is inside: {scopes}', { scopes: inside })];
  if (atRisk.length === 0) return lines;
  return [...lines, print.paint('busy', t('at risk, will run again: {shapes}', { shapes: atRisk.map(name).join(t(', ')) }))];
}

/** Numbers of the Scopes and Calls that a place is in, outermost first. */
function aroundOf(outline: Outline, place: number): number[] {
  const around: number[] = [];
  for (let at = outline[place]?.parent ?? -1; at >= 0; at = outline[at]?.parent ?? -1) around.unshift(at);
  return around.filter((at) => outline[at]?.kind === 'scope' || outline[at]?.kind === 'call');
}

const transactionNames: Readonly<Record<NonNullable<Outline[number]['transaction']>, string>> = {
  longRunning: term('long-running'),
  atomic: term('atomic'),
};

/** The transactions and called orchestrations that threads are in, with their kinds. */
function insideText(outline: Outline, saved: readonly number[], { t }: Style): string {
  const numbers = [...new Set(saved.flatMap((place) => aroundOf(outline, place)))].sort((a, b) => a - b);
  const texts = numbers.flatMap((number) => {
    const { name = '', transaction, orchestration } = outline[number] ?? {};
    const kinds = [
      ...(orchestration === undefined ? [] : [t('call of {orchestration}', { orchestration: oneLine(orchestration) })]),
      ...(transaction === undefined ? [] : [t(transactionNames[transaction])]),
    ];
    return kinds.length === 0 ? [] : [t('{scope} ({kinds})', { scope: oneLine(name), kinds: kinds.join(t(', ')) })];
  });
  return texts.join(t(', '));
}
