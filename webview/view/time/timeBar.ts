/**
 * The bar on which one goes back and forth in a recorded run: how busy it was, what went wrong when, and the moment the whole page shows.
 * A native slider carries the keyboard and the screen reader; the drawing under it carries nothing else.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { RunMark, RunOverview } from '../../../emulator/control/run.ts';
import type { Moment } from '../../host/session.ts';
import { describeMark, marksAt, neighbour, stepped } from '../../model/moments.ts';
import { duration, number, t, timeOfDay } from '../../strings.ts';
import { prepare } from '../shared/canvas.ts';
import { icon, type IconName } from '../shared/icons.ts';
import { readPalette } from '../shared/palette.ts';
import { Resized } from '../shared/resized.ts';
import { shared } from '../shared/styles.ts';
import { timeBarStyles } from './timeBarStyles.ts';

const SPEEDS = [0.1, 0.5, 1, 5, 20] as const;
/** Between two moments of a run that plays (ms). */
const FRAME = 100;
const MARK_COLOUR: Readonly<Record<RunMark['kind'], 'bad' | 'warning'>> = {
  kill: 'bad',
  computer: 'bad',
  ownerLost: 'bad',
  messageBoxStarted: 'bad',
  freeze: 'warning',
  suspended: 'warning',
};

