/** How the work of each host spreads over its instances: a bar for the eye, and a table that says the same in figures. */
import { css, html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { balance, type HostBalance, type Share } from '../../model/balance.ts';
import { colourOf } from '../../model/topology.ts';
import { number, percent, t } from '../../strings.ts';
import { shared } from '../shared/styles.ts';

export class LoadBalance extends LitElement {
  static override properties = { status: { attribute: false } };
  static override styles = [
    shared,
    css`
      .host > * {
        padding-top: 10px;
        border-top: 1px solid var(--soft-line);
      }
      .host th {
        font-weight: 600;
      }
      .host td {
        color: var(--muted);
      }
      td.bar {
        padding: 4px 0 3px;
      }
      svg.shares {
        display: block;
        width: 100%;
        height: 12px;
        border-radius: 3px;
        border: 1px solid var(--vscode-contrastBorder, transparent);
      }
      .whole {
        fill: var(--vscode-button-secondaryBackground, var(--soft-line));
      }
      .part {
        fill: var(--owner, var(--muted));
        forced-color-adjust: none;
      }
      .ideal {
        stroke: var(--vscode-foreground);
        stroke-width: 2;
        vector-effect: non-scaling-stroke;
      }
      .gap {
        stroke: var(--vscode-editor-background);
        stroke-width: 1;
        vector-effect: non-scaling-stroke;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 2px 0 2px 12px;
        text-align: right;
        font-weight: normal;
        font-variant-numeric: tabular-nums;
      }
      thead th {
        color: var(--muted);
        font-size: 0.88em;
      }
      th:first-child {
        padding-left: 0;
        text-align: left;
      }
      tbody:not(:first-of-type)::before {
        content: '';
        display: block;
        height: 8px;
      }
      thead th {
        padding-bottom: 6px;
      }
      th .swatch {
        margin-right: 6px;
      }
    `,
  ];
  declare status: GroupStatus;

  protected override render(): TemplateResult {
    return html`<section aria-labelledby="title">
      <div class="section">
        <h2 id="title">${t('Load balance')}</h2>
        <span class="note">${t('Share of commits of each host instance')}</span>
      </div>
      <table aria-labelledby="title">
        <thead>
          <tr>
            <th scope="col">${t('Host instance')}</th>
            <th scope="col">${t('Active')}</th>
            <th scope="col">${t('Commits')}</th>
            <th scope="col">${t('Share')}</th>
          </tr>
        </thead>
        ${balance(this.status).map((host) => this.#host(host))}
      </table>
    </section>`;
  }

  #host({ host, shares, ideal, queued }: HostBalance): TemplateResult {
    return html`<tbody>
      <tr class="host">
        <th scope="rowgroup">${host}</th>
        <td colspan="3">${t('{count} waiting', { count: number(queued) })}</td>
      </tr>
      ${
        shares.length > 1
          ? html`<tr>
              <td class="bar" colspan="4">${this.#bar(shares, ideal)}</td>
            </tr>`
          : nothing
      }
      ${shares.map((share) => this.#row(share))}
    </tbody>`;
  }

  #bar(shares: readonly Share[], ideal: number): TemplateResult {
    const text = `${t('Ideal share {share}', { share: percent(ideal) })}. ${t('The mark shows an even share.')}`;
    let x = 0;
    const parts = shares.map(({ hostInstance, share }) => {
      const start = x;
      x += share * 100;
      return svg`<rect class="part owner-${colourOf(this.status, hostInstance) ?? 'none'}" x=${start} width=${share * 100} height="12" />
        ${start > 0 ? svg`<path class="gap" d="M${start} 0V12" />` : nothing}`;
    });
    const marks = shares
      .slice(1)
      .map((_, index) => svg`<path class="ideal" d="M${(index + 1) * ideal * 100} 0V3.5M${(index + 1) * ideal * 100} 8.5V12" />`);
    return html`<svg class="shares" viewBox="0 0 100 12" preserveAspectRatio="none" role="img" aria-label=${text}>
      <title>${text}</title>
      <rect class="whole" width="100" height="12" />
      ${parts} ${marks}
    </svg>`;
  }

  #row({ hostInstance, active, committed, share }: Share): TemplateResult {
    return html`<tr>
      <th scope="row"><span class="swatch owner-${colourOf(this.status, hostInstance) ?? 'none'}"></span>${hostInstance}</th>
      <td>${number(active)}</td>
      <td>${number(committed)}</td>
      <td>${percent(share)}</td>
    </tr>`;
  }
}

customElements.define('soh-load-balance', LoadBalance);
