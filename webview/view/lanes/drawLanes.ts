/** Draws lanes on a canvas: pure drawing, from rows, a time axis and a palette. */
import type { InstanceLane, LaneStretch, LaneTone } from '../../../emulator/control/lanes.ts';
import { rowOfParent, type LaneRow } from '../../model/lanes.ts';
import { laneName } from '../../model/laneText.ts';
import { drawPattern } from '../shared/palette.ts';
import { clipText, drawCross, NAMES, xOf, type Scene } from './laneScene.ts';

/** The rows from `first` on, one below the other from `top`. */
export function drawRows(scene: Scene, rows: readonly LaneRow[], first: number, rowHeight: number, top: number, offset: number): void {
  const { context, width, height } = scene;
  const last = Math.min(rows.length, first + Math.ceil((height - top + offset) / rowHeight) + 1);
  const shown = rows.slice(first, last).map((row, index) => ({ row, y: top + index * rowHeight - offset }));
  context.save();
  context.beginPath();
  context.rect(0, top, width, height - top);
  context.clip();
  for (const { row, y } of shown) drawName(scene, row, y, rowHeight);
  context.beginPath();
  context.rect(NAMES, top, width - NAMES, height - top);
  context.clip();
  const [inset, bar] = rowHeight > 8 ? [2, rowHeight - 4] : [0, rowHeight > 3 ? rowHeight - 1 : Math.max(1, rowHeight)];
  if (rowHeight > 8) for (const [index, { y }] of shown.entries()) drawTie(scene, rows, first + index, y, rowHeight);
  for (const { row, y } of shown) drawLane(scene, row.lane, y + inset, bar);
  context.restore();
}

function drawName({ context, palette }: Scene, { lane, depth }: LaneRow, y: number, rowHeight: number): void {
  if (rowHeight < 11) return;
  context.font = `${Math.min(12, rowHeight - 1)}px ${palette.font}`;
  context.textBaseline = 'middle';
  context.fillStyle = palette.foreground;
  const indent = Math.min(4, depth) * 10;
  const prefix = depth > 0 ? '└ ' : '';
  context.fillText(clipText(context, prefix + laneName(lane), NAMES - 10 - indent), 2 + indent, y + rowHeight / 2);
}

/** From the lane of who started an instance down to its own, at the moment it began. `y`: top of its row. */
function drawTie(scene: Scene, rows: readonly LaneRow[], index: number, y: number, rowHeight: number): void {
  const parent = rowOfParent(rows, index);
  if (parent < 0) return;
  const { context, palette } = scene;
  const x = Math.round(xOf(scene, rows[index]?.lane.begun ?? 0));
  const middle = y + rowHeight / 2;
  context.fillStyle = palette.muted;
  context.fillRect(x - 1, middle - (index - parent) * rowHeight, 1.5, (index - parent) * rowHeight);
}

function drawLane(scene: Scene, lane: InstanceLane, y: number, height: number): void {
  const { width } = scene;
  for (const stretch of lane.stretches) {
    const left = xOf(scene, stretch.from);
    const right = xOf(scene, stretch.to ?? Math.max(scene.now, stretch.from));
    if (right < NAMES - 1 || left > width) continue;
    drawStretch(scene, stretch, Math.max(left, NAMES - 4), Math.min(right, width + 4), y, height);
  }
  drawAgain(scene, lane, y, height);
  drawPoints(scene, lane, y, height);
  for (const takeover of lane.takeovers) drawTakeover(scene, takeover, y, height);
}

function drawStretch(scene: Scene, stretch: LaneStretch, left: number, right: number, y: number, height: number): void {
  const { context, palette, look } = scene;
  const length = Math.max(1, right - left);
  const { colour, pattern } = look(stretch.by);
  const middle = y + height / 2;
  switch (stretch.tone) {
    case 'running':
      context.fillStyle = colour;
      context.fillRect(left, y, length, height);
      context.fillStyle = palette.background;
      drawPattern(context, pattern, left, y, length, height);
      context.globalAlpha = 0.62;
      for (const [from, to] of stretch.waits ?? []) {
        const start = Math.max(left, xOf(scene, from));
        context.fillRect(start, y, Math.max(0, Math.min(right, xOf(scene, to)) - start), height);
      }
      context.globalAlpha = 1;
      return;
    case 'dehydrated':
      context.fillStyle = colour;
      context.fillRect(left, middle - Math.max(0.5, height / 8), length, Math.max(1, height / 4));
      if (stretch.due !== undefined) drawDue(scene, stretch.due, stretch.to ?? scene.now, middle, height);
      return;
    case 'suspended':
      context.fillStyle = palette.warning;
      context.fillRect(left, y, length, Math.max(1, height / 5));
      context.fillRect(left, y + height - Math.max(1, height / 5), length, Math.max(1, height / 5));
      return;
    case 'ready':
    case 'lost':
      drawDashes(scene, stretch.tone, left, right, y, height);
  }
}

