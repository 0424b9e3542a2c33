/** Everything the page knows about the group, and the one way it changes: a frame of the feed. Pure; the page's own clock comes in. */
import type { FeedFrame, Snapshot } from '../../emulator/control/commands.ts';
import type { GroupEvent } from '../../emulator/control/events.ts';
import type { InstanceSummary } from '../../emulator/control/instances.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import type { LoadSample } from '../../emulator/control/run.ts';
import { addToFailovers, type Failover } from './failovers.ts';
import { addSample, type Sample } from './rates.ts';

export interface Model {
  /** Number of the last frame applied; `null` before the first snapshot. */
  readonly frame: number | null;
  readonly status: GroupStatus | null;
  /** Page clock (ms) when `status` arrived. */
  readonly statusAt: number;
  /** Suspended first, then newest first. */
  readonly instances: readonly InstanceSummary[];
  /** What the last frame said of instances; also of older ones. */
  readonly changed: readonly InstanceSummary[];
  /** Newest first. */
  readonly events: readonly GroupEvent[];
  /** Losses of owners and what became of their work, newest first. */
  readonly failovers: readonly Failover[];
  /** Commits over time, oldest first. */
  readonly samples: readonly Sample[];
}

export const EMPTY: Model = { frame: null, status: null, statusAt: 0, instances: [], changed: [], events: [], failovers: [], samples: [] };

const NOBODY: readonly InstanceSummary[] = [];

/** As many instances and events as a snapshot holds, so that a long run does not grow the page. */
const KEPT = 200;

/** The model after a frame, or `gap`: a frame is missing, the model is unchanged and only a snapshot helps. */
export function applyFrame(model: Model, frame: FeedFrame, now: number): Model | 'gap' {
  if (frame.kind === 'snapshot') return fromSnapshot(model, frame, now);
  if (model.frame === null || frame.frame > model.frame + 1) return 'gap';
  // A repeated frame was overtaken by the snapshot that contains it.
  if (frame.frame <= model.frame) return model;
  const events = frame.events ?? [];
  return {
    frame: frame.frame,
    status: frame.status ?? model.status,
    statusAt: frame.status === undefined ? model.statusAt : now,
    instances: frame.instances === undefined ? model.instances : merge(model.instances, frame.instances),
    changed: frame.instances ?? NOBODY,
    events: events.length === 0 ? model.events : [...events.toReversed(), ...model.events].slice(0, KEPT),
    failovers: addToFailovers(model.failovers, events),
    samples: frame.status === undefined ? model.samples : addSample(model.samples, frame.status, now),
  };
}

function fromSnapshot(model: Model, { frame, status, instances, events, samples }: Snapshot, now: number): Model {
  // Rates go on over a snapshot of the same group: it only filled a gap.
  const sameGroup = model.status?.supervisorPid === status.supervisorPid;
  return {
    frame,
    status,
    statusAt: now,
    instances: merge([], instances),
    changed: instances,
    events: events.toReversed().slice(0, KEPT),
    failovers: addToFailovers([], events),
    samples: samples === undefined ? addSample(sameGroup ? model.samples : [], status, now) : onPageClock(samples, now),
  };
}

/** The newest one is as good as now. */
function onPageClock(samples: readonly LoadSample[], now: number): readonly Sample[] {
  const last = samples.at(-1)?.at ?? 0;
  return samples.map((sample) => ({ ...sample, at: now - (last - sample.at) }));
}

function merge(known: readonly InstanceSummary[], changed: readonly InstanceSummary[]): readonly InstanceSummary[] {
  const byId = new Map(known.map((instance) => [instance.id, instance]));
  for (const instance of changed) byId.set(instance.id, instance);
  return [...byId.values()].sort(inOrder).slice(0, KEPT);
}

function inOrder(a: InstanceSummary, b: InstanceSummary): number {
  const attention = Number(needsAttention(b)) - Number(needsAttention(a));
  if (attention !== 0) return attention;
  if (a.created !== b.created) return a.created < b.created ? 1 : -1;
  return a.id < b.id ? 1 : -1;
}

/** True for instances that wait for a person to decide. */
export function needsAttention({ state }: InstanceSummary): boolean {
  return state.startsWith('Suspended');
}

/** Sums of a group for its heading. */
export interface Totals {
  readonly running: number;
  readonly hostInstances: number;
  readonly active: number;
  readonly suspended: number;
  readonly completed: number;
}

export function totals({ hostInstances, messageBox: { counts } }: GroupStatus): Totals {
  return {
    running: hostInstances.filter(({ state }) => state === 'running').length,
    hostInstances: hostInstances.length,
    active: hostInstances.reduce((sum, { active }) => sum + active, 0),
    suspended: counts['Suspended (resumable)'] + counts['Suspended (not resumable)'],
    completed: counts.Completed,
  };
}
