/**
 * Ownership lanes: one lane for each orchestration instance over time, in the colour and the pattern of the host instance that owned each
 * stretch. It asks for news only while somebody can see it, and draws only when something has moved by a pixel.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { LanesFrame } from '../../../emulator/control/lanes.ts';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { freezes, type Freeze } from '../../model/freezes.ts';
import { applyLanes, laneRows, NO_LANES, type LaneRow, type LanesModel } from '../../model/lanes.ts';
import { describeStretch } from '../../model/laneText.ts';
import { FIRST_WINDOW, type LaneWindow } from '../../model/laneWindow.ts';
import { timelineOf, type Timeline } from '../../model/timeline.ts';
import { errorText, number, t } from '../../strings.ts';
import { NAMES } from './laneScene.ts';
import { LanesInput, type LaneCursor, type ShownLanes } from './lanesInput.ts';
import { legend } from './lanesLegend.ts';
import { AXIS, HOST_ROW, LanesPainter } from './lanesPainter.ts';
import { lanesStyles } from './lanesStyles.ts';
import { lanesTable } from './lanesTable.ts';
import { lanesTools } from './lanesTools.ts';
import { calm } from '../shared/motion.ts';
import { legendStyles } from '../shared/legendStyles.ts';
import { Resized } from '../shared/resized.ts';
import { shared } from '../shared/styles.ts';
import { WhileSeen } from '../shared/whileSeen.ts';

/** Asks the group for the lanes; rejects when it cannot. */
export type AskLanes = (since: number | null) => Promise<LanesFrame>;

/** Between two questions (ms), and after one that failed. */
const POLL = 250;
const POLL_TOO_FAST = 2000;
const POLL_AFTER_FAILURE = 2000;
/** Heights of a row a person can choose from; the last one squeezes all rows into the view. */
const ROWS = [22, 14, 7, 0] as const;
/** The browser's own pace (ms): what is faster is left to it. */
const FRAME = 17;
const HELP =
  'Arrow keys go from lane to lane and from stretch to stretch, Enter opens the instance, + and - zoom (also Ctrl and the wheel), Home shows everything, End follows now.';

