/** The load over the last minutes: commits per second and active by host instance, the queue by host, and how fairly it was shared. */
import { css, html, LitElement, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../emulator/group/control.ts';
import { fairness, meanSeries, rateSeries } from '../model/series.ts';
import type { Sample } from '../model/rates.ts';
import { duration, number, t } from '../strings.ts';
import './chart.ts';
import { DASHES, type ChartData, type Line } from './chart.ts';
import { shared } from './styles.ts';

/** Between two drawings (ms): samples come no faster. */
const PAUSE = 500;
/** Samples between two rows of the table: about ten seconds. */
const EVERY = 20;

export class LoadCharts extends LitElement {
  static override properties = { samples: { attribute: false }, status: { attribute: false }, tableOpen: { state: true } };
  static override styles = [
    shared,
    css`
      h3 {
        margin: 12px 0 2px;
        font-size: 0.95em;
        font-weight: 600;
      }
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px 14px;
        margin: 4px 0 0;
        padding: 0;
        list-style: none;
        color: var(--muted);
      }
      li {
        display: inline-flex;
        align-items: center;
        gap: 5px;
      }
      li svg {
        width: 24px;
        height: 8px;
      }
      li path {
        fill: none;
        stroke: var(--owner, var(--muted));
        stroke-width: 2;
        forced-color-adjust: none;
      }
      p {
        margin: 6px 0 0;
        color: var(--muted);
      }
      summary {
        width: fit-content;
        margin-top: 6px;
        cursor: pointer;
      }
      .twin {
        max-height: 240px;
        overflow: auto;
      }
      table {
        border-collapse: collapse;
      }
      th,
      td {
        padding: 2px 10px 2px 0;
        text-align: right;
        font-weight: normal;
        font-variant-numeric: tabular-nums;
      }
      thead th {
        color: var(--muted);
        font-size: 0.88em;
      }
    `,
  ];
  declare samples: readonly Sample[];
  declare status: GroupStatus;
  declare tableOpen: boolean;
  #drawn = 0;

  constructor() {
    super();
    this.samples = [];
    this.tableOpen = false;
  }

  protected override shouldUpdate(changed: PropertyValues<this>): boolean {
    const now = performance.now();
    if (!changed.has('tableOpen') && now - this.#drawn < PAUSE) return false;
    this.#drawn = now;
    return true;
  }

  protected override render(): TemplateResult {
    const names = this.status.hostInstances.map(({ name }) => name);
    const hosts = [...new Set(this.status.hostInstances.map(({ host }) => host))];
    const rates = names.map((name, look): Line => ({ name, look, values: rateSeries(this.samples, name) }));
    const even = hosts.flatMap((host) => this.#even(host, rates));
    const active = names.map((name, look): Line => ({ name, look, values: this.samples.map((sample) => sample.active[name] ?? null) }));
    const queued = hosts.map((host): Line => ({ name: host, look: null, values: this.samples.map((sample) => sample.queued[host] ?? 0) }));
    const waiting: Line = { name: t('Waiting for an owner'), look: 0, values: sumOf(queued) };
    return html`${this.#chart(t('Commits per second'), [...rates, ...even])} ${this.#legend(names)}
      ${hosts.map((host) => this.#fairness(host))} ${this.#chart(t('Active instances'), active)}
      ${this.#chart(t('Waiting for an owner'), [waiting])}
      <details @toggle=${({ target }: Event) => (this.tableOpen = (target as HTMLDetailsElement).open)}>
        <summary>${t('The last minutes as a table')}</summary>
        ${this.tableOpen ? this.#table([...rates, { ...waiting, look: null }]) : nothing}
      </details>`;
  }

  /** The line every instance of the host would follow if all did the same. */
  #even(host: string, rates: readonly Line[]): Line[] {
    const members = this.status.hostInstances.filter((one) => one.host === host).map(({ name }) => name);
    if (members.length < 2) return [];
    const series = rates.filter(({ name }) => members.includes(name)).map(({ values }) => values);
    return [{ name: t('Even share of {host}', { host }), look: null, values: meanSeries(series) }];
  }

  #chart(name: string, lines: readonly Line[]): TemplateResult {
    const last = this.samples.at(-1)?.at ?? 0;
    const data: ChartData = { seconds: this.samples.map(({ at }) => (at - last) / 1000), lines };
    return html`<h3>${name}</h3>
      <soh-chart .name=${name} .data=${data}></soh-chart>`;
  }

  #legend(names: readonly string[]): TemplateResult {
    const dash = (look: number): string => (DASHES[look % DASHES.length] ?? []).join(' ') || 'none';
    return html`<ul>
      ${names.map(
        (name, look) =>
          html`<li>
            <svg class="owner-${look % DASHES.length}" viewBox="0 0 24 8" aria-hidden="true">
              ${svg`<path d="M0 4H24" stroke-dasharray=${dash(look)} />`}</svg
            >${name}
          </li>`,
      )}
      <li><svg viewBox="0 0 24 8" aria-hidden="true">${svg`<path d="M0 4H24" stroke-dasharray="1 3" />`}</svg>${t('Ideal share')}</li>
    </ul>`;
  }

  #fairness(host: string): TemplateResult | typeof nothing {
    const members = this.status.hostInstances.filter((one) => one.host === host).map(({ name }) => name);
    const fair = fairness(this.samples, members);
    if (fair === null) return nothing;
    const parameters = {
      host,
      time: duration(fair.spanMs),
      jain: number(fair.jain, 3),
      ratio: fair.ratio === null ? '∞' : number(fair.ratio, 2),
    };
    return html`<p>${t('{host} over the last {time}: fairness {jain} (Jain), most to least {ratio}', parameters)}</p>`;
  }

  #table(lines: readonly Line[]): TemplateResult {
    const last = this.samples.at(-1)?.at ?? 0;
    const rows = this.samples
      .map((sample, index) => ({ sample, index }))
      .filter(({ index }) => (this.samples.length - 1 - index) % EVERY === 0);
    return html`<div class="twin" tabindex="0" role="group" aria-label=${t('The last minutes as a table')}>
      <table>
        <thead>
          <tr>
            <th scope="col">${t('Seconds ago')}</th>
            ${lines.map(({ name, look }) => html`<th scope="col">${name}${look === null ? '' : ` · ${t('Commits per second')}`}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.toReversed().map(
            ({ sample, index }) =>
              html`<tr>
                <th scope="row">${number((last - sample.at) / 1000)}</th>
                ${lines.map(({ values }) => html`<td>${number(values[index] ?? 0, 1)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }
}

function sumOf(lines: readonly Line[]): number[] {
  return (lines[0]?.values ?? []).map((_, index) => lines.reduce((sum, { values }) => sum + (values[index] ?? 0), 0));
}

customElements.define('soh-load-charts', LoadCharts);
