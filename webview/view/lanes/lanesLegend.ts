/** What the signs of the lanes mean: each one drawn as in the lanes, with its word beside it. */
import { html, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import type { InstanceLane, LaneStretch } from '../../../emulator/control/lanes.ts';
import { timelineOf } from '../../model/timeline.ts';
import { t } from '../../strings.ts';
import { drawRestarts } from './drawAround.ts';
import { drawRows } from './drawLanes.ts';
import { NAMES, type Scene } from './laneScene.ts';
import { drawPattern, type OwnerLook, type Palette } from '../shared/palette.ts';

const LENGTH = 100;

/** Host instances that run orchestrations, then the signs. */
export function legend({ hostInstances, services }: GroupStatus): TemplateResult {
  const running = new Set(services.filter(({ kind }) => kind === 'orchestration').map(({ host }) => host));
  const owners = hostInstances.filter(({ host }) => running.has(host)).map(({ name }) => [`owner ${name}`, name] as const);
  const signs = [
    ['waits', t('waiting in memory')],
    ['dehydrated', t('dehydrated')],
    ['ready', t('ready to run')],
    ['suspended', t('suspended')],
    ['lost', t('owner lost')],
    ['again', t('ran again')],
    ['point', t('persistence point')],
    ['takeover', t('lost, then resumed')],
    ['restart', t('start of the MessageBox')],
  ] as const;
  return html`<ul class="legend" aria-label=${t('Meaning of the signs')}>
    ${[...owners, ...signs].map(([sample, text]) => html`<li><canvas data-sample=${sample} aria-hidden="true"></canvas>${text}</li>`)}
  </ul>`;
}

interface Prepared {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
}

/** Draws one sign into its small canvas. */
export function drawLegend(
  { context, width, height }: Prepared,
  sample: string,
  palette: Palette,
  look: (name: string | null) => OwnerLook,
): void {
  if (sample.startsWith('owner ')) {
    const { colour, pattern } = look(sample.slice('owner '.length));
    context.fillStyle = colour;
    context.fillRect(0, 0, width, height);
    context.fillStyle = palette.background;
    return drawPattern(context, pattern, 0, 0, width, height);
  }
  const plain = (): OwnerLook => ({ colour: palette.muted, pattern: 'plain' });
  const view = { from: 0, to: LENGTH };
  context.translate(-NAMES, -2);
  const scene: Scene = {
    context,
    width: width + NAMES,
    height: height + 4,
    palette,
    look: plain,
    timeline: timelineOf([0], false)(LENGTH),
    view,
    now: LENGTH,
  };
  if (sample === 'restart') return drawRestarts(scene, [LENGTH / 2], 2);
  drawRows(scene, [{ lane: laneOf(sample), depth: 0 }], 0, 10.9, 2, 0);
}

function laneOf(sample: string): InstanceLane {
  const stretch = (tone: LaneStretch['tone'], more: Partial<LaneStretch> = {}): LaneStretch => ({
    tone,
    by: '',
    from: 0,
    to: LENGTH,
    version: 0,
    ...more,
  });
  const running = stretch('running');
  const samples: Readonly<Record<string, Partial<InstanceLane>>> = {
    waits: { stretches: [stretch('running', { waits: [[30, LENGTH]] })] },
    dehydrated: { stretches: [stretch('dehydrated')] },
    ready: { stretches: [stretch('ready')] },
    suspended: { stretches: [stretch('suspended')] },
    lost: { stretches: [stretch('lost')] },
    again: { stretches: [running], points: [{ at: LENGTH, version: 1, points: [], again: [0] }] },
    point: { stretches: [running], points: [{ at: LENGTH / 2, version: 1, points: [] }] },
    takeover: {
      stretches: [stretch('running', { to: 25 }), stretch('lost', { from: 25, to: 65 }), stretch('running', { from: 65 })],
      takeovers: [{ at: 25, from: '', reason: 'socket closed', version: 0, to: '', grantedAt: 65, resumedAt: LENGTH, atRisk: [] }],
    },
  };
  const nothing = { instance: '', orchestration: '', service: '', parent: null, begun: 0, ended: LENGTH, outcome: null, omitted: 0 };
  return { ...nothing, stretches: [], points: [], takeovers: [], ...samples[sample] };
}
