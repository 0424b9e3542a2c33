/** Events of the group as lines of a log. */
import type { GroupEvent } from '../../control/events.ts';
import { errorText } from '../../text/translate.ts';
import { clockSentence, storageSentence } from '../../text/machineText.ts';
import { sentenceOf } from '../../text/sentence.ts';
import type { Call } from '../command.ts';
import { formatNumber, formatTime } from './format.ts';
import { processTone } from './states.ts';
import { oneLine } from './width.ts';

type Style = Pick<Call, 't' | 'language' | 'print'>;

/** One event in one line. */
export function eventLine(event: GroupEvent, style: Style): string {
  return `${style.print.paint('quiet', formatTime(event.at, style.language))}  ${textOf(event, style)}`;
}

function textOf(event: GroupEvent, { t, language, print }: Style): string {
  const withDetail = (text: string, detail: string | undefined): string =>
    detail === undefined ? text : t('{text} ({detail})', { text, detail: oneLine(detail) });
  switch (event.kind) {
    case 'hostInstanceState': {
      const state = print.paint(processTone(event.state), t(event.state));
      return withDetail(t('Host instance {name}: {state}', { name: oneLine(event.hostInstance), state }), event.detail);
    }
    case 'messageBoxState':
      return withDetail(t('MessageBox: {state}', { state: print.paint(processTone(event.state), t(event.state)) }), event.detail);
    case 'computerState':
      return t('Computer {name}: {state}', { name: oneLine(event.computer), state: print.paint(processTone(event.state), t(event.state)) });
    case 'ownerLost':
      return print.paint(
        'bad',
        t('Host instance {name} was lost: {reason}; instances without an owner: {count}', {
          name: oneLine(event.hostInstance),
          reason: oneLine(event.reason),
          count: formatNumber(event.instances.length, language),
        }),
      );
    case 'takenOver':
      return t('{to} took {orchestration} {instance} over from {from}, persistence point {version}, after {time} ms', {
        to: oneLine(event.to),
        from: oneLine(event.from),
        orchestration: oneLine(event.orchestration),
        instance: oneLine(event.instance),
        version: event.version,
        time: formatNumber(event.resumedAfterMs, language),
      });
    case 'receiveNotice':
      return print.paint('bad', oneLine(errorText(event.error, t).message));
    case 'clockJumped':
      return print.paint('busy', clockSentence(event, t));
    case 'storage':
      return print.paint(event.state === 'full' ? 'bad' : 'good', storageSentence(event.state, t));
    case 'instanceSuspended':
      return print.paint(
        'bad',
        t('{orchestration} {instance} was suspended: {message}', {
          orchestration: oneLine(event.orchestration),
          instance: oneLine(event.instance),
          message: oneLine(sentenceOf(event.error.message)),
        }),
      );
  }
}
