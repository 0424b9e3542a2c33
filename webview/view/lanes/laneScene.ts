/** Where the lanes are drawn: the canvas, its time axis and colours, and what several drawings have in common. */
import type { Timeline } from '../../model/timeline.ts';
import type { OwnerLook, Palette } from '../shared/palette.ts';

/** Room for the names, px. */
export const NAMES = 150;

export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  readonly palette: Palette;
  readonly look: (hostInstance: string | null) => OwnerLook;
  readonly timeline: Timeline;
  /** Places at the left and the right edge of the drawing. */
  readonly view: { readonly from: number; readonly to: number };
  /** UTC ms */
  readonly now: number;
}

export function xOf({ view, width, timeline }: Scene, time: number): number {
  return NAMES + ((timeline.place(time) - view.from) / (view.to - view.from)) * (width - NAMES);
}

export function timeAt({ view, width, timeline }: Scene, x: number): number {
  return timeline.time(view.from + ((x - NAMES) / (width - NAMES)) * (view.to - view.from));
}

/** The text, or as much of it as there is room for (px). */
export function clipText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (context.measureText(text).width <= room) return text;
  let end = text.length - 1;
  while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > room) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** An owner that was lost. */
export function drawCross({ context, palette }: Scene, x: number, y: number, size: number): void {
  for (const [colour, thickness] of [
    [palette.background, 4],
    [palette.bad, 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.beginPath();
    context.moveTo(x - size, y - size);
    context.lineTo(x + size, y + size);
    context.moveTo(x + size, y - size);
    context.lineTo(x - size, y + size);
    context.stroke();
  }
}
