/** The banner of the newest failover. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { describeFailover } from '../../model/describe.ts';
import type { Failover } from '../../model/failovers.ts';
import { t, timeOfDay } from '../../strings.ts';
import { icon, toneSign } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

export class FailoverBanner extends LitElement {
  static override properties = { failover: { attribute: false } };
  static override styles = [
    shared,
    css`
      .banner {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 2px 8px;
        margin-top: 12px;
        padding: 9px 14px;
        border: 1px solid var(--vscode-inputValidation-infoBorder, var(--line));
        border-left-width: 4px;
        border-radius: 6px;
        background: var(--vscode-inputValidation-infoBackground, transparent);
      }
      .banner.bad,
      .banner.warning {
        border-color: var(--vscode-inputValidation-warningBorder, var(--line));
        background: var(--vscode-inputValidation-warningBackground, transparent);
      }
      .banner.good {
        border-color: var(--good);
      }
      .banner,
      .banner * {
        color: var(--vscode-foreground);
      }
      .banner svg.icon {
        color: inherit;
      }
      b {
        font-weight: 600;
      }
      time {
        margin-left: auto;
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      button {
        align-self: center;
      }
    `,
  ];
  declare failover: Failover | null;

  protected override render(): TemplateResult | typeof nothing {
    if (this.failover === null) return nothing;
    const { hostInstance, at } = this.failover;
    const { tone, text } = describeFailover(this.failover);
    const dismiss = (): boolean => this.dispatchEvent(new CustomEvent('soh-dismiss', { bubbles: true, composed: true }));
    return html`<div class="banner ${tone}">
      <span class=${tone}>${icon(toneSign[tone])}</span>
      <span><b>${t('{hostInstance} lost', { hostInstance })}:</b> ${text}</span>
      <time datetime=${at}>${timeOfDay(at)}</time>
      <button type="button" class="quiet icon" aria-label=${t('Dismiss')} title=${t('Dismiss')} @click=${dismiss}>${icon('close')}</button>
    </div>`;
  }
}

customElements.define('soh-failover', FailoverBanner);