export class TimeBar extends LitElement {
  static override properties = {
    moment: { attribute: false },
    wish: { attribute: false },
    opening: { attribute: false },
    speed: { state: true },
    playing: { state: true },
  };
  static override styles = [shared, timeBarStyles];
  declare moment: Moment;
  /** Where a person is on the way to (UTC ms), else null; the page follows. The next step goes on from here, however late the page is. */
  declare wish: number | null;
  /** The run is being read. */
  declare opening: boolean;
  declare speed: number;
  declare playing: boolean;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    new Resized(this, () => this.#paint());
    this.wish = null;
    this.opening = false;
    this.speed = 1;
    this.playing = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('moment') && this.moment.at === null) this.#stop();
  }

  protected override updated(): void {
    this.#paint();
  }

  protected override render(): TemplateResult {
    const { at, overview, present } = this.moment;
    if (at === null || overview === null) return this.#now();
    const goal = this.#goal(overview, at);
    return html`<section aria-labelledby="title">
      <div class="heading">
        <h2 id="title">${icon('back')} ${present ? t('Looking back') : t('Recorded run')}</h2>
        <span class="moment number">${this.#words(overview, at)}</span>
        <span class="near">${marksAt(overview, at).map(describeMark).join(' · ')}</span>
        ${present ? button('arrow', t('Back to now'), () => this.#goTo(null), 'primary') : nothing}
      </div>
      <div class="bar">
        <canvas aria-hidden="true"></canvas>
        <input
          type="range"
          min=${overview.from}
          max=${overview.to}
          step="1"
          .value=${String(Math.round(goal))}
          aria-label=${t('Moment of the run')}
          aria-valuetext=${this.#words(overview, at)}
          @input=${({ target }: InputEvent) => this.#drag(Number((target as HTMLInputElement).value))}
          @keydown=${(event: KeyboardEvent) => this.#key(event, overview, goal)}
        />
      </div>
      <div class="controls" role="group" aria-label=${t('Go through the run')}>
        ${button('previous', t('To the event before'), () => this.#goTo(neighbour(overview, goal, -1)))}
        ${button(this.playing ? 'pause' : 'start', this.playing ? t('Pause') : t('Play'), () => this.#toggle())}
        ${button('next', t('To the event after'), () => this.#goTo(neighbour(overview, goal, 1)))}
        <label>
          ${t('Speed')}
          <select @change=${({ target }: Event) => (this.speed = Number((target as HTMLSelectElement).value))}>
            ${SPEEDS.map((speed) => html`<option value=${speed} ?selected=${speed === this.speed}>${t('{speed}×', { speed: number(speed, 1) })}</option>`)}
          </select>
        </label>
        <span class="note"
          >${t('{records} records', { records: number(overview.records) })}${
            overview.complete ? nothing : html` · ${t('The run began earlier than what is kept here.')}`
          }</span
        >
      </div>
      ${this.#list(overview, at)}
    </section>`;
  }

  #now(): TemplateResult {
    return html`<div class="present">
      ${button('back', this.opening ? t('Reading the run…') : t('Look back'), () => this.#goTo(Infinity))}
      ${button('export', t('Export run'), () => this.dispatchEvent(new CustomEvent('soh-export', { bubbles: true, composed: true })))}
    </div>`;
  }

  #words({ from, to }: RunOverview, at: number): string {
    const iso = new Date(at).toISOString();
    return t('{time}, {passed} of {length}', { time: timeOfDay(iso), passed: duration(at - from), length: duration(to - from) });
  }

  #list({ marks, from }: RunOverview, at: number): TemplateResult {
    if (marks.length === 0) return html`<p class="note">${t('Nothing went wrong in this run.')}</p>`;
    return html`<details>
      <summary>${t('What went wrong, and when ({count})', { count: number(marks.length) })}</summary>
      <ol>
        ${marks.map(
          (mark) =>
            html`<li>
              <button type="button" class="quiet" aria-current=${mark.at === at ? 'time' : nothing} @click=${() => this.#goTo(mark.at)}>
                <span class="number">${duration(mark.at - from)}</span> ${describeMark(mark)}
              </button>
            </li>`,
        )}
      </ol>
    </details>`;
  }

  #goal({ to }: RunOverview, at: number): number {
    return Math.min(to, this.wish ?? at);
  }

  // What a person does

  #goTo(at: number | null): void {
    this.#stop();
    this.#ask(at);
  }

  #drag(at: number): void {
    this.#stop();
    this.#ask(at);
  }

  #ask(at: number | null): void {
    this.dispatchEvent(new CustomEvent('soh-moment', { detail: at, bubbles: true, composed: true }));
  }

  /** The slider's own step is a millisecond: a key goes further, and from event to event. */
  #key(event: KeyboardEvent, overview: RunOverview, goal: number): void {
    const forward = ['ArrowRight', 'ArrowUp'].includes(event.key);
    if (forward || ['ArrowLeft', 'ArrowDown'].includes(event.key)) {
      event.preventDefault();
      this.#goTo(stepped(overview, goal, forward ? 1 : -1, event.shiftKey));
    } else if (event.key === 'PageUp' || event.key === 'PageDown') {
      event.preventDefault();
      this.#goTo(neighbour(overview, goal, event.key === 'PageUp' ? 1 : -1));
    } else if (event.key === ' ') {
      event.preventDefault();
      this.#toggle();
    }
  }

  #toggle(): void {
    if (this.playing) return this.#stop();
    const { at, overview } = this.moment;
    if (at === null || overview === null) return;
    let last = performance.now();
    // At its end a run plays from its beginning.
    const goal = this.#goal(overview, at);
    let position = goal >= overview.to ? overview.from : goal;
    this.playing = true;
    this.#timer = setInterval(() => {
      const now = performance.now();
      position = Math.min(overview.to, position + (now - last) * this.speed);
      last = now;
      this.#ask(position);
      if (position >= overview.to) this.#stop();
    }, FRAME);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.playing = false;
  }

  // Drawing

  #paint(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const { at, overview } = this.moment;
    const prepared = canvas === null ? undefined : prepare(canvas);
    if (prepared === undefined || at === null || overview === null) return;
    const { context, width, height } = prepared;
    const palette = readPalette(canvas as HTMLCanvasElement);
    const { from, to, activity, marks } = overview;
    const x = (time: number): number => ((time - from) / Math.max(1, to - from)) * width;
    const most = Math.max(1, ...activity);
    const part = width / activity.length;
    for (const [index, count] of activity.entries()) {
      // A single commit must be seen beside thousands.
      const high = count === 0 ? 0 : Math.max(2, (count / most) * (height - 8));
      context.globalAlpha = (index + 0.5) * part <= x(at) ? 0.9 : 0.35;
      context.fillStyle = palette.owners[0] ?? palette.foreground;
      context.fillRect(index * part, height - high, Math.max(1, part - 1), high);
    }
    context.globalAlpha = 1;
    for (const mark of marks) {
      context.fillStyle = palette[MARK_COLOUR[mark.kind]];
      context.fillRect(Math.round(x(mark.at)) - 1, 0, 2, height);
      context.fillRect(Math.round(x(mark.at)) - 3, 0, 6, 5);
    }
    context.fillStyle = palette.foreground;
    context.fillRect(Math.round(x(at)) - 1, 0, 2, height);
  }
}

function button(name: IconName, text: string, press: () => void, kind = ''): TemplateResult {
  return html`<button type="button" class=${kind} @click=${press}>${icon(name)}<span>${text}</span></button>`;
}

customElements.define('soh-time-bar', TimeBar);