/** The time its timer will fire, ahead of now; the rest grows towards it. */
function drawDue(scene: Scene, due: number, end: number, middle: number, height: number): void {
  if (due <= end || height < 5) return;
  const { context, palette, width } = scene;
  const [from, to] = [Math.max(NAMES, xOf(scene, end)), xOf(scene, due)];
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.setLineDash([1, 3]);
  context.beginPath();
  context.moveTo(from, middle);
  context.lineTo(Math.min(width, to), middle);
  context.stroke();
  context.setLineDash([]);
  if (to > width) return;
  context.beginPath();
  context.arc(to, middle, Math.min(4, height / 3), 0, 2 * Math.PI);
  context.moveTo(to, middle - 3);
  context.lineTo(to, middle);
  context.lineTo(to + 2, middle);
  context.stroke();
}

/** Nobody has it: dots while it is ready, dashes after a loss. In rows too low for them, a faint line. */
function drawDashes({ context, palette }: Scene, tone: LaneTone, left: number, right: number, y: number, height: number): void {
  const colour = tone === 'lost' ? palette.bad : palette.muted;
  if (height < 5) {
    context.fillStyle = colour;
    context.globalAlpha = tone === 'lost' ? 1 : 0.3;
    context.fillRect(left, y, right - left, height);
    context.globalAlpha = 1;
    return;
  }
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.setLineDash(tone === 'lost' ? [4, 2] : [2, 4]);
  context.beginPath();
  context.moveTo(left, y + height / 2);
  context.lineTo(right, y + height / 2);
  context.stroke();
  context.setLineDash([]);
}

/** From the grant to the commit in which shapes ran again: hatched. */
function drawAgain(scene: Scene, lane: InstanceLane, y: number, height: number): void {
  const { context, palette } = scene;
  for (const point of lane.points) {
    if (point.again === undefined) continue;
    const stretch = lane.stretches.findLast(({ tone, version }) => tone === 'running' && version < point.version);
    const left = Math.max(NAMES, xOf(scene, stretch?.from ?? point.at));
    const right = Math.min(scene.width, xOf(scene, point.at));
    if (right < left) continue;
    context.save();
    context.beginPath();
    context.rect(left, y, Math.max(2, right - left), height);
    context.clip();
    for (const [colour, shift] of [
      [palette.background, 1.5],
      [palette.foreground, 0],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5;
      context.beginPath();
      for (let x = left - height + shift; x < right + height; x += 6) {
        context.moveTo(x, y + height);
        context.lineTo(x + height, y);
      }
      context.stroke();
    }
    context.restore();
  }
}

function drawPoints(scene: Scene, { points }: InstanceLane, y: number, height: number): void {
  const { context, palette, width } = scene;
  let drawn = -10;
  for (const { at } of points) {
    const x = Math.round(xOf(scene, at));
    // Ticks on the same pixel are one.
    if (x - drawn < 2 || x < NAMES || x > width) continue;
    // With an edge of the background, so that it stands out from a bar of any colour.
    if (height > 6) {
      context.fillStyle = palette.background;
      context.fillRect(x - 2, y, 3.5, height);
    }
    context.fillStyle = palette.foreground;
    context.fillRect(x - 1, y - (height > 6 ? 1 : 0), height > 6 ? 1.5 : 1, height + (height > 6 ? 2 : 0));
    drawn = x;
  }
}

/** A cross where the owner was lost, a triangle where the next one went on. */
function drawTakeover(scene: Scene, { at, grantedAt, resumedAt }: InstanceLane['takeovers'][number], y: number, height: number): void {
  const { context, palette } = scene;
  if (height < 4) {
    context.fillStyle = palette.bad;
    context.fillRect(xOf(scene, at) - 1, y, 2, height);
    return;
  }
  const size = Math.min(5, height / 2);
  const middle = y + height / 2;
  drawCross(scene, xOf(scene, at), middle, size);
  const resumed = grantedAt ?? resumedAt;
  if (resumed === null) return;
  const x = xOf(scene, resumed);
  context.fillStyle = palette.foreground;
  context.strokeStyle = palette.background;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, middle - size);
  context.lineTo(x + size * 1.4, middle);
  context.lineTo(x, middle + size);
  context.closePath();
  context.fill();
  context.stroke();
}
