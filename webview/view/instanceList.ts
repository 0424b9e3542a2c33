/**
 * The orchestration instances. Only the rows in sight are drawn; the rows are one stop of the tab key, arrow keys move between them, Enter
 * opens the history.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { GroupStatus, InstanceSummary } from '../../emulator/group/control.ts';
import { filterInstances, STATE_GROUPS, type ListFilter, type StateGroup } from '../model/filter.ts';
import { shortId } from '../model/describe.ts';
import { instanceActions } from '../model/operations.ts';
import { colourOf } from '../model/topology.ts';
import { rowWindow } from '../model/window.ts';
import { number, t, timeOfDay } from '../strings.ts';
import { action, actionButton, request } from './action.ts';
import { askToTerminate } from './confirm.ts';
import { icon, instanceLook } from './icons.ts';
import { instanceListStyles } from './instanceListStyles.ts';
import { shared } from './styles.ts';

const ROW = 30;
const COLUMNS = 9;

export class InstanceList extends LitElement {
  static override properties = {
    instances: { attribute: false },
    status: { attribute: false },
    filter: { attribute: false },
    selected: { attribute: false },
    current: { state: true },
    scrolled: { state: true },
    height: { state: true },
    held: { state: true },
  };
  static override styles = [shared, instanceListStyles];
  declare instances: readonly InstanceSummary[];
  declare status: GroupStatus;
  declare filter: ListFilter;
  declare selected: string | null;
  /** Row that has the tab stop. */
  declare current: string | null;
  declare scrolled: number;
  declare height: number;
  /** Order of the rows while somebody is in the list. */
  declare held: readonly string[] | null;

  constructor() {
    super();
    this.instances = [];
    this.selected = null;
    this.current = null;
    this.scrolled = 0;
    this.height = 372;
    this.held = null;
  }

  protected override updated(changed: PropertyValues<this>): void {
    // A filter that leaves fewer rows shortens the scrolled content.
    const scroll = this.renderRoot.querySelector('.scroll');
    if (changed.has('filter') && scroll !== null) this.scrolled = scroll.scrollTop;
  }

  protected override render(): TemplateResult {
    const rows = this.#rows();
    return html`<section aria-labelledby="title">
      <div class="section">
        <h2 id="title">${t('Orchestration instances')}</h2>
        <span class="note" role="status"> ${this.instances.length === 0 ? nothing : this.#extent(rows.length)} </span>
      </div>
      ${this.#tools()} ${this.#table(rows)}
    </section>`;
  }

  /**
   * The rows to show. While somebody points at the list or is in it with the keyboard, they stay where they are, so that a click meets the
   * row it was meant for; only what they say goes on.
   */
  #rows(): readonly InstanceSummary[] {
    const rows = filterInstances(this.instances, this.filter);
    if (this.held === null) return rows;
    const now = new Map(this.instances.map((instance) => [instance.id, instance]));
    return this.held.flatMap((id) => now.get(id) ?? []);
  }

  #hold(): void {
    this.held ??= this.#rows().map(({ id }) => id);
  }

  #release({ currentTarget }: Event): void {
    if (!(currentTarget as HTMLElement).matches(':hover, :focus-within')) this.held = null;
  }

  /** The browser moves the focus after the event. */
  #focusLeft({ currentTarget, relatedTarget }: FocusEvent): void {
    const list = currentTarget as HTMLElement;
    if (!list.contains(relatedTarget as Node | null) && !list.matches(':hover')) this.held = null;
  }

  #tools(): TemplateResult {
    const byText = t('Filter by id, orchestration, owner or error');
    const change = (part: Partial<ListFilter>): void => {
      this.held = null;
      this.#tell('soh-filter', { ...this.filter, ...part });
    };
    return html`<div class="tools">
      <vscode-textfield
        .label=${byText}
        placeholder=${byText}
        .value=${this.filter.text}
        @input=${({ target }: InputEvent) => change({ text: (target as HTMLInputElement).value })}
      ></vscode-textfield>
      <vscode-single-select
        .label=${t('Filter by state')}
        aria-label=${t('Filter by state')}
        @change=${({ target }: Event) => change({ states: (target as HTMLSelectElement).value as StateGroup })}
      >
        ${STATE_GROUPS.map((group) => html`<vscode-option value=${group} ?selected=${group === this.filter.states}>${t(group)}</vscode-option>`)}
      </vscode-single-select>
    </div>`;
  }

  #table(rows: readonly InstanceSummary[]): TemplateResult {
    const { first, end, before, after } = rowWindow(rows.length, ROW, this.scrolled, this.height);
    const current = rows.some(({ id }) => id === this.current) ? this.current : (rows[0]?.id ?? null);
    return html`<div
      class="scroll"
      @scroll=${this.#scroll}
      @pointerenter=${this.#hold}
      @focusin=${this.#hold}
      @pointerleave=${this.#release}
      @focusout=${this.#focusLeft}
    >
      <table
        role="grid"
        aria-labelledby="title"
        aria-rowcount=${rows.length + 1}
        @keydown=${(event: KeyboardEvent) => this.#key(event, rows, current)}
      >
        <thead>
          <tr aria-rowindex="1">
            <th scope="col">${t('Instance')}</th>
            <th scope="col">${t('Orchestration')}</th>
            <th scope="col">${t('State')}</th>
            <th scope="col">${t('Owner')}</th>
            <th scope="col" class="figure">${t('Commits')}</th>
            <th scope="col" class="figure">${t('Takeovers')}</th>
            <th scope="col" class="changed">${t('Changed')}</th>
            <th scope="col">${t('Error')}</th>
            <th scope="col" class="actions">${t('Actions')}</th>
          </tr>
        </thead>
        <tbody>
          ${spacer(before)}
          ${repeat(
            rows.slice(first, end),
            ({ id }) => id,
            (row, index) => this.#guarded(row, first + index, row.id === current),
          )}
          ${spacer(after)} ${rows.length === 0 ? this.#empty() : nothing}
        </tbody>
      </table>
    </div>`;
  }

  #extent(shown: number): string {
    const count = number(this.instances.length);
    if (shown === this.instances.length) return t('The newest {count} instances', { count });
    return t('{shown} of the newest {count} instances', { shown: number(shown), count });
  }

  #empty(): TemplateResult {
    const text =
      this.instances.length === 0
        ? t('Nothing has run yet. Submit a message to see orchestrations here.')
        : t('No instance matches the filter.');
    return html`<tr>
      <td class="empty" colspan=${COLUMNS}>${text}</td>
    </tr>`;
  }

  /** A row is made again only when something in it has changed: most frames change few of them. */
  #guarded(instance: InstanceSummary, index: number, isCurrent: boolean): unknown {
    const seen = [instance, index, isCurrent, instance.id === this.selected, colourOf(this.status, instance.owner)];
    return guard(seen, () => this.#row(instance, index, isCurrent));
  }

  #row(instance: InstanceSummary, index: number, isCurrent: boolean): TemplateResult {
    const { id, orchestration, state, pendingOperation, owner, commits, takeovers, changed, error } = instance;
    const { icon: sign, tone } = instanceLook[state];
    const pending = pendingOperation === null ? '' : t(`${pendingOperation} pending`);
    return html`<tr
      tabindex=${isCurrent ? 0 : -1}
      data-id=${id}
      aria-rowindex=${index + 2}
      aria-selected=${id === this.selected ? 'true' : 'false'}
      @click=${() => this.#open(id)}
      @focus=${() => (this.current = id)}
    >
      <td class="mono" title=${id}>${shortId(id)}</td>
      <td>${orchestration}</td>
      <td>
        <span class="state ${tone}">${icon(sign)}<span>${t(state)}${pending === '' ? '' : ` · ${pending}`}</span></span>
      </td>
      <td>
        ${owner === null ? '–' : html`<span class="owner"><span class="swatch owner-${colourOf(this.status, owner) ?? 'none'}"></span>${owner}</span>`}
      </td>
      <td class="figure">${number(commits)}</td>
      <td class="figure">${takeovers === 0 ? '0' : html`<span class="took">${number(takeovers)}</span>`}</td>
      <td class="changed number">${timeOfDay(changed)}</td>
      <td class="error" title=${error?.message ?? nothing}>${error?.message ?? ''}</td>
      <td class="actions">${this.#actions(instance, isCurrent ? 0 : -1)}</td>
    </tr>`;
  }

  #actions(instance: InstanceSummary, tabIndex: number): TemplateResult {
    const can = instanceActions(instance);
    const { id } = instance;
    const filter = { filter: { ids: [id] } };
    const [suspend, resume, terminate] = [t('Suspend {id}', { id }), t('Resume {id}', { id }), t('Terminate {id}', { id })];
    const quiet = { quiet: true, tabIndex };
    return html`
      ${actionButton({ icon: 'pause', label: suspend, enabled: can.suspend, ...quiet }, () => request(this, action('suspend', filter, suspend)))}
      ${actionButton({ icon: 'start', label: resume, enabled: can.resume, ...quiet }, () => request(this, action('resume', filter, resume)))}
      ${actionButton({ icon: 'kill', label: terminate, enabled: can.terminate, ...quiet }, ({ currentTarget }) => {
        askToTerminate(id, currentTarget as HTMLElement, () => request(this, action('terminate', filter, terminate)));
      })}
    `;
  }

  #scroll({ currentTarget }: Event): void {
    const { scrollTop, clientHeight } = currentTarget as HTMLElement;
    this.scrolled = scrollTop;
    this.height = clientHeight;
  }

  #key(event: KeyboardEvent, rows: readonly InstanceSummary[], current: string | null): void {
    const index = rows.findIndex(({ id }) => id === current);
    const page = Math.max(1, Math.floor(this.height / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -rows.length,
      End: rows.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      void this.#goTo(rows[Math.max(0, Math.min(rows.length - 1, index + step))]?.id, index + step);
    } else if (event.key === 'Enter' && (event.target as Element).tagName === 'TR' && current !== null) this.#open(current);
  }

  /** Moves the tab stop; a row that is not drawn yet has to be scrolled to first. */
  async #goTo(id: string | undefined, index: number): Promise<void> {
    if (id === undefined) return;
    const scroll = this.renderRoot.querySelector('.scroll');
    if (scroll !== null && this.#rowOf(id) === null) {
      scroll.scrollTop = Math.max(0, index) * ROW;
      this.scrolled = scroll.scrollTop;
    }
    this.current = id;
    await this.updateComplete;
    this.focusRow(id);
  }

  /** Puts the keyboard on a row, if it is drawn; otherwise on the list. */
  focusRow(id: string): void {
    (this.#rowOf(id) ?? this.renderRoot.querySelector<HTMLElement>('tr[tabindex="0"]'))?.focus();
  }

  #rowOf(id: string): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(id)}"]`);
  }

  #open(id: string): void {
    this.current = id;
    this.#tell('soh-select', id);
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** Stands for the rows that are not drawn. A height attribute: a style attribute would be against the content security policy. */
function spacer(height: number): TemplateResult | typeof nothing {
  return height === 0
    ? nothing
    : html`<tr class="spacer" aria-hidden="true">
        <td colspan=${COLUMNS} height=${height}></td>
      </tr>`;
}

customElements.define('soh-instance-list', InstanceList);
