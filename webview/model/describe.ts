/** Sentences about events, failovers and history, for the banner, the event list and the screen reader. */
import type { GroupEvent } from '../../emulator/control/events.ts';
import type { HistoryEvent, InstanceSummary } from '../../emulator/control/instances.ts';
import { saidIn, sentenceOf } from '../../emulator/text/sentence.ts';
import { duration, errorText, number, t } from '../strings.ts';
import type { TakenOver } from './condense.ts';
import { isStop, type Failover } from './failovers.ts';

export type Tone = 'neutral' | 'good' | 'warning' | 'bad';

export interface Line {
  readonly tone: Tone;
  readonly text: string;
}

export function shortId(id: string): string {
  return id.length > 13 ? `${id.slice(0, 8)}…` : id;
}

/** The state of an instance; what it waits for when no host instance has its version. */
export function describeState({
  state,
  orchestration: name,
  version,
}: Pick<InstanceSummary, 'state' | 'orchestration' | 'version'>): string {
  if (state !== 'Waits for version') return t(state);
  return version === undefined
    ? t('Waits for send port {name}', { name })
    : t('Waits for version {version} of {name}', { version: version.slice(0, 8), name });
}

export function orchestrations(count: number): string {
  return count === 1 ? t('1 orchestration') : t('{count} orchestrations', { count: number(count) });
}

export function describeFailover({ lost, takenOver, by, firstResumedMs }: Failover): Line {
  if (lost === 0 && takenOver === 0) return { tone: 'warning', text: t('It held no work.') };
  if (firstResumedMs === null) return { tone: 'bad', text: t('It held {count}; waiting for takeover', { count: orchestrations(lost) }) };
  const several = by.length > 1;
  const takers = by
    .map(({ hostInstance, count }) => (several ? t('{hostInstance} ({count})', { hostInstance, count: number(count) }) : hostInstance))
    .join(', ');
  const time = duration(firstResumedMs);
  if (takenOver >= lost) {
    const count = orchestrations(takenOver);
    return { tone: 'good', text: t('{count} taken over by {takers}, first resumed after {time}', { count, takers, time }) };
  }
  const parameters = { takenOver: number(takenOver), count: orchestrations(lost), takers, time };
  return { tone: 'warning', text: t('{takenOver} of {count} taken over so far by {takers}, first resumed after {time}', parameters) };
}

export function describeEvent(event: GroupEvent): Line {
  switch (event.kind) {
    case 'hostInstanceState': {
      const text = t('{hostInstance}: {state}', { hostInstance: event.hostInstance, state: t(event.state) });
      return { tone: toneOfState(event.state), text: withDetail(text, event.detail) };
    }
    case 'ownerLost': {
      const { hostInstance, reason, instances } = event;
      if (isStop(event)) return { tone: 'neutral', text: t('{hostInstance} ended its session, with no work left', { hostInstance }) };
      return {
        tone: 'bad',
        text: t('{hostInstance} lost ({reason}); it held {count}', { hostInstance, reason, count: orchestrations(instances.length) }),
      };
    }
    case 'takenOver': {
      const { orchestration, from, to, version, resumedAfterMs } = event;
      const parameters = { orchestration, instance: shortId(event.instance), from, to, version, time: duration(resumedAfterMs) };
      return { tone: 'good', text: t('{orchestration} {instance}: {from} → {to}, from commit {version}, after {time}', parameters) };
    }
    case 'computerState':
      return {
        tone: toneOfState(event.state),
        text: t('Computer {computer}: {state}', { computer: event.computer, state: t(event.state) }),
      };
    case 'messageBoxState':
      return { tone: toneOfState(event.state), text: withDetail(t('MessageBox: {state}', { state: t(event.state) }), event.detail) };
    case 'receiveNotice':
      return { tone: 'warning', text: errorText(event.error).message };
    case 'clockJumped':
      return { tone: 'warning', text: describeClock(event) };
    case 'storage':
      return event.state === 'full'
        ? { tone: 'bad', text: t('The disk of the data folder is full: nothing new begins until there is room.') }
        : { tone: 'good', text: t('There is room on the disk again: work goes on.') };
    case 'instanceSuspended': {
      const { orchestration, instance, error } = event;
      return {
        tone: 'warning',
        text: t('{orchestration} {instance} suspended: {message}', {
          orchestration,
          instance: shortId(instance),
          message: sentenceOf(error.message),
        }),
      };
    }
  }
}

