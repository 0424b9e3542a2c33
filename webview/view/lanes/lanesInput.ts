/** What a person does in the lanes: mouse, wheel and keyboard, turned into a window, a place of the keyboard and words. */
import type { InstanceLane, LaneStretch } from '../../../emulator/control/lanes.ts';
import { stretchAt, type LaneRow } from '../../model/lanes.ts';
import { fixed, FIRST_WINDOW, moved, zoomed, type LaneWindow } from '../../model/laneWindow.ts';
import type { Timeline } from '../../model/timeline.ts';
import { NAMES, timeAt, type Scene } from './laneScene.ts';
import { AXIS, wholeOf } from './lanesPainter.ts';

/** How much longer or shorter one step makes the part in view. */
export const ZOOM = 1.4;

/** Where the keyboard is. */
export interface LaneCursor {
  readonly instance: string;
  /** Place among the stretches of its lane. */
  readonly stretch: number;
}

/** The lanes as they are drawn now. */
export interface ShownLanes {
  readonly rows: readonly LaneRow[];
  /** px */
  readonly rowHeight: number;
  readonly window: LaneWindow;
  readonly cursor: LaneCursor | null;
  readonly scroll: HTMLElement | null;
  /** The last drawing; `undefined` before the first. */
  readonly scene: Scene | undefined;
  readonly timeline: Timeline;
  /** UTC ms */
  readonly now: number;
}

/** What input changes. */
export interface LaneChanges {
  look(window: LaneWindow): void;
  stand(cursor: LaneCursor): void;
  /** Says in words what is there. */
  tell(lane: InstanceLane, stretch: LaneStretch): void;
  tellNothing(): void;
  open(instance: string): void;
}

export class LanesInput {
  readonly #shown: () => ShownLanes;
  readonly #changes: LaneChanges;

  constructor(shown: () => ShownLanes, changes: LaneChanges) {
    this.#shown = shown;
    this.#changes = changes;
  }

  /** Follows now, or stops following. */
  follow(): void {
    const { window, timeline, now } = this.#shown();
    this.#changes.look(window.kind === 'follow' ? moved(window, timeline, now, 0) : FIRST_WINDOW);
  }

  showAll(): void {
    const { rows, timeline, now } = this.#shown();
    const first = rows.reduce((least, { lane }) => Math.min(least, lane.begun), now);
    this.#changes.look(fixed(timeline, timeline.place(first), timeline.place(now)));
  }

  /** Longer with a factor above 1; what is at `anchor` (0 to 1 of the width) stays there. */
  zoom(factor: number, anchor = 0.5): void {
    const { window, timeline, now } = this.#shown();
    this.#changes.look(zoomed(window, timeline, now, factor, anchor));
  }

