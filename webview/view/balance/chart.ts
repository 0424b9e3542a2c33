/** A line chart over the last minutes. The look of each line is given by number, as everywhere on the page: colour and dashes. */
import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import uPlot from 'uplot';
import { number, percent, t } from '../../strings.ts';
import { readPalette } from '../shared/palette.ts';
import { Resized } from '../shared/resized.ts';
import { shared } from '../shared/styles.ts';

export interface Line {
  readonly name: string;
  /** Number of the host instance; `null` = none, drawn thin and grey. */
  readonly look: number | null;
  readonly values: readonly (number | null)[];
}

export interface ChartData {
  /** Seconds before now, negative. */
  readonly seconds: readonly number[];
  readonly lines: readonly Line[];
  /** `percent`: values are parts of a whole, 0 to 1. */
  readonly unit: Unit;
}

type Unit = 'number' | 'percent';

/** Lines over samples that say when they were taken (ms). */
export function chartDataOf(samples: readonly { readonly at: number }[], lines: readonly Line[], unit: Unit = 'number'): ChartData {
  const last = samples.at(-1)?.at ?? 0;
  return { seconds: samples.map(({ at }) => (at - last) / 1000), lines, unit };
}

/** More seconds than these are told in minutes. */
const IN_SECONDS = 120;

function ago(seconds: number, all: number): string {
  return all > IN_SECONDS ? t('{value} min', { value: number(seconds / 60, 1) }) : t('{value} s', { value: number(seconds, 1) });
}

const HEIGHT = 118;
/** Dashes of the lines by the number of the host instance, so that colour is never the only sign. */
export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3], [4, 2]];

export class Chart extends LitElement {
  static override properties = { name: { attribute: false }, data: { attribute: false } };
  static override styles = [
    shared,
    css`
      .place {
        min-height: 118px;
      }
      .u-wrap {
        position: relative;
      }
      .u-over,
      .u-under,
      .u-axis {
        position: absolute;
      }
      .u-under {
        overflow: hidden;
      }
      canvas {
        display: block;
        position: relative;
        width: 100%;
        height: 100%;
      }
      .probe {
        display: none;
        forced-color-adjust: none;
      }
    `,
  ];
  /** What it shows, for a screen reader. */
  declare name: string;
  declare data: ChartData;
  #plot: uPlot | undefined;
  #made = '';
  constructor() {
    super();
    new Resized(this, (width) => {
      if (width > 0) this.#plot?.setSize({ width, height: HEIGHT });
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#plot?.destroy();
    this.#plot = undefined;
    this.#made = '';
  }

  protected override render(): TemplateResult {
    return html`<div class="place" role="img" aria-label=${this.name}></div>
      <span class="probe"></span>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('data') || this.clientWidth === 0) return;
    const { seconds, lines, unit } = this.data;
    const values = [seconds, ...lines.map((line) => line.values)] as uPlot.AlignedData;
    const probe = this.renderRoot.querySelector<HTMLElement>('.probe');
    const place = this.renderRoot.querySelector<HTMLElement>('.place');
    if (probe === null || place === null) return;
    const palette = readPalette(probe);
    const made = JSON.stringify([unit, lines.map(({ name, look }) => [name, look]), palette]);
    if (made === this.#made && this.#plot !== undefined) return this.#plot.setData(values);
    // Other lines or another theme: made again.
    this.#made = made;
    this.#plot?.destroy();
    const axis = { stroke: palette.muted, font: `11px ${palette.font}`, ticks: { show: false }, grid: { stroke: palette.line, width: 1 } };
    const series = lines.map(({ name, look }): uPlot.Series => ({
      label: name,
      stroke: look === null ? palette.muted : (palette.owners[look % palette.owners.length] ?? palette.muted),
      width: look === null ? 1 : 2,
      dash: [...(look === null ? [1, 3] : (DASHES[look % DASHES.length] ?? []))],
      points: { show: false },
    }));
    const options: uPlot.Options = {
      ...{ width: this.clientWidth, height: HEIGHT, padding: [6, 14, 0, 0], cursor: { show: false }, legend: { show: false } },
      scales: { x: { time: false }, y: { range: (_, __, most) => (unit === 'percent' ? [0, 1] : [0, Math.max(1, most * 1.1)]) } },
      series: [{}, ...series],
      axes: [
        { ...axis, size: 20, gap: 2, space: 70, values: (plot, splits) => splits.map((value) => ago(value, -(plot.data[0]?.[0] ?? 0))) },
        {
          ...axis,
          size: 42,
          gap: 3,
          space: 26,
          values: (_, splits) => splits.map((value) => (unit === 'percent' ? percent(value) : number(value, 1))),
        },
      ],
    };
    this.#plot = new uPlot(options, values, place);
  }
}

customElements.define('soh-chart', Chart);
