/** One instance: what a person can do with it, its error, and everything known of it under tabs. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { InstanceDetail } from '../../../emulator/control/instances.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { placeOfError } from '../../model/flowState.ts';
import { TABS, type Tab } from '../../model/layout.ts';
import { instanceActions } from '../../model/operations.ts';
import { colourOf } from '../../model/topology.ts';
import { describeState } from '../../model/describe.ts';
import { nextStep, number, t, timeOfDay, type Template } from '../../strings.ts';
import { action, actionButton, request } from '../shared/action.ts';
import { askToTerminate } from '../shared/confirm.ts';
import './flow/flowDiagram.ts';
import { icon, instanceLook } from '../shared/icons.ts';
import { historyStyles, instanceHistory } from './instanceHistory.ts';
import { messagesView, messageStyles, variablesView } from './messageViews.ts';
import { instanceLink } from '../shared/openInstance.ts';
import { openSource, sourceLink } from '../shared/openSource.ts';
import { shared } from '../shared/styles.ts';
import { tabs, tabStyles, type TabEntry } from '../shared/tabs.ts';
import './waitsView.ts';

/** The user chose another tab; its name is the detail. */
export const TAB = 'soh-tab';

const titles: Readonly<Record<Tab, Template>> = {
  flow: 'Flow',
  variables: 'Variables',
  messages: 'Messages',
  waits: 'Waits for',
  history: 'History',
};