/** The clock of the machine jumped, and the MessageBox's time is so far ahead of it. */
export function describeClock({ byMs, aheadMs }: { readonly byMs: number; readonly aheadMs: number }): string {
  const time = duration(Math.abs(byMs));
  return byMs > 0
    ? t('The clock of this machine went forward by {time}: it was set, or the machine slept. What was due meanwhile happens now.', { time })
    : t(
        'The clock of this machine was set back by {time}. Time in the MessageBox goes on evenly; it is {ahead} ahead until the clock has caught up.',
        { time, ahead: duration(aheadMs) },
      );
}

/** Takeovers that belong together, in one sentence; a single one is told in full. */
export function describeTakeovers(takeovers: readonly TakenOver[]): Line {
  const [first] = takeovers;
  if (first === undefined) throw new RangeError('there is no takeover to describe');
  if (takeovers.length === 1) return describeEvent(first);
  const times = takeovers.map(({ resumedAfterMs }) => resumedAfterMs);
  const [soonest, latest] = [duration(Math.min(...times)), duration(Math.max(...times))];
  const parameters = { count: orchestrations(takeovers.length), from: first.from, to: first.to, first: soonest, last: latest };
  return { tone: 'good', text: t('{count}: {from} → {to}, first after {first}, last after {last}', parameters) };
}

function toneOfState(state: string): Tone {
  if (state === 'running') return 'good';
  return state === 'lost' || state === 'failed' ? 'bad' : state === 'frozen' || state === 'restarting' ? 'warning' : 'neutral';
}

function withDetail(text: string, detail: string | undefined): string {
  return detail === undefined ? text : `${text} · ${detail}`;
}

export interface HistoryLine extends Line {
  readonly sequence: number;
  readonly at: string;
  /** Host instance whose work it was. */
  readonly by: string | null;
  readonly details: readonly HistoryDetail[];
}

export interface ShapeName {
  readonly name: string;
  /** In the outline, where it is known. */
  readonly number?: number | undefined;
}

export interface HistoryDetail extends Line {
  /** Shapes named in the text, which stand in it with commas between them. */
  readonly shapes?: readonly ShapeName[];
  /** Likewise, ids of instances. */
  readonly instances?: readonly string[];
}

/** One entry of the history of an instance: what happened, who did it, and what follows from it. */
export function describeHistory(event: HistoryEvent): HistoryLine {
  const { sequence, at } = event;
  const line = (tone: Tone, text: string, by: string | null = null, details: readonly HistoryDetail[] = []): HistoryLine => ({
    sequence,
    at,
    tone,
    text,
    by,
    details,
  });
  switch (event.kind) {
    case 'activated':
      return line('neutral', t('Activated by {messageType}', { messageType: event.messageType }), null, startedBy(event));
    case 'granted': {
      const { hostInstance, version, takeover, credit } = event;
      const why = t('Why here: it had asked with credit {credit}, the most of its host at that moment.', { credit: number(credit) });
      const sentence = takeover
        ? 'Taken over by {hostInstance}, resumed from commit {version}'
        : 'Granted to {hostInstance} from commit {version}';
      return line(takeover ? 'good' : 'neutral', t(sentence, { hostInstance, version }), hostInstance, [{ tone: 'neutral', text: why }]);
    }
    case 'committed':
      return line(
        'neutral',
        t('Commit {version} by {hostInstance}', { version: event.version, hostInstance: event.hostInstance }),
        event.hostInstance,
        commitDetails(event),
      );
    case 'ownerLost': {
      const { hostInstance, version, reason } = event;
      const text = t('Owner {hostInstance} lost after commit {version} ({reason})', { hostInstance, version, reason });
      return line('bad', text, hostInstance, lossDetails(event));
    }
    case 'delivered':
      return line('neutral', t('Delivered {messageType} to {receive}', { messageType: event.messageType, receive: event.receive }));
    case 'timerFired':
      return line('neutral', t('Timer {timer} fired', { timer: event.timer }));
    case 'refused': {
      const { hostInstance, messageType, shape, number: numbered } = event;
      const shapes = [{ name: shape, number: numbered }];
      const details = [{ tone: 'neutral' as const, text: t('PersistenceException at {shape}', { shape }), shapes }];
      return line('bad', t('Refused: nobody subscribes to {messageType}', { messageType }), hostInstance, details);
    }
    case 'operated': {
      const details = event.applied ? [] : [{ tone: 'neutral' as const, text: t('takes effect at the next persistence point') }];
      return line('neutral', t(`Operator: ${event.operation}`), null, details);
    }
    case 'moved':
      return line('neutral', t('Begins in version {version} instead: it had not run anything yet', { version: event.version.slice(0, 8) }));
    case 'suspended':
      return line('warning', t('Suspended: {message}', { message: sentenceOf(event.error.message) }), null, [
        ...shapeOf(event),
        ...saidIn(event.error.message).map((text) => ({ tone: 'neutral' as const, text })),
      ]);
  }
}

