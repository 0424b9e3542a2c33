/** Draws what is around the lanes: the time axis, the starts of the MessageBox, the host instances and the overview. */
import type { HostInstanceLane } from '../../../emulator/control/lanes.ts';
import type { Freeze } from '../../model/freezes.ts';
import type { LaneRow } from '../../model/lanes.ts';
import { roundStep } from '../../model/timeline.ts';
import { drawPattern } from '../shared/palette.ts';
import { clipText, drawCross, NAMES, timeAt, xOf, type Scene } from './laneScene.ts';

const AXIS_LABEL = 90;

/** Lines of the time axis with their times, and the folded pauses. `top`: height of the labels. */
export function drawAxis(scene: Scene, top: number, label: (time: number, step: number) => string, gapLabel: (ms: number) => string): void {
  const { context, width, height, palette, timeline, view } = scene;
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'middle';
  let free = NAMES;
  for (const { from, to } of timeline.gaps) {
    const [left, right] = [Math.max(NAMES, xOf(scene, from)), Math.min(width, xOf(scene, to))];
    if (right <= left) continue;
    context.fillStyle = palette.line;
    context.globalAlpha = 0.45;
    context.fillRect(left, top, right - left, height - top);
    context.globalAlpha = 1;
    const text = gapLabel(to - from);
    if (context.measureText(text).width > right - left - 4) continue;
    context.fillStyle = palette.muted;
    context.fillText(text, left + 3, height - 8);
  }
  const step = roundStep(((view.to - view.from) / (width - NAMES)) * AXIS_LABEL);
  const start = timeAt(scene, NAMES);
  for (let time = Math.ceil(start / step) * step, lines = 0; lines < 1000; time += step, lines += 1) {
    const x = Math.round(xOf(scene, time));
    if (x > width) break;
    if (x < free) {
      // Inside of a folded pause a step is nothing: go on behind it.
      const gap = timeline.gaps.find(({ from, to }) => time > from && time < to);
      if (gap !== undefined) time = Math.floor(gap.to / step) * step;
      continue;
    }
    context.fillStyle = palette.line;
    context.fillRect(x, top - 3, 1, height - top + 3);
    context.fillStyle = palette.muted;
    if (x + AXIS_LABEL - 30 < width) context.fillText(label(time, step), x + 3, top / 2);
    free = x + AXIS_LABEL - 10;
  }
}

/** Starts of the MessageBox across all rows: nothing was owned or granted between its end and them. */
export function drawRestarts(scene: Scene, times: readonly number[], top: number): void {
  const { context, height, palette, width } = scene;
  context.fillStyle = palette.bad;
  for (const time of times) {
    const x = Math.round(xOf(scene, time));
    if (x < NAMES || x > width) continue;
    for (let y = top; y < height; y += 8) context.fillRect(x, y, 1, 5);
  }
}

/** One lane for each host instance: its sessions, and how they ended. */
export function drawHostInstances(scene: Scene, lanes: readonly HostInstanceLane[], freezes: readonly Freeze[], rowHeight: number): void {
  const { context, palette, width } = scene;
  for (const [index, { hostInstance, sessions }] of lanes.entries()) {
    const y = index * rowHeight + 3;
    const height = rowHeight - 6;
    context.font = `12px ${palette.font}`;
    context.textBaseline = 'middle';
    context.fillStyle = palette.foreground;
    context.fillText(clipText(context, hostInstance, NAMES - 10), 2, y + height / 2);
    context.save();
    context.beginPath();
    context.rect(NAMES, y - 3, width - NAMES, rowHeight);
    context.clip();
    for (const session of sessions) drawSession(scene, session, hostInstance, y, height);
    for (const freeze of freezes) if (freeze.hostInstance === hostInstance) drawFreeze(scene, freeze, y, height);
    context.restore();
  }
}

function drawSession(scene: Scene, { from, to, end }: HostInstanceLane['sessions'][number], name: string, y: number, height: number): void {
  const { context, look, palette } = scene;
  const left = Math.max(NAMES - 4, xOf(scene, from));
  const right = Math.min(scene.width + 4, xOf(scene, to ?? scene.now));
  const { colour, pattern } = look(name);
  context.fillStyle = colour;
  context.fillRect(left, y, Math.max(1, right - left), height);
  context.fillStyle = palette.background;
  drawPattern(context, pattern, left, y, right - left, height);
  if (to === null) return;
  // The start of the MessageBox has a sign of its own, and the process lived through it.
  if (end === 'messagebox restarted') return;
  if (end !== 'bye') return drawCross(scene, right, y + height / 2, height / 2);
  context.fillStyle = palette.foreground;
  context.fillRect(right - 2, y - 1, 3, height + 2);
}

function drawFreeze(scene: Scene, { from, to }: Freeze, y: number, height: number): void {
  const { context, palette } = scene;
  const left = xOf(scene, from);
  const right = xOf(scene, to ?? scene.now);
  context.fillStyle = palette.background;
  context.fillRect(left, y + 2, right - left, height - 4);
  context.strokeStyle = palette.warning;
  context.lineWidth = 2;
  context.setLineDash([3, 3]);
  context.strokeRect(left, y + 2, right - left, height - 4);
  context.setLineDash([]);
}

/** Everything at once, small, with the part in view framed. `rows` are squeezed into the height. */
export function drawOverview(scene: Scene, rows: readonly LaneRow[], chosen: { readonly from: number; readonly to: number }): void {
  const { context, height, palette, look, width } = scene;
  const step = Math.max(1, Math.ceil(rows.length / 300));
  const rowHeight = height / Math.max(1, Math.ceil(rows.length / step));
  for (let index = 0; index < rows.length; index += step) {
    const y = (index / step) * rowHeight;
    for (const { tone, from, to, by } of rows[index]?.lane.stretches ?? []) {
      if (tone !== 'running' && tone !== 'lost') continue;
      context.fillStyle = tone === 'lost' ? palette.bad : look(by).colour;
      const left = xOf(scene, from);
      context.fillRect(left, y, Math.max(1, xOf(scene, to ?? scene.now) - left), Math.max(1, rowHeight));
    }
  }
  const place = (value: number): number => NAMES + ((value - scene.view.from) / (scene.view.to - scene.view.from)) * (width - NAMES);
  const left = Math.max(NAMES + 1, place(chosen.from));
  const right = Math.min(width - 1, Math.max(left + 3, place(chosen.to)));
  context.globalAlpha = 0.55;
  context.fillStyle = palette.background;
  context.fillRect(NAMES, 0, left - NAMES, height);
  context.fillRect(right, 0, width - right, height);
  context.globalAlpha = 1;
  context.strokeStyle = palette.focus;
  context.lineWidth = 2;
  context.strokeRect(left, 1, right - left, height - 2);
}
