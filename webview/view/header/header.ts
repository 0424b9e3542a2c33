/** The heading: which group this is, that it is local, how it is doing. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { totals } from '../../model/model.ts';
import { number, t } from '../../strings.ts';
import { icon } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

export class Header extends LitElement {
  static override properties = { status: { attribute: false } };
  static override styles = [
    shared,
    css`
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 10px 28px;
        padding: 14px 20px 12px;
        border-top: 3px solid var(--vscode-charts-green);
        border-bottom: 1px solid var(--soft-line);
      }
      .name {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 4px 10px;
        margin-right: auto;
      }
      h1 {
        margin: 0;
        font-size: 1.45em;
        font-weight: 600;
        letter-spacing: -0.01em;
      }
      .local {
        padding: 0 6px;
        border: 1px solid var(--good);
        border-radius: 3px;
        color: var(--good);
        font-size: 0.82em;
        font-weight: 600;
        letter-spacing: 0.06em;
      }
      .profile {
        color: var(--muted);
      }
      dl {
        display: flex;
        flex-wrap: wrap;
        gap: 6px 26px;
        margin: 0;
      }
      dl > div {
        display: flex;
        flex-direction: column-reverse;
      }
      dt {
        color: var(--muted);
        font-size: 0.88em;
      }
      dd {
        margin: 0;
        font-size: 1.35em;
        font-weight: 600;
        line-height: 1.2;
        font-variant-numeric: tabular-nums;
      }
    `,
  ];
  declare status: GroupStatus;

  protected override render(): TemplateResult {
    const { name, state, profile, messageBox } = this.status;
    const { running, hostInstances, active, suspended, completed } = totals(this.status);
    const good = state === 'running';
    return html`<header>
      <div class="name">
        <h1>${name}</h1>
        <span class=${good ? 'good' : state === 'failed' ? 'bad' : 'neutral'}
          >${icon(good ? 'running' : state === 'failed' ? 'lost' : 'waiting')} ${t(state)}</span
        >
        <span class="local" title=${t('This group runs on this machine only.')}>${t('LOCAL')}</span>
        <span class="profile">${t('Profile {profile}', { profile })}</span>
      </div>
      <dl>
        ${figure(t('Host instances running'), t('{running} of {total}', { running, total: hostInstances }), running < hostInstances ? 'warning' : '')}
        ${figure(t('Active'), number(active))} ${figure(t('Completed'), number(completed))}
        ${figure(t('Suspended'), number(suspended), suspended > 0 ? 'warning' : '')}
        ${figure(t('Generation'), number(messageBox.generation), '', t('Times the MessageBox has started on this data folder'))}
      </dl>
    </header>`;
  }
}

function figure(label: string, value: string, tone = '', hint = ''): TemplateResult {
  return html`<div title=${hint}>
    <dt>${label}</dt>
    <dd class=${tone}>${value}</dd>
  </div>`;
}

customElements.define('soh-header', Header);
