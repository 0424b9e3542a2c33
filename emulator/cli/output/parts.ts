/** What the MessageBox keeps of a live instance as lines of text: where it goes on and what it waits for, or the messages it keeps. */
import type { InstanceDetail } from '../../control/instances.ts';
import { filterText } from '../../control/filterText.ts';
import type { Call } from '../command.ts';
import { formatDate } from './format.ts';
import { typeText } from './history.ts';
import { oneLine } from './width.ts';

type Style = Pick<Call, 't' | 'language' | 'print'>;

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
    ...detail.timers.map(({ shape, due }) => t('Timer of "{shape}": {due}', { shape: oneLine(shape), due: formatDate(due, language) })),
  ];
}

function keptLines({ messages }: InstanceDetail, { t }: Style): string[] {
  return messages.map(({ id, type, name }) => {
    const message = { message: oneLine(id ?? ''), type: typeText(type ?? '', { t }) };
    return name === ''
      ? t('Keeps message {message} of type {type}', message)
      : t('Keeps message {message} of type {type}, which was for "{receive}"', { ...message, receive: oneLine(name) });
  });
}

function positionLines({ position: { saved, atRisk }, outline }: InstanceDetail, { t, print }: Style): string[] {
  const name = (place: number): string => oneLine(outline[place]?.name ?? '?');
  const blocks = new Set(['branch', 'handler', 'compensation']);
  const places = saved.map((place) =>
    blocks.has(outline[place]?.kind ?? '') ? t('the end of {branch}', { branch: name(place) }) : name(place),
  );
  const goesOn =
    saved.length === 0
      ? t('Nothing is saved yet: after a loss it begins again.')
      : t('After a loss it goes on at: {shapes}', { shapes: places.join(t(', ')) });
  if (atRisk.length === 0) return [goesOn];
  return [goesOn, print.paint('busy', t('at risk, will run again: {shapes}', { shapes: atRisk.map(name).join(t(', ')) }))];
}