  readonly wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) return;
    event.preventDefault();
    const way = Math.sign(event.deltaY || event.deltaX);
    if (event.shiftKey) return this.#pan(way * 0.15);
    const width = this.#shown().scene?.width ?? 1;
    this.zoom(way > 0 ? ZOOM : 1 / ZOOM, Math.max(0, (event.offsetX - NAMES) / (width - NAMES)));
  };

  /** Drags a frame over the overview; a click puts the frame there as long as it is. */
  readonly brush = (event: PointerEvent): void => {
    const canvas = event.currentTarget as HTMLCanvasElement;
    const shown = this.#shown();
    const { from, to } = wholeOf(shown);
    const place = (x: number): number => from + (Math.max(0, x - NAMES) / (canvas.clientWidth - NAMES)) * (to - from);
    const start = event.offsetX;
    canvas.setPointerCapture(event.pointerId);
    const drag = ({ offsetX }: PointerEvent): void => {
      if (Math.abs(offsetX - start) > 3) this.#changes.look(fixed(shown.timeline, place(start), place(offsetX)));
    };
    canvas.addEventListener('pointermove', drag);
    const end = (): void => canvas.removeEventListener('pointermove', drag);
    canvas.addEventListener('pointerup', end, { once: true });
    canvas.addEventListener('pointercancel', end, { once: true });
  };

  readonly point = (event: PointerEvent): void => {
    const found = this.#at(event);
    const stretch = found?.lane.stretches[found.index];
    if (found && stretch) this.#changes.tell(found.lane, stretch);
    else this.#changes.tellNothing();
  };

  readonly click = (event: MouseEvent): void => {
    const found = this.#at(event);
    if (found) this.#changes.open(found.lane.instance);
  };

  readonly key = (event: KeyboardEvent): void => {
    const act = this.#actions[event.key];
    if (act === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act(event.shiftKey);
  };

  readonly #actions: Readonly<Record<string, (shift: boolean) => void>> = {
    ArrowDown: () => this.#step(1, 0),
    ArrowUp: () => this.#step(-1, 0),
    PageDown: () => this.#step(10, 0),
    PageUp: () => this.#step(-10, 0),
    ArrowRight: (shift) => (shift ? this.#pan(0.15) : this.#step(0, 1)),
    ArrowLeft: (shift) => (shift ? this.#pan(-0.15) : this.#step(0, -1)),
    Enter: () => {
      const { cursor } = this.#shown();
      if (cursor !== null) this.#changes.open(cursor.instance);
    },
    Home: () => this.showAll(),
    End: () => this.#changes.look(FIRST_WINDOW),
    '+': () => this.zoom(1 / ZOOM),
    '=': () => this.zoom(1 / ZOOM),
    '-': () => this.zoom(ZOOM),
  };

  #at(event: MouseEvent): { readonly lane: InstanceLane; readonly index: number } | undefined {
    const { scroll, scene, rows, rowHeight } = this.#shown();
    if (!scroll || !scene) return undefined;
    const box = scroll.getBoundingClientRect();
    const row = rows[Math.floor((event.clientY - box.top - AXIS + scroll.scrollTop) / rowHeight)];
    if (!row || event.clientY - box.top < AXIS) return undefined;
    const x = event.clientX - box.left;
    const index = x < NAMES ? row.lane.stretches.length - 1 : stretchAt(row.lane, timeAt(scene, x));
    return { lane: row.lane, index };
  }

  #pan(part: number): void {
    const { window, timeline, now } = this.#shown();
    this.#changes.look(moved(window, timeline, now, part));
  }

  /** Moves the keyboard by lanes or by stretches, brings it into view and tells what is there. */
  #step(lanes: number, stretches: number): void {
    const { rows, cursor } = this.#shown();
    const index = rows.findIndex(({ lane }) => lane.instance === cursor?.instance);
    const row = index < 0 ? rows[0] : rows[Math.max(0, Math.min(rows.length - 1, index + lanes))];
    if (row === undefined) return;
    const { lane } = row;
    const last = lane.stretches.length - 1;
    const kept = lanes === 0 && index >= 0 ? (cursor?.stretch ?? last) : last;
    const at = Math.max(0, Math.min(last, kept + stretches));
    const stretch = lane.stretches[at];
    if (stretch === undefined) return;
    this.#changes.stand({ instance: lane.instance, stretch: at });
    this.#changes.tell(lane, stretch);
    this.#bringIntoView(rows.indexOf(row), stretch);
  }

  #bringIntoView(row: number, { from, to }: LaneStretch): void {
    const { scroll, scene, rowHeight, now } = this.#shown();
    if (!scroll || !scene) return;
    const room = scroll.clientHeight - AXIS;
    if (row * rowHeight < scroll.scrollTop) scroll.scrollTop = row * rowHeight;
    else if ((row + 1) * rowHeight > scroll.scrollTop + room) scroll.scrollTop = (row + 1) * rowHeight - room;
    const { view, timeline } = scene;
    const [start, end] = [timeline.place(from), timeline.place(to ?? now)];
    if (end >= view.from && start <= view.to) return;
    const length = view.to - view.from;
    this.#changes.look(fixed(timeline, start - length * 0.2, start + length * 0.8));
  }
}
