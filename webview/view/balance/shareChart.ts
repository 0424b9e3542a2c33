/** How the instances of one host shared its work over time, beside the share each would have if all did the same. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import type { Sample } from '../../model/rates.ts';
import { fairness, idealSeries, shareSeries } from '../../model/series.ts';
import { duration, number, percent, t } from '../../strings.ts';
import './chart.ts';
import { chartDataOf, type Line } from './chart.ts';
import { chartStyles } from './chartStyles.ts';
import { chartTable } from './chartTable.ts';
import { choice } from '../shared/choice.ts';
import { shared } from '../shared/styles.ts';

export class ShareChart extends LitElement {
  static override properties = {
    samples: { attribute: false },
    status: { attribute: false },
    host: { state: true },
    tableOpen: { state: true },
  };
  static override styles = [shared, chartStyles];
  /** Of the time that is shown. */
  declare samples: readonly Sample[];
  declare status: GroupStatus;
  /** The one whose work is shown; `null` = the first. */
  declare host: string | null;
  declare tableOpen: boolean;

  constructor() {
    super();
    this.host = null;
    this.tableOpen = false;
  }

  /** A host with one instance shares its work with nobody. */
  get #hosts(): readonly string[] {
    const names = this.status.hostInstances.map(({ host }) => host);
    return [...new Set(names)].filter((host) => names.indexOf(host) !== names.lastIndexOf(host));
  }

  protected override render(): TemplateResult | typeof nothing {
    const hosts = this.#hosts;
    const host = hosts.find((one) => one === this.host) ?? hosts[0];
    if (host === undefined) return nothing;
    const members = this.status.hostInstances.flatMap((one, look) => (one.host === host ? [{ name: one.name, look }] : []));
    const shares = shareSeries(
      this.samples,
      members.map(({ name }) => name),
    );
    const lines = members.map((member, index): Line => ({ ...member, values: shares[index] ?? [] }));
    const ideal: Line = { name: t('Ideal share'), look: null, values: idealSeries(this.samples, host) };
    const data = chartDataOf(this.samples, [...lines, ideal], 'percent');
    const options = hosts.map((value) => ({ value, text: value }));
    return html`<h3>${t('Share of the work of {host}', { host })}</h3>
      ${hosts.length > 1 ? choice(t('Host'), options, host, (chosen) => (this.host = chosen)) : nothing}
      <soh-chart .name=${t('Share of the work of {host}', { host })} .data=${data}></soh-chart>
      ${this.#fairness(
        host,
        members.map(({ name }) => name),
      )}
      ${chartTable({
        title: 'The shares as a table',
        data,
        figure: percent,
        open: this.tableOpen,
        toggled: (open) => (this.tableOpen = open),
      })}`;
  }

  #fairness(host: string, members: readonly string[]): TemplateResult | typeof nothing {
    const fair = fairness(this.samples, members);
    if (fair === null) return nothing;
    const ratio = fair.ratio === null ? '∞' : number(fair.ratio, 2);
    const parameters = { host, time: duration(fair.spanMs), jain: number(fair.jain, 3), ratio };
    return html`<p>${t('{host} over the last {time}: fairness {jain} (Jain), most to least {ratio}', parameters)}</p>`;
  }
}

customElements.define('soh-share-chart', ShareChart);