export class LanesView extends LitElement {
  static override properties = {
    ask: { attribute: false },
    status: { attribute: false },
    events: { attribute: false },
    moment: { attribute: false },
    lanes: { state: true },
    window: { state: true },
    fold: { state: true },
    only: { state: true },
    rowSize: { state: true },
    cursor: { state: true },
    told: { state: true },
    tableOpen: { state: true },
    failed: { state: true },
  };
  static override styles = [shared, legendStyles, lanesStyles];
  declare ask: AskLanes;
  declare status: GroupStatus;
  declare events: readonly GroupEvent[];
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;
  declare lanes: LanesModel;
  declare window: LaneWindow;
  declare fold: boolean;
  declare only: boolean;
  declare rowSize: number;
  /** Where the keyboard is. */
  declare cursor: LaneCursor | null;
  /** What the pointer or the keyboard is on, in words. */
  declare told: string;
  declare tableOpen: boolean;
  declare failed: boolean;
  #next: ReturnType<typeof setTimeout> | undefined;
  /** Times it was drawn so far. */
  frames = 0;
  #painting = 0;
  #tooFast = false;
  #rows: readonly LaneRow[] = [];
  #timeline: (now: number) => Timeline = timelineOf([], false);
  /** Order of the rows while somebody points at them. */
  #held: readonly string[] | null = null;
  #freezes: readonly Freeze[] = [];
  readonly #painter = new LanesPainter(() => this.renderRoot);
  readonly #sight = new WhileSeen(this, {
    every: () => (this.#tooFast ? POLL_TOO_FAST : POLL),
    afterFailure: POLL_AFTER_FAILURE,
    turn: () => this.#question(),
    appeared: () => this.#paintSoon(),
  });
  readonly #input = new LanesInput(() => this.#shown, {
    look: (window) => (this.window = window),
    stand: (cursor) => (this.cursor = cursor),
    tell: (lane, stretch) => (this.told = describeStretch(lane, stretch, this.lanes, this.#now)),
    tellNothing: () => (this.told = ''),
    open: (instance) => this.dispatchEvent(new CustomEvent('soh-select', { detail: instance, bubbles: true, composed: true })),
  });

  constructor() {
    super();
    new Resized(this, () => this.#paintSoon());
    this.lanes = NO_LANES;
    this.window = FIRST_WINDOW;
    this.fold = true;
    this.only = false;
    this.rowSize = 0;
    this.cursor = null;
    this.told = '';
    this.tableOpen = false;
    this.failed = false;
    this.events = [];
    this.moment = null;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#next);
  }

  async #question(): Promise<boolean> {
    try {
      const lanes = applyLanes(this.lanes, await this.ask(this.lanes.revision), performance.now());
      this.#tooFast = lanes.unseen > this.lanes.unseen;
      this.lanes = lanes;
      this.failed = false;
    } catch {
      // The page's own message says what happened to the group; here it is enough that nothing is new.
      this.failed = true;
    }
    return !this.failed;
  }

  get #now(): number {
    return this.moment ?? performance.now() + this.lanes.clock;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('moment')) this.#sight.soon();
    if (changed.has('events')) this.#freezes = freezes(this.events);
    if (!changed.has('lanes') && !changed.has('only') && !changed.has('fold')) return;
    const before = changed.get('lanes');
    if (changed.has('only') || changed.has('fold') || before?.lanes !== this.lanes.lanes) this.#layOut();
  }

  #layOut(): void {
    const rows = laneRows(this.lanes, this.only);
    if (this.#held === null) this.#rows = rows;
    else {
      const now = new Map(rows.map((row) => [row.lane.instance, row]));
      this.#rows = this.#held.flatMap((id) => now.get(id) ?? []);
    }
    const moments = rows.flatMap(({ lane }) => [
      ...lane.stretches.map(({ from }) => from),
      ...lane.points.map(({ at }) => at),
      ...(lane.ended === null ? [] : [lane.ended]),
    ]);
    this.#timeline = timelineOf(Float64Array.from(moments).sort(), this.fold);
  }

  protected override updated(): void {
    const scroll = this.#scroll;
    const extent = this.renderRoot.querySelector<HTMLElement>('.extent');
    if (extent && scroll) extent.style.height = `${Math.max(0, this.#rows.length * this.#rowHeight + AXIS - scroll.clientHeight)}px`;
    this.style.setProperty('--hosts-height', `${Math.max(1, this.lanes.hostInstances.length) * HOST_ROW}px`);
    this.#paintSoon();
  }

  get #scroll(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.scroll');
  }

  get #rowHeight(): number {
    const chosen = ROWS[this.rowSize] ?? 0;
    const room = (this.#scroll?.clientHeight ?? 380) - AXIS;
    return chosen > 0 ? chosen : Math.max(0.3, Math.min(14, room / Math.max(1, this.#rows.length)));
  }

  protected override render(): TemplateResult {
    const { lanes } = this.lanes;
    return html`<section aria-labelledby="title">
      <div class="section">
        <h2 id="title">${t('Ownership lanes')}</h2>
        <span class="note">${this.#note(lanes.size)}</span>
      </div>
      ${lanesTools({
        ...{ input: this.#input, following: this.window.kind === 'follow', fold: this.fold, only: this.only, failed: this.failed },
        toggleFold: () => (this.fold = !this.fold),
        toggleOnly: () => (this.only = !this.only),
        changeRows: () => (this.rowSize = (this.rowSize + 1) % ROWS.length),
      })}
      <canvas
        class="overview"
        aria-hidden="true"
        title=${t('Drag to choose a part of the time')}
        @pointerdown=${this.#input.brush}
        @dblclick=${() => (this.window = FIRST_WINDOW)}
      ></canvas>
      <div
        class="scroll"
        tabindex="0"
        role="application"
        aria-label=${t('Ownership lanes')}
        aria-describedby="help"
        @scroll=${() => this.#paintSoon()}
        @keydown=${this.#input.key}
        @focus=${() => this.#hold()}
        @blur=${() => this.#release()}
        @pointerenter=${() => this.#hold()}
        @pointerleave=${() => this.#left()}
        @pointermove=${this.#input.point}
        @click=${this.#input.click}
        @wheel=${this.#input.wheel}
      >
        <canvas class="lanes" aria-hidden="true"></canvas>
        <div class="extent"></div>
      </div>
      <p class="readout ${this.told === '' ? 'hint' : ''}" id="help" role="status">${this.told === '' ? t(HELP) : this.told}</p>
      <h3>${t('Host instances over time')}</h3>
      <canvas class="hosts" role="img" aria-label=${t('Host instances over time')}></canvas>
      ${legend(this.status)} ${this.#twin()}
      <span class="probe"></span>
    </section>`;
  }

  #note(count: number): string {
    if (count === 0) return t('Who owned which instance when; nothing has run yet.');
    const shown = t('The newest {count} instances, and who owned them when', { count: number(count) });
    const { unseen, unread } = this.lanes;
    const fast = unseen === 0 ? [] : [t('{count} messages came in too fast to show all they began', { count: number(unseen) })];
    return [shown, ...fast, ...(unread === undefined ? [] : [errorText(unread).message])].join(' · ');
  }

  #twin(): TemplateResult {
    return html`<details @toggle=${({ target }: Event) => (this.tableOpen = (target as HTMLDetailsElement).open)}>
      <summary>${t('The lanes as a table')}</summary>
      ${this.tableOpen ? lanesTable(this.#rows, this.lanes, this.#now) : nothing}
    </details>`;
  }

  /** What input works on, as it is drawn now. */
  get #shown(): ShownLanes {
    const now = this.#now;
    const { scene } = this.#painter;
    return {
      ...{ rows: this.#rows, rowHeight: this.#rowHeight, window: this.window, cursor: this.cursor, scroll: this.#scroll, scene, now },
      timeline: this.#timeline(now),
    };
  }

  /** While somebody is in the lanes they stay where they are, so that a click meets the lane it was meant for. */
  #hold(): void {
    this.#held ??= this.#rows.map(({ lane }) => lane.instance);
  }

  #release(): void {
    if (this.#scroll?.matches(':hover, :focus') === true) return;
    this.#held = null;
    this.#layOut();
    this.requestUpdate();
  }

  #left(): void {
    if (this.cursor === null || this.#scroll?.matches(':focus') !== true) this.told = '';
    this.#release();
  }

  #paintSoon(): void {
    if (this.#painting !== 0 || !this.#sight.seen) return;
    this.#painting = requestAnimationFrame(() => {
      this.#painting = 0;
      this.#paint();
    });
  }

  #paint(): void {
    clearTimeout(this.#next);
    this.frames += 1;
    const now = this.#now;
    const places = this.#painter.paint({
      ...{ lanes: this.lanes, rows: this.#rows, status: this.status, freezes: this.#freezes, window: this.window, now },
      timeline: this.#timeline(now),
      rowHeight: this.#rowHeight,
      scrolled: this.#scroll?.scrollTop ?? 0,
      cursor: this.#scroll?.matches(':focus') === true ? this.cursor : null,
    });
    const moves = this.window.kind === 'follow' || this.#rows.some(({ lane }) => lane.ended === null);
    if (places === undefined || this.moment !== null || !moves) return;
    // As often as now moves by two pixels; by the second for who asked for less motion, and while instances begin faster than anybody can
    // follow: the group needs the time more than the page.
    const step = (2 * (places.to - places.from)) / Math.max(1, (this.#painter.scene?.width ?? 1) - NAMES);
    const pause = calm() || this.#tooFast ? 1000 : Math.min(1000, step);
    if (pause <= FRAME) this.#paintSoon();
    else this.#next = setTimeout(() => this.#paintSoon(), pause);
  }
}

customElements.define('soh-lanes', LanesView);
