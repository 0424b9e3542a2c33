/** The load over the last minutes: commits per second and active by host instance, its share of the work, and the queue by host. */
import { html, LitElement, svg, type PropertyValues, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { lastSamples, type Sample } from '../../model/rates.ts';
import { meanSeries, rateSeries } from '../../model/series.ts';
import { number, t } from '../../strings.ts';
import './chart.ts';
import { chartDataOf, DASHES, type Line } from './chart.ts';
import { chartStyles } from './chartStyles.ts';
import { chartTable } from './chartTable.ts';
import { choice } from '../shared/choice.ts';
import { InSight } from '../shared/inSight.ts';
import './shareChart.ts';
import { shared } from '../shared/styles.ts';

/** Between two drawings (ms): samples come no faster. */
const PAUSE = 500;
const MINUTE = 60_000;
/** Times that can be shown (ms). */
const WINDOWS = [MINUTE, 5 * MINUTE, 15 * MINUTE];

export class LoadCharts extends LitElement {
  static override properties = {
    samples: { attribute: false },
    status: { attribute: false },
    moment: { attribute: false },
    windowMs: { state: true },
    tableOpen: { state: true },
  };
  static override styles = [shared, chartStyles];
  declare samples: readonly Sample[];
  declare status: GroupStatus;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;
  declare windowMs: number;
  declare tableOpen: boolean;
  #drawn = -Infinity;
  readonly #sight = new InSight(this, () => this.requestUpdate());

  constructor() {
    super();
    this.samples = [];
    this.windowMs = 5 * MINUTE;
    this.tableOpen = false;
    this.moment = null;
  }

  protected override shouldUpdate(changed: PropertyValues<this>): boolean {
    const now = performance.now();
    const asked = changed.has('tableOpen') || changed.has('windowMs');
    // A moment of the past brings no frame after it that could draw what was left out.
    const early = this.moment === null && now - this.#drawn < PAUSE;
    if (!asked && (early || (this.hasUpdated && !this.#sight.now))) return false;
    this.#drawn = now;
    return true;
  }

  protected override render(): TemplateResult {
    const { hostInstances } = this.status;
    const samples = lastSamples(this.samples, this.windowMs);
    const hosts = [...new Set(hostInstances.map(({ host }) => host))];
    const rates = hostInstances.map(({ name }, look): Line => ({ name, look, values: rateSeries(samples, name) }));
    const even = hosts.flatMap((host) => this.#even(host, rates));
    const active = hostInstances.map(({ name }, look): Line => ({ name, look, values: samples.map((one) => one.active[name] ?? null) }));
    const total = (queued: Sample['queued']): number => hosts.reduce((sum, host) => sum + (queued[host] ?? 0), 0);
    const waiting: Line = { name: t('Waiting for an owner'), look: 0, values: samples.map(({ queued }) => total(queued)) };
    const inFigures = rates.map((line) => ({ ...line, name: `${line.name} · ${t('Commits per second')}` }));
    return html`${this.#windows()} ${this.#chart(t('Commits per second'), samples, [...rates, ...even])} ${this.#legend()}
      <soh-share-chart .samples=${samples} .status=${this.status}></soh-share-chart>
      ${this.#chart(t('Active instances'), samples, active)} ${this.#chart(t('Waiting for an owner'), samples, [waiting])}
      ${chartTable({
        title: 'The last minutes as a table',
        data: chartDataOf(samples, [...inFigures, waiting]),
        figure: (value) => number(value, 1),
        open: this.tableOpen,
        toggled: (open) => (this.tableOpen = open),
      })}`;
  }

  #windows(): TemplateResult {
    const options = WINDOWS.map((value) => ({ value, text: t('{value} min', { value: number(value / MINUTE) }) }));
    return choice(t('Time shown'), options, this.windowMs, (chosen) => (this.windowMs = chosen));
  }

  /** The line every instance of the host would follow if all did the same. */
  #even(host: string, rates: readonly Line[]): Line[] {
    const members = this.status.hostInstances.filter((one) => one.host === host).map(({ name }) => name);
    if (members.length < 2) return [];
    const series = rates.filter(({ name }) => members.includes(name)).map(({ values }) => values);
    return [{ name: t('Even share of {host}', { host }), look: null, values: meanSeries(series) }];
  }

  #chart(name: string, samples: readonly Sample[], lines: readonly Line[]): TemplateResult {
    return html`<h3>${name}</h3>
      <soh-chart .name=${name} .data=${chartDataOf(samples, lines)}></soh-chart>`;
  }

  #legend(): TemplateResult {
    const dash = (look: number): string => (DASHES[look % DASHES.length] ?? []).join(' ') || 'none';
    return html`<ul>
      ${this.status.hostInstances.map(
        ({ name }, look) =>
          html`<li>
            <svg class="owner-${look % DASHES.length}" viewBox="0 0 24 8" aria-hidden="true">
              ${svg`<path d="M0 4H24" stroke-dasharray=${dash(look)} />`}</svg
            >${name}
          </li>`,
      )}
      <li><svg viewBox="0 0 24 8" aria-hidden="true">${svg`<path d="M0 4H24" stroke-dasharray="1 3" />`}</svg>${t('Ideal share')}</li>
    </ul>`;
  }
}

customElements.define('soh-load-charts', LoadCharts);
