/** Draws the ownership lanes on their canvases: what is shown is decided by the view, how it looks by drawLanes.ts and drawAround.ts. */
import type { GroupStatus } from '../../../emulator/control/status.ts';
import type { Freeze } from '../../model/freezes.ts';
import type { LaneRow, LanesModel } from '../../model/lanes.ts';
import { placesOf, type LaneWindow, type Places } from '../../model/laneWindow.ts';
import type { Timeline } from '../../model/timeline.ts';
import { duration, timeOfDay } from '../../strings.ts';
import { prepare } from '../shared/canvas.ts';
import { drawAxis, drawHostInstances, drawOverview, drawRestarts } from './drawAround.ts';
import { drawRows } from './drawLanes.ts';
import { NAMES, xOf, type Scene } from './laneScene.ts';
import { drawLegend } from './lanesLegend.ts';
import { ownerLook, readPalette, type OwnerLook, type Palette } from '../shared/palette.ts';

export const AXIS = 20;
export const HOST_ROW = 22;
/** Between two drawings of what hardly changes (ms). */
const RARELY = 250;

/** What is to be drawn. */
export interface LanesPicture {
  readonly lanes: LanesModel;
  readonly rows: readonly LaneRow[];
  readonly status: GroupStatus;
  readonly freezes: readonly Freeze[];
  readonly window: LaneWindow;
  readonly timeline: Timeline;
  /** UTC ms */
  readonly now: number;
  readonly rowHeight: number;
  /** Pixels above the first row in sight. */
  readonly scrolled: number;
  /** Where the keyboard is; `null` while it is elsewhere. */
  readonly cursor: { readonly instance: string; readonly stretch: number } | null;
}

export class LanesPainter {
  readonly #root: () => ParentNode;
  /** The last drawing of the lanes. */
  scene: Scene | undefined;
  #palette: Palette | undefined;
  #status: GroupStatus | undefined;
  /** When the palette, the overview and the legend were drawn last, by the group's clock; and the view the overview shows. */
  #around = 0;
  #overviewOf: LaneWindow | undefined;

  /** @param root holds the canvases `lanes`, `hosts`, `overview`, those of the legend, and the probe of the theme's colours */
  constructor(root: () => ParentNode) {
    this.#root = root;
  }

  /** Draws everything that has to be drawn again; gives the part of the axis in view, or `undefined` where there is nothing to draw on. */
  paint(picture: LanesPicture): Places | undefined {
    const probe = this.#root().querySelector<HTMLElement>('.probe');
    if (probe === null) return undefined;
    const { now, window, timeline } = picture;
    this.#status = picture.status;
    // A theme changes seldom, and what it says is asked of the browser, which is slow.
    const rarely = this.#palette === undefined || Math.abs(now - this.#around) > RARELY;
    if (rarely) this.#palette = readPalette(probe);
    const places = placesOf(window, timeline, now);
    this.#paintLanes(picture, places);
    this.#paintHostInstances(picture, places);
    if (rarely || window !== this.#overviewOf) this.#paintAround(picture, places);
    return places;
  }

  #prepare(selector: string, { timeline, now }: LanesPicture, view: Places): Scene | undefined {
    const canvas = this.#root().querySelector<HTMLCanvasElement>(selector);
    const prepared = canvas === null ? undefined : prepare(canvas);
    if (prepared === undefined || this.#palette === undefined) return undefined;
    return { ...prepared, palette: this.#palette, look: this.#look, timeline, view, now };
  }

  readonly #look = (hostInstance: string | null): OwnerLook => {
    const index = this.#status?.hostInstances.findIndex(({ name }) => name === hostInstance) ?? -1;
    return ownerLook(this.#palette as Palette, index);
  };

  #paintLanes(picture: LanesPicture, places: Places): void {
    const scene = this.#prepare('canvas.lanes', picture, places);
    if (scene === undefined) return;
    this.scene = scene;
    const { rows, rowHeight, scrolled } = picture;
    const first = Math.floor(scrolled / rowHeight);
    drawAxis(
      scene,
      AXIS,
      (time, step) => timeOfDay(new Date(time).toISOString()).slice(0, step < 1000 ? undefined : -4),
      (ms) => duration(ms),
    );
    drawRows(scene, rows, first, rowHeight, AXIS, scrolled - first * rowHeight);
    drawRestarts(scene, restartsOf(picture.lanes), AXIS);
    paintCursor(scene, picture);
  }

  #paintHostInstances(picture: LanesPicture, places: Places): void {
    const scene = this.#prepare('canvas.hosts', picture, places);
    if (scene === undefined) return;
    drawHostInstances(scene, picture.lanes.hostInstances, picture.freezes, HOST_ROW);
    drawRestarts(scene, restartsOf(picture.lanes), 0);
  }

  #paintAround(picture: LanesPicture, places: Places): void {
    this.#around = picture.now;
    this.#overviewOf = picture.window;
    const overview = this.#prepare('canvas.overview', picture, wholeOf(picture));
    if (overview) drawOverview(overview, picture.rows, places);
    for (const canvas of this.#root().querySelectorAll<HTMLCanvasElement>('.legend canvas')) {
      const prepared = prepare(canvas);
      if (prepared) drawLegend(prepared, canvas.dataset['sample'] ?? '', this.#palette as Palette, this.#look);
    }
  }
}

/** All of the time there is, as the overview shows it. */
export function wholeOf({ rows, timeline, now }: Pick<LanesPicture, 'rows' | 'timeline' | 'now'>): Places {
  const first = rows.reduce((least, { lane }) => Math.min(least, lane.begun), now - 1000);
  return { from: timeline.place(first), to: timeline.place(now) };
}

function paintCursor(scene: Scene, { rows, cursor, rowHeight, scrolled }: LanesPicture): void {
  const row = rows.findIndex(({ lane }) => lane.instance === cursor?.instance);
  const stretch = rows[row]?.lane.stretches[cursor?.stretch ?? 0];
  if (stretch === undefined) return;
  const left = Math.max(NAMES, xOf(scene, stretch.from));
  const right = Math.min(scene.width - 1, xOf(scene, stretch.to ?? scene.now));
  scene.context.strokeStyle = scene.palette.focus;
  scene.context.lineWidth = 2;
  scene.context.strokeRect(left - 1, AXIS + row * rowHeight - scrolled, Math.max(4, right - left + 2), Math.max(4, rowHeight));
}

/** The first start is none. */
function restartsOf({ generations }: LanesModel): readonly number[] {
  return generations.flatMap(({ generation, at }) => (generation > 1 ? [at] : []));
}
