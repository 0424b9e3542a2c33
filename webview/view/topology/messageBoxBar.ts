/** The MessageBox on the drawing: what is durable, what waits, and the button that kills it. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { MessageBoxStatus } from '../../../emulator/control/status.ts';
import { errorText, number, t } from '../../strings.ts';
import { action, actionButton, request } from '../shared/action.ts';
import { icon } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

const MEGABYTE = 1024 * 1024;

export class MessageBoxBar extends LitElement {
  static override properties = { status: { attribute: false } };
  static override styles = [
    shared,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 8px 28px;
        padding: 10px 14px;
        border: 1px solid var(--line);
        border-radius: 8px;
        background: var(--vscode-editorWidget-background);
      }
      h3 {
        display: flex;
        align-items: center;
        gap: 6px;
        margin: 0;
        font-size: 1em;
        font-weight: 600;
      }
      .name {
        min-width: 130px;
      }
      dl {
        display: flex;
        flex: 1;
        flex-wrap: wrap;
        gap: 4px 28px;
        margin: 0;
      }
      dt {
        color: var(--muted);
        font-size: 0.88em;
      }
      dd {
        margin: 0;
        font-variant-numeric: tabular-nums;
      }
      p {
        flex-basis: 100%;
        margin: 0;
      }
    `,
  ];
  declare status: MessageBoxStatus;

  protected override render(): TemplateResult {
    const { state, sequence, journalBytes, messages, subscriptions, queueDepth, pid, notices = [], error } = this.status;
    const waiting = Object.values(queueDepth).reduce((sum, depth) => sum + depth, 0);
    const tone = state === 'running' ? 'good' : state === 'failed' ? 'bad' : 'warning';
    const kill = t('Kill the MessageBox');
    return html`<div class="bar" role="group" aria-label=${t('MessageBox')}>
      <div class="name">
        <h3>${icon('box')} ${t('MessageBox')}</h3>
        <span class=${tone}>${icon(state === 'running' ? 'running' : state === 'failed' ? 'lost' : 'restart')} ${t(state)}</span>
      </div>
      <dl>
        ${figure(t('Waiting for a host instance'), number(waiting))} ${figure(t('Messages'), number(messages))}
        ${figure(t('Subscriptions'), number(subscriptions))} ${figure(t('Durable records'), number(sequence))}
        ${figure(t('Journal'), t('{size} MB', { size: number(journalBytes / MEGABYTE, 1) }))}
      </dl>
      ${actionButton({ icon: 'kill', label: kill, text: t('Kill'), enabled: pid !== null }, () => request(this, action('killMessageBox', {}, kill)))}
      ${notices.map((notice) => html`<p class="warning">${errorText(notice).message}</p>`)}
      ${error === undefined ? nothing : html`<p class="bad">${errorText(error).message} ${errorText(error).next}</p>`}
    </div>`;
  }
}

function figure(label: string, value: string): TemplateResult {
  return html`<div>
    <dt>${label}</dt>
    <dd>${value}</dd>
  </div>`;
}

customElements.define('soh-message-box', MessageBoxBar);
