/** What an instance waits for: its subscriptions in words, the messages that wait for it, and its timers against the clock. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import type { InstanceDetail, InstanceTimer } from '../../../emulator/control/instances.ts';
import { filterText } from '../../../emulator/control/filterText.ts';
import { dateAndTime, duration, number, t } from '../../strings.ts';
import { shared } from '../shared/styles.ts';
import { tick } from '../shared/ticking.ts';

export class WaitsView extends LitElement {
  static override properties = { detail: { attribute: false }, moment: { attribute: false } };
  static override styles = [
    shared,
    css`
      h3 {
        margin: 14px 0 4px;
        font-size: 1em;
        font-weight: 600;
      }
      h3:first-child {
        margin-top: 2px;
      }
      p {
        margin: 4px 0;
        color: var(--muted);
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        padding: 4px 0;
        border-bottom: 1px solid var(--soft-line);
        overflow-wrap: anywhere;
      }
      li:last-child {
        border-bottom: 0;
      }
      .mono {
        display: block;
        color: var(--muted);
      }
    `,
  ];
  declare detail: InstanceDetail;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;

  constructor() {
    super();
    tick(this, () => this.moment === null && this.detail.timers.length > 0);
  }

  protected override render(): TemplateResult {
    const { subscriptions, queue, timers } = this.detail;
    return html`${list(
      t('Subscriptions'),
      t('It has no subscriptions.'),
      subscriptions.map(({ receive, filter }) => html`${receive}<span class="mono">${filterText(filter)}</span>`),
    )}
    ${list(
      t('Waiting messages'),
      t('Nothing waits for it.'),
      queue.map(({ receive, message, messageType }) => {
        const what = message === null ? t('The timer has fired') : `${messageType ?? ''} ${message}`;
        return html`${receive}<span class="mono">${what}</span>`;
      }),
    )}
    ${list(
      t('Timers'),
      t('No timer runs.'),
      timers.map((timer) => html`${this.#timerText(timer)} · ${this.#dueText(timer.due)}`),
    )}`;
  }

  #timerText({ kind, shape, timer, number: scope }: InstanceTimer): string {
    if (kind === 'delay') return shape === '' ? timer : shape;
    if (kind === 'timeout') return t('Time-out of {shape}', { shape });
    const { times = 0 } = this.detail.retries.find((one) => one.scope === scope) ?? {};
    return t('Scope {shape} runs again; in vain so far: {count}', { shape, count: number(times) });
  }

  #dueText(due: string): string {
    const left = Date.parse(due) - (this.moment ?? Date.now());
    const parameters = { time: dateAndTime(due), left: duration(Math.abs(left)) };
    return left >= 0 ? t('due in {left}, at {time}', parameters) : t('due since {left}, at {time}', parameters);
  }
}

function list(title: string, none: string, lines: readonly TemplateResult[]): TemplateResult {
  return html`<h3>${title}</h3>
    ${
      lines.length === 0
        ? html`<p>${none}</p>`
        : html`<ul>
            ${lines.map((line) => html`<li>${line}</li>`)}
          </ul>`
    }`;
}

customElements.define('soh-waits', WaitsView);
