/** The history of an instance as lines of text. */
import type { PersistencePoint } from '../../engine/door.ts';
import type { HistoryEvent } from '../../control/instances.ts';
import { sentenceOf } from '../../text/sentence.ts';
import { term } from '../../text/term.ts';
import type { Call } from '../command.ts';
import { formatTime, shortVersion } from './format.ts';
import { oneLine } from './width.ts';

type Event<K extends HistoryEvent['kind']> = Extract<HistoryEvent, { kind: K }>;
type Style = Pick<Call, 't' | 'language' | 'print'>;

const pointNames: Readonly<Record<PersistencePoint, string>> = {
  'scope-end': term('end of a scope'),
  send: term('send'),
  'start-orchestration': term('start of an orchestration'),
  breakpoint: term('breakpoint'),
  suspension: term('suspension'),
  shutdown: term('shutdown'),
  dehydration: term('dehydration'),
  end: term('end of the orchestration'),
};

const outcomeNames: Readonly<Record<Event<'committed'>['outcome'], string | undefined>> = {
  running: undefined,
  idle: term('It waits, out of memory.'),
  completed: term('It is complete.'),
  terminated: term('It was terminated.'),
  suspended: term('It is suspended.'),
};

/** One event; the first line has its time, more lines are indented. */
export function historyLines(event: HistoryEvent, style: Style): string[] {
  const [first, ...more] = textsOf(event, style);
  const time = style.print.paint('quiet', formatTime(event.at, style.language));
  return [`  ${time}  ${first ?? ''}`, ...more.map((line) => `${' '.repeat(16)}${line}`)];
}

function textsOf(event: HistoryEvent, style: Style): string[] {
  const { t, print } = style;
  switch (event.kind) {
    case 'activated':
      if (event.startedBy !== undefined) return [t('Started by {instance}', { instance: oneLine(event.startedBy) })];
      return [
        t('Activated by message {message} of type {type}', { message: oneLine(event.message), type: typeText(event.messageType, style) }),
      ];
    case 'granted':
      return [granted(event, style)];
    case 'committed':
      return committed(event, style);
    case 'ownerLost':
      return ownerLost(event, style);
    case 'delivered':
      return [
        t('Message {message} of type {type} arrived for "{receive}"', {
          message: oneLine(event.message),
          type: typeText(event.messageType, style),
          receive: oneLine(event.receive),
        }),
      ];
    case 'timerFired':
      return [t('Timer "{timer}" fired', { timer: oneLine(event.timer) })];
    case 'refused': {
      const values = { shape: oneLine(event.shape), type: typeText(event.messageType, style) };
      return [print.paint('bad', t('Nobody subscribes to the message of type {type} that "{shape}" sends: PersistenceException', values))];
    }
    case 'operated':
      return [operated(event, style)];
    case 'moved':
      return [t('Begins in version {version} instead: it had not run anything yet', { version: shortVersion(event.version) })];
    case 'suspended':
      return [print.paint('bad', t('Suspended: {message}', { message: oneLine(sentenceOf(event.error.message)) }))];
  }
}

function granted(event: Event<'granted'>, { t, print }: Style): string {
  const parameters = { hostInstance: print.paint('strong', oneLine(event.hostInstance)), version: event.version };
  if (event.takeover) return print.paint('busy', '> ') + t('{hostInstance} takes over, from persistence point {version}', parameters);
  return event.version === 0
    ? t('{hostInstance} starts it', parameters)
    : t('{hostInstance} goes on, from persistence point {version}', parameters);
}

function committed(event: Event<'committed'>, { t, print }: Style): string[] {
  const separator = t(', ');
  const points = event.points.map((point) => t(pointNames[point])).join(separator);
  const outcome = outcomeNames[event.outcome];
  const head = t('{hostInstance} reached persistence point {version}: {points}', {
    hostInstance: oneLine(event.hostInstance),
    version: event.version,
    points,
  });
  const lines = [print.paint('good', '* ') + head];
  const ran = event.shapes.filter((shape) => !shape.again).map((shape) => oneLine(shape.name));
  const again = event.shapes.filter((shape) => shape.again).map((shape) => oneLine(shape.name));
  if (ran.length > 0) lines.push(t('ran: {shapes}', { shapes: ran.join(separator) }));
  if (again.length > 0)
    lines.push(print.paint('busy', t('ran again, because an owner was lost: {shapes}', { shapes: again.join(separator) })));
  if (event.consumed.length > 0) lines.push(t('consumed: {messages}', { messages: event.consumed.map(oneLine).join(separator) }));
  for (const sent of event.published) {
    if (sent.starts) {
      lines.push(t('"{shape}" started {instances}', { shape: oneLine(sent.shape), instances: sent.to.map(oneLine).join(separator) }));
      continue;
    }
    const to = sent.to.map(oneLine).join(separator) || t('nobody');
    lines.push(
      t('"{shape}" sent {message} of type {type} to {to}', {
        shape: oneLine(sent.shape),
        message: oneLine(sent.message),
        type: typeText(sent.messageType, { t }),
        to,
      }),
    );
  }
  if (outcome !== undefined) lines.push(t(outcome));
  return lines;
}

function ownerLost(event: Event<'ownerLost'>, { t, print }: Style): string[] {
  const head = t('{hostInstance} was lost: {reason}; persistence point {version} holds (attempt {attempt})', {
    hostInstance: oneLine(event.hostInstance),
    reason: oneLine(event.reason),
    version: event.version,
    attempt: event.attempt,
  });
  const running = event.running === undefined ? [] : [t('its code ran: {shape}', { shape: oneLine(event.running) })];
  const atRisk =
    event.atRisk.length > 0 ? [t('at risk, will run again: {shapes}', { shapes: event.atRisk.map(oneLine).join(t(', ')) })] : [];
  return [print.paint('bad', `x ${head}`), ...running, ...atRisk];
}

function operated(event: Event<'operated'>, { t }: Style): string {
  const operation = { suspend: t('Suspend'), resume: t('Resume'), terminate: t('Terminate') }[event.operation];
  return event.applied
    ? t('{operation} by the operator', { operation })
    : t('{operation} by the operator, waits for the next persistence point', { operation });
}

/** The type of a message. */
export function typeText(type: string, { t }: Pick<Style, 't'>): string {
  return type === '' ? t('(untyped)') : oneLine(type);
}