export class InstanceDetailView extends LitElement {
  static override properties = {
    instance: { attribute: false },
    detail: { attribute: false },
    status: { attribute: false },
    canOpenSource: { attribute: false },
    tab: { attribute: false },
    moment: { attribute: false },
  };
  static override styles = [
    shared,
    tabStyles,
    historyStyles,
    messageStyles,
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
      .started {
        overflow-wrap: anywhere;
      }
      .actions {
        display: flex;
        flex-wrap: wrap;
        gap: 6px;
        margin: 10px 0;
      }
      time {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .problem {
        margin: 8px 0;
        padding: 7px 10px;
        border: 1px solid var(--bad);
        border-left-width: 4px;
        border-radius: 4px;
        overflow-wrap: anywhere;
      }
      .problem p {
        margin: 0;
      }
    `,
  ];
  declare instance: string;
  /** `null` while it is loaded. */
  declare detail: InstanceDetail | null;
  declare status: GroupStatus;
  declare canOpenSource: boolean;
  declare tab: Tab;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;

  #empty(): string {
    return this.moment === null ? t('Loading the instance…') : t('At this moment it had not begun.');
  }

  protected override render(): TemplateResult {
    const close = (): boolean => this.dispatchEvent(new CustomEvent('soh-select', { detail: null, bubbles: true, composed: true }));
    return html`<aside aria-labelledby="title" @keydown=${({ key }: KeyboardEvent) => key === 'Escape' && close()}>
      <div class="heading">
        <h2 id="title" tabindex="-1">${t('Instance {id}', { id: this.instance })}</h2>
        <button type="button" class="quiet icon" aria-label=${t('Close the instance')} title=${t('Close')} @click=${close}>
          ${icon('close')}
        </button>
      </div>
      ${this.detail === null ? html`<p role="status">${this.#empty()}</p>` : this.#content(this.detail)}
    </aside>`;
  }

  /** Puts the keyboard where the reading starts. */
  focusHeading(): void {
    this.renderRoot.querySelector<HTMLElement>('#title')?.focus();
  }

  #content(detail: InstanceDetail): TemplateResult {
    const { orchestration, state, owner, created, startedBy, started } = detail;
    const { icon: sign, tone } = instanceLook[state];
    const choose = (tab: Tab): boolean => this.dispatchEvent(new CustomEvent<Tab>(TAB, { detail: tab, bubbles: true, composed: true }));
    const entries = tabsOf(detail);
    // A port has no flow; the choice stays for the next orchestration.
    const shown = entries.some(({ id }) => id === this.tab) ? this.tab : 'history';
    return html`
      <div>
        ${orchestration} · <span class=${tone}>${icon(sign)} ${describeState(detail)}</span> ·
        ${owner === null ? nothing : html`<span class="owner"><span class="swatch owner-${colourOf(this.status, owner) ?? 'none'}"></span> ${owner}</span> ·`}
        ${t('Created {time}', { time: timeOfDay(created) })}${startedBy === undefined ? nothing : html` · ${linkedText('Started by {instance}', [startedBy])}`}
        ${started === undefined ? nothing : html` · ${startedText(started)}`}
      </div>
      ${this.#problem(detail)}
      <div class="actions">${this.#actions(detail)}</div>
      ${tabs(t('Instance {id}', { id: detail.id }), entries, shown, choose, this.#panel(detail, shown))}
    `;
  }

  #panel(detail: InstanceDetail, tab: Tab): TemplateResult {
    switch (tab) {
      case 'flow':
        return html`<soh-flow
          .detail=${detail}
          .status=${this.status}
          .canOpenSource=${this.canOpenSource}
          .moment=${this.moment}
        ></soh-flow>`;
      case 'variables':
        return variablesView(detail);
      case 'messages':
        return messagesView(detail);
      case 'waits':
        return html`<soh-waits .detail=${detail} .moment=${this.moment}></soh-waits>`;
      case 'history':
        return instanceHistory(detail, this.status, this.canOpenSource ? (shape) => openSource(this, detail.id, shape) : null);
    }
  }

  #problem(detail: InstanceDetail): TemplateResult | typeof nothing {
    const { id, error, outline } = detail;
    if (error === null) return nothing;
    const { message, shape = '' } = error;
    const place = placeOfError(detail);
    const links = this.canOpenSource && place !== undefined && outline[place]?.source !== undefined;
    const [before = '', after = ''] = t('in shape {shape}', { shape: '\n' }).split('\n');
    const where = links ? sourceLink(shape, () => openSource(this, id, place)) : shape;
    return html`<div class="problem">
      <p>${icon('warning')} ${message}${shape === '' ? nothing : html` · ${before}${where}${after}`}</p>
      <p>${nextStep(error)}</p>
    </div>`;
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
}

/** Of those it started, so many by name; the history has all. */
const SHOWN_STARTED = 3;

function startedText(started: readonly string[]): TemplateResult {
  const more = started.length - SHOWN_STARTED;
  return linkedText(
    more > 0 ? 'Started {instances} and {more} more' : 'Started {instances}',
    started.slice(0, SHOWN_STARTED),
    number(more),
  );
}

/** A sentence with instances as links. */
function linkedText(sentence: Template, instances: readonly string[], more = ''): TemplateResult {
  const [before = '', after = ''] = t(sentence, { instance: '\n', instances: '\n', more }).split('\n');
  const links = instances.map((instance, index) => [index === 0 ? '' : ', ', instanceLink(instance)]);
  return html`<span class="started">${before}${links}${after}</span>`;
}

/** A port has neither a flow nor variables nor messages of its own. What is not resumable waits for nothing; it keeps messages. */
function tabsOf({ kind, state, outline, variables, messages, subscriptions, queue, timers }: InstanceDetail): readonly TabEntry<Tab>[] {
  const counts: Readonly<Record<Tab, number | undefined>> = {
    flow: undefined,
    variables: variables === null ? 0 : Object.keys(variables).length,
    messages: messages.length,
    waits: subscriptions.length + queue.length + timers.length,
    history: undefined,
  };
  const keeps = state === 'Suspended (not resumable)';
  const applies: Readonly<Record<Tab, boolean>> = {
    flow: kind === 'orchestration' && outline.length > 0,
    variables: kind === 'orchestration',
    messages: kind === 'orchestration' || keeps,
    waits: !keeps,
    history: true,
  };
  const shown = TABS.filter((id) => applies[id]);
  return shown.map((id) => {
    const count = counts[id];
    return { id, text: t(titles[id]), ...(count === undefined ? {} : { count }) };
  });
}

customElements.define('soh-instance-detail', InstanceDetailView);

declare global {
  interface HTMLElementEventMap {
    [TAB]: CustomEvent<Tab>;
  }
}
