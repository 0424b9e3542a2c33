/**
 * The messages between the host instances and the MessageBox: a line for each direction, its rate as a figure, and dots that the feed has
 * counted. It rests while nothing flows and while it cannot be seen; for who asked for less motion there are the figures only.
 */
import { css, html, LitElement, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { flowOn, moved, onTheirWay, STILL, TRAVEL, type Direction, type Flow } from '../../model/traffic.ts';
import { rateOf, type Sample } from '../../model/rates.ts';
import { colourOf } from '../../model/topology.ts';
import { number, t } from '../../strings.ts';
import { calm } from '../shared/motion.ts';
import { Pace } from '../shared/pace.ts';
import { shared } from '../shared/styles.ts';
import { InSight } from '../shared/inSight.ts';
import { along, type Wire } from './wires.ts';

/** Shortest time between two drawings of the dots (ms): twenty in a second are enough for an eye. */
const PAUSE = 50;
/** A status this much later than the last one says nothing about what flows now (ms). */
const TOO_LATE = 5000;
/** Dots of one status leave within this time (ms). */
const LONGEST = 1000;

export class FlowLines extends LitElement {
  static override properties = {
    status: { attribute: false },
    samples: { attribute: false },
    now: { attribute: false },
    wires: { attribute: false },
  };
  static override styles = [
    shared,
    css`
      :host {
        position: absolute;
        inset: 0;
        pointer-events: none;
      }
      svg {
        display: block;
        width: 100%;
        height: 100%;
        overflow: visible;
        will-change: transform;
      }
      .line {
        fill: none;
        stroke: var(--owner, var(--muted));
        stroke-width: 1.5;
        opacity: 0.55;
        forced-color-adjust: none;
      }
      .head {
        fill: var(--owner, var(--muted));
        opacity: 0.85;
        forced-color-adjust: none;
      }
      @media (forced-colors: active) {
        .line {
          opacity: 1;
        }
      }
      .away .line,
      .away .head {
        opacity: 0.3;
      }
      .away .line {
        stroke-dasharray: 4 4;
      }
      text {
        fill: var(--vscode-foreground);
        font-size: 11px;
        font-variant-numeric: tabular-nums;
        text-anchor: end;
      }
      .dot {
        fill: var(--owner, var(--muted));
        stroke: var(--vscode-editor-background);
        stroke-width: 1;
        forced-color-adjust: none;
      }
      p {
        position: absolute;
        top: 0;
        right: 0;
        margin: 0;
        color: var(--muted);
        font-size: 0.9em;
      }
    `,
  ];
  declare status: GroupStatus;
  declare samples: readonly Sample[];
  /** Page clock, ms */
  declare now: number;
  declare wires: readonly Wire[];
  #flow: Flow = STILL;
  /** Page clock (ms) of the status that was counted last. */
  #countedAt = 0;
  readonly #pace = new Pace<null>(() => this.#move(), PAUSE);
  readonly #sight = new InSight(this);

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('status')) return;
    const before = changed.get('status');
    const span = this.now - this.#countedAt;
    this.#countedAt = this.now;
    if (before === undefined) return;
    // The same group, seen without a gap: otherwise everything that ever flowed would flow now.
    const goesOn = before.supervisorPid === this.status.supervisorPid && span < TOO_LATE;
    if (!goesOn || !this.#sight.now || calm()) this.#flow = STILL;
    else
      this.#flow = flowOn(
        this.#flow,
        { messages: moved(before, this.status), spanMs: Math.min(span, LONGEST), perSecond: this.#perSecond() },
        this.now,
      );
  }

  #perSecond(): number {
    const rate = (direction: Direction, name: string): number => rateOf(this.samples, direction, name, this.now);
    return this.status.hostInstances.reduce((sum, { name }) => sum + rate('published', name) + rate('delivered', name), 0);
  }

  protected override updated(): void {
    if (!this.#pace.resting && this.#flow.dots.length > 0) this.#pace.offer(null);
  }

  /** Moves the dots by hand: a turn of the whole page for each step would be too much. */
  #move(): void {
    const now = performance.now();
    if (!this.#sight.now || onTheirWay(this.#flow, now).length === 0) return;
    const wires = new Map(this.wires.map((wire) => [wire.key, wire]));
    for (const circle of this.renderRoot.querySelectorAll<SVGCircleElement>('.dot')) {
      const wire = wires.get(circle.dataset['line'] ?? '');
      const part = (now - Number(circle.dataset['at'])) / TRAVEL;
      const there = wire !== undefined && part >= 0 && part < 1;
      circle.style.visibility = there ? 'visible' : 'hidden';
      if (!there) continue;
      const [x, y] = along(wire, part);
      circle.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    }
    this.#pace.offer(null);
  }

  protected override render(): TemplateResult {
    const { perDot } = this.#flow;
    const dots = onTheirWay(this.#flow, this.now);
    const scale = perDot === 1 ? t('One dot is one message') : t('One dot is {count} messages', { count: number(perDot) });
    return html`<svg aria-hidden="true">
        ${this.wires.map((wire) => this.#line(wire))}
        ${repeat(
          dots,
          (dot) => dot,
          ({ line, at }) =>
            svg`<circle class="dot owner-${this.#colour(line.slice(line.indexOf(' ') + 1))}" r="3.5" data-line=${line} data-at=${at} visibility="hidden" />`,
        )}
      </svg>
      ${dots.length === 0 ? nothing : html`<p aria-hidden="true">${scale}</p>`}`;
  }

  #line({ hostInstance, direction, line, head, label: [x, y] }: Wire): SVGTemplateResult {
    const rate = rateOf(this.samples, direction, hostInstance, this.now);
    const here = this.status.hostInstances.some(({ name, state }) => name === hostInstance && state === 'running');
    return svg`<g class="owner-${this.#colour(hostInstance)} ${here ? '' : 'away'}">
      <path class="line" d=${line} />
      <path class="head" d=${head} />
      ${rate > 0 ? svg`<text x=${x} y=${y}>${t('{rate}/s', { rate: number(rate, rate < 10 ? 1 : 0) })}</text>` : nothing}
    </g>`;
  }

  #colour(hostInstance: string): string {
    return String(colourOf(this.status, hostInstance) ?? 'none');
  }
}

customElements.define('soh-flow-lines', FlowLines);
