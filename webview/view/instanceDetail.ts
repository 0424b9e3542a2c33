/** One orchestration instance: who ran what, its persistence points, its takeovers, the shapes that ran again. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { GroupStatus, InstanceDetail } from '../../emulator/group/control.ts';
import { describeHistory, type HistoryLine } from '../model/describe.ts';
import { instanceActions } from '../model/operations.ts';
import { colourOf } from '../model/topology.ts';
import { t, timeOfDay } from '../strings.ts';
import { action, actionButton, request } from './action.ts';
import { askToTerminate } from './confirm.ts';
import { icon, instanceLook } from './icons.ts';
import { shared } from './styles.ts';

export class InstanceDetailView extends LitElement {
  static override properties = { instance: { attribute: false }, detail: { attribute: false }, status: { attribute: false } };
  static override styles = [
    shared,
    css`
      aside {
        padding: 12px 14px;
        border: 1px solid var(--line);
        border-radius: 6px;
        background: var(--vscode-editorWidget-background);
      }
      .heading {
        display: flex;
        align-items: flex-start;
        gap: 10px;
      }
      .heading h2 {
        flex: 1;
        overflow-wrap: anywhere;
      }
      .owner {
        white-space: nowrap;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 10px 0;
      }
      h3 {
        margin: 14px 0 4px;
        font-size: 1em;
        font-weight: 600;
      }
      ol {
        max-height: 440px;
        margin: 0;
        padding: 0;
        overflow-y: auto;
        list-style: none;
      }
      li {
        position: relative;
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 12px;
        padding: 3px 4px 7px 16px;
      }
      li::before {
        content: '';
        position: absolute;
        left: 4px;
        top: 16px;
        bottom: -6px;
        border-left: 2px solid var(--owner, var(--soft-line));
        forced-color-adjust: none;
      }
      li:last-child::before {
        display: none;
      }
      li::after {
        content: '';
        position: absolute;
        left: 1px;
        top: 9px;
        width: 8px;
        height: 8px;
        border-radius: 50%;
        background: var(--owner, var(--muted));
        forced-color-adjust: none;
      }
      li.bad::after {
        background: var(--bad);
        border-radius: 1px;
      }
      time {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      ul {
        margin: 1px 0 0;
        padding: 0;
        list-style: none;
        color: var(--muted);
      }
      li .text {
        color: var(--vscode-foreground);
        overflow-wrap: anywhere;
      }
      li .text.strong {
        font-weight: 600;
      }
      pre {
        max-height: 220px;
        margin: 0;
        padding: 8px 10px;
        overflow: auto;
        border: 1px solid var(--soft-line);
        border-radius: 4px;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
      ul li {
        display: block;
        padding: 0;
      }
      ul li::before,
      ul li::after {
        display: none;
      }
    `,
  ];
  declare instance: string;
  /** `null` while it is loaded. */
  declare detail: InstanceDetail | null;
  declare status: GroupStatus;

  protected override render(): TemplateResult {
    const close = (): boolean => this.dispatchEvent(new CustomEvent('soh-select', { detail: null, bubbles: true, composed: true }));
    return html`<aside aria-labelledby="title" @keydown=${({ key }: KeyboardEvent) => key === 'Escape' && close()}>
      <div class="heading">
        <h2 id="title" tabindex="-1">${t('History of {id}', { id: this.instance })}</h2>
        <button type="button" class="quiet icon" aria-label=${t('Close the history')} title=${t('Close')} @click=${close}>
          ${icon('close')}
        </button>
      </div>
      ${this.detail === null ? html`<p role="status">${t('Loading the history…')}</p>` : this.#content(this.detail)}
    </aside>`;
  }

  /** Puts the keyboard where the reading starts. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
  }

  #content(detail: InstanceDetail): TemplateResult {
    const { orchestration, state, owner, created, error, variables, history } = detail;
    const { icon: sign, tone } = instanceLook[state];
    return html`
      <div>
        ${orchestration} · <span class=${tone}>${icon(sign)} ${t(state)}</span> ·
        ${owner === null ? nothing : html`<span class="owner"><span class="swatch owner-${colourOf(this.status, owner) ?? 'none'}"></span> ${owner}</span> ·`}
        ${t('Created {time}', { time: timeOfDay(created) })}
      </div>
      ${
        error === null
          ? nothing
          : html`<p class="bad">
              ${icon('warning')} ${error.message}${error.shape === undefined ? '' : ` · ${t('in shape {shape}', { shape: error.shape })}`}
            </p>`
      }
      <div class="actions">${this.#actions(detail)}</div>
      <h3 id="history">${t('History')}</h3>
      <ol tabindex="0" aria-labelledby="history">
        ${history.map((event) => this.#entry(describeHistory(event)))}
      </ol>
      ${
        variables === null
          ? nothing
          : html`<h3 id="variables">${t('Variables')}</h3>
              <pre class="mono" tabindex="0" aria-labelledby="variables">${JSON.stringify(variables, null, 2)}</pre>`
      }
    `;
  }

  #actions(detail: InstanceDetail): TemplateResult {
    const { id } = detail;
    const can = instanceActions(detail);
    const filter = { filter: { ids: [id] } };
    const [suspend, resume, terminate] = [t('Suspend {id}', { id }), t('Resume {id}', { id }), t('Terminate {id}', { id })];
    return html`
      ${actionButton({ icon: 'pause', label: suspend, text: t('Suspend'), enabled: can.suspend }, () => request(this, action('suspend', filter, suspend)))}
      ${actionButton({ icon: 'start', label: resume, text: t('Resume'), enabled: can.resume }, () => request(this, action('resume', filter, resume)))}
      ${actionButton({ icon: 'kill', label: terminate, text: t('Terminate'), enabled: can.terminate }, ({ currentTarget }) => {
        askToTerminate(id, currentTarget as HTMLElement, () => request(this, action('terminate', filter, terminate)));
      })}
    `;
  }

  #entry({ at, by, tone, text, details }: HistoryLine): TemplateResult {
    return html`<li class="owner-${colourOf(this.status, by) ?? 'none'} ${tone}">
      <time datetime=${at}>${timeOfDay(at)}</time>
      <div>
        <span class="text ${tone === 'neutral' ? '' : 'strong'}">${text}</span>
        ${
          details.length === 0
            ? nothing
            : html`<ul>
                ${details.map((line) => html`<li class=${line.tone}>${line.text}</li>`)}
              </ul>`
        }
      </div>
    </li>`;
  }
}

customElements.define('soh-instance-detail', InstanceDetailView);
