/** Sentences about the ownership lanes: what a pointer, a keyboard or a screen reader is told of them. */
import type { HostInstanceLane, InstanceLane, LaneStretch } from '../../emulator/control/lanes.ts';
import { duration, number, t, timeOfDay } from '../strings.ts';
import { shortId } from './describe.ts';
import type { LanesModel } from './lanes.ts';

type Shapes = Readonly<Record<string, readonly string[]>>;

export function laneName({ instance, orchestration }: InstanceLane): string {
  return orchestration === '' ? shortId(instance) : `${orchestration} ${shortId(instance)}`;
}

const ENDS = {
  idle: 'until it went idle',
  completed: 'until it was completed',
  terminated: 'until it was terminated',
  suspended: 'until it was suspended',
  lost: 'until the owner was lost',
  stopped: 'until the owner stopped in order',
  'messagebox restarted': 'until the MessageBox started again',
} as const;

/** Who started the instance of a lane; '' when no other one did. */
export function startedByText({ parent }: InstanceLane, { lanes }: Pick<LanesModel, 'lanes'>): string {
  if (parent === null) return '';
  const starter = lanes.get(parent);
  return t('started by {instance}', { instance: starter === undefined ? shortId(parent) : laneName(starter) });
}

/** One stretch of a lane, in full. `now`: of the group, UTC ms. */
export function describeStretch(
  lane: InstanceLane,
  stretch: LaneStretch,
  model: Pick<LanesModel, 'lanes' | 'shapes'>,
  now: number,
): string {
  const time = duration((stretch.to ?? Math.max(now, stretch.from)) - stretch.from);
  const parts = [
    `${laneName(lane)}: ${whatOf(stretch, time)}`,
    t('from {time}', { time: timeOfDay(new Date(stretch.from).toISOString()) }),
  ];
  if (stretch.tone === 'running') parts.push(...ownershipDetails(lane, stretch, model.shapes));
  if (stretch.due !== undefined) parts.push(t('timer due at {time}', { time: timeOfDay(new Date(stretch.due).toISOString()) }));
  const starter = startedByText(lane, model);
  return (starter === '' ? parts : [...parts, starter]).join(' · ');
}

function whatOf({ tone, by }: LaneStretch, time: string): string {
  const hostInstance = by ?? '';
  switch (tone) {
    case 'running':
      return t('owned by {hostInstance} for {time}', { hostInstance, time });
    case 'ready':
      return t('ready to run, without an owner for {time}', { time });
    case 'dehydrated':
      return t('dehydrated for {time}', { time });
    case 'suspended':
      return t('suspended for {time}', { time });
    case 'lost':
      return t('owner {hostInstance} lost, without an owner for {time}', { hostInstance, time });
  }
}

function ownershipDetails(lane: InstanceLane, { version, credit, takeover, waits, end, from, to }: LaneStretch, shapes: Shapes): string[] {
  const parts: string[] = [];
  const points = lane.points.filter(({ at }) => at >= from && (to === null || at <= to));
  if (takeover === true) parts.push(t('taken over, resumed from commit {version}', { version }));
  if (points.length > 0) parts.push(t('Commits: {count}', { count: number(points.length) }));
  if (credit !== undefined) parts.push(t('it had asked with credit {credit}', { credit: number(credit) }));
  const waited = (waits ?? []).reduce((sum, [start, stop]) => sum + stop - start, 0);
  if (waited > 0) parts.push(t('waited {time} of it in memory', { time: duration(waited) }));
  const again = shapeNames(
    lane,
    points.flatMap((point) => point.again ?? []),
    shapes,
  );
  if (again !== '') parts.push(t('Ran again: {shapes}', { shapes: again }));
  if (end !== undefined) parts.push(t(ENDS[end]));
  return parts;
}

/** The names of shapes; their numbers where the names are not known. */
export function shapeNames({ service }: InstanceLane, numbers: readonly number[], shapes: Shapes): string {
  return [...new Set(numbers)].map((index) => shapes[service]?.[index] ?? String(index)).join(', ');
}

/** The owners of a lane one after the other, for its row in the table. */
export function owners({ stretches }: InstanceLane): string {
  const names = stretches.flatMap(({ tone, by }) => (tone === 'running' && by !== null ? [by] : []));
  return names.filter((name, index) => name !== names[index - 1]).join(' → ');
}

const SESSION_ENDS = {
  bye: 'stopped in order',
  'socket closed': 'connection closed',
  'lease expired': 'lease ended',
  replaced: 'replaced by a newer session',
  'messagebox restarted': 'the MessageBox started again',
} as const;

/** Why a session of a host instance ended. */
export function sessionEnd(reason: keyof typeof SESSION_ENDS): string {
  return t(SESSION_ENDS[reason]);
}

/** The end of a session of a host instance, and what it held then. */
export function describeSession({ to, end, lost }: HostInstanceLane['sessions'][number]): string {
  if (to === null || end === null) return t('running');
  return lost === 0 ? sessionEnd(end) : `${sessionEnd(end)} · ${t('it held {count}', { count: number(lost) })}`;
}