function startedBy({ startedBy: instance }: Extract<HistoryEvent, { kind: 'activated' }>): readonly HistoryDetail[] {
  return instance === undefined ? [] : [{ tone: 'neutral', text: t('Started by {instance}', { instance }), instances: [instance] }];
}

/** What the loss of an owner interrupted, and what runs again because of it. */
function lossDetails(event: Extract<HistoryEvent, { kind: 'ownerLost' }>): readonly HistoryDetail[] {
  const { atRisk, atRiskShapes, running, runningShape } = event;
  const details: HistoryDetail[] = [];
  if (running !== undefined) {
    const shapes = [{ name: running, number: runningShape }];
    details.push({ tone: 'warning', text: t('Its code ran: {shape}', { shape: running }), shapes });
  }
  if (atRisk.length > 0) {
    const shapes = atRisk.map((name, index) => ({ name, number: atRiskShapes[index] }));
    details.push({ tone: 'warning', text: t('At risk, will run again: {shapes}', { shapes: atRisk.join(', ') }), shapes });
  }
  return details;
}

function commitDetails({
  points,
  shapes,
  consumed,
  published,
  outcome,
}: Extract<HistoryEvent, { kind: 'committed' }>): readonly HistoryDetail[] {
  const [ran, ranAgain] = [false, true].map((again) => shapes.filter((shape) => shape.again === again));
  const details: HistoryDetail[] = [];
  const add = (text: string, tone: Tone = 'neutral'): void => void details.push({ tone, text });
  const addShapes = (sentence: 'Ran: {shapes}' | 'Ran again: {shapes}', tone: Tone, some: typeof shapes = []): void => {
    if (some.length === 0) return;
    const names = some.map(({ name, shape }) => ({ name, number: shape }));
    details.push({ tone, text: t(sentence, { shapes: names.map(({ name }) => name).join(', ') }), shapes: names });
  };
  if (points.length > 0) add(t('Persistence point: {points}', { points: points.map((point) => t(point)).join(', ') }));
  addShapes('Ran: {shapes}', 'neutral', ran);
  addShapes('Ran again: {shapes}', 'warning', ranAgain);
  if (consumed.length > 0) add(t('Messages consumed: {count}', { count: number(consumed.length) }));
  for (const { messageType, to, starts } of published) {
    if (starts) details.push({ tone: 'neutral', text: t('Started {instances}', { instances: to.join(', ') }), instances: to });
    else if (to.length === 0) add(t('Published {messageType}; nobody subscribes', { messageType }), 'warning');
    else add(t('Published {messageType} to {targets}', { messageType, targets: to.join(', ') }));
  }
  if (outcome === 'completed') add(t('Completed'), 'good');
  if (outcome === 'terminated') add(t('Terminated'), 'warning');
  return details;
}

function shapeOf({ error: { shape }, number: numbered }: Extract<HistoryEvent, { kind: 'suspended' }>): readonly HistoryDetail[] {
  return shape === undefined
    ? []
    : [{ tone: 'neutral', text: t('in shape {shape}', { shape }), shapes: [{ name: shape, number: numbered }] }];
}
