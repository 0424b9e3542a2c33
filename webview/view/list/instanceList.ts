/**
 * The instances of the group, as many as there are: only the rows in sight are drawn and asked for. The rows are one stop of the tab key,
 * arrow keys move between them, Enter opens the history.
 */
import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { InstanceFilter, InstanceSummary } from '../../../emulator/control/instances.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { NO_FILTER, sameFilter, toInstanceFilter, type ListFilter } from '../../model/filter.ts';
import { orchestrations } from '../../model/describe.ts';
import { placeOf } from '../../model/instanceRows.ts';
import type { SavedFilter } from '../../model/savedFilters.ts';
import { colourOf } from '../../model/topology.ts';
import { rowWindow, scrollTopOf } from '../../model/window.ts';
import { number, t } from '../../strings.ts';
import type { Operate } from './batchBar.ts';
import './batchBar.ts';
import { icon } from '../shared/icons.ts';
import './instanceFilterBar.ts';
import { cells, COLUMNS, skeleton, spacer } from './instanceRow.ts';
import { InstanceSource, type AskInstances } from './instanceSource.ts';
import { instanceListStyles } from './instanceListStyles.ts';
import { shared } from '../shared/styles.ts';

const ROW = 30;

export class InstanceList extends LitElement {
  static override properties = {
    ask: { attribute: false },
    operate: { attribute: false },
    changed: { attribute: false },
    status: { attribute: false },
    filter: { attribute: false },
    saved: { attribute: false },
    selected: { attribute: false },
    moment: { attribute: false },
    current: { state: true },
    scrolled: { state: true },
    height: { state: true },
  };
  static override styles = [shared, instanceListStyles];
  declare ask: AskInstances;
  declare operate: Operate;
  /** What the feed said last of instances. */
  declare changed: readonly InstanceSummary[];
  declare status: GroupStatus;
  declare filter: ListFilter;
  declare saved: readonly SavedFilter[];
  declare selected: string | null;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;
  /** Place of the row that has the tab stop. */
  declare current: number;
  declare scrolled: number;
  declare height: number;
  #wanted: InstanceFilter = {};
  /** Length of the list as it was drawn last. */
  #drawn = 0;
  readonly #source = new InstanceSource(this, { ask: (parameters) => this.ask(parameters), filter: () => this.#wanted });

  constructor() {
    super();
    this.selected = null;
    this.moment = null;
    this.current = 0;
    this.scrolled = 0;
    this.height = 372;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('filter');
    if (changed.has('filter') && (before === undefined || !sameFilter(before, this.filter))) {
      this.#wanted = toInstanceFilter(this.filter);
      this.#source.refilter();
      this.current = 0;
    }
    if (changed.has('moment') && changed.get('moment') !== undefined) this.#source.refilter();
    if (changed.has('changed') && this.changed.length > 0) this.#source.changed(this.changed);
    // Of many changes at once the feed tells only some: that there were any is in the number of the last record.
    const { sequence } = this.status.messageBox;
    if (changed.has('status') && changed.get('status')?.messageBox.sequence !== sequence) this.#source.changed([]);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get('filter');
    const scroll = this.#scrollBox;
    if (before !== undefined && !sameFilter(before, this.filter)) scroll?.scrollTo(0, 0);
    // Fewer rows shorten the scrolled content, and the browser then scrolls by itself.
    if (scroll && this.#drawn !== this.#total) this.scrolled = scroll.scrollTop;
    this.#drawn = this.#total;
    const { first, end } = this.#window;
    this.#source.show(first, end);
  }

  get #scrollBox(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.scroll');
  }

  /** Rows there are, by the last answer. */
  get #total(): number {
    return this.#source.rows.answer?.total ?? 0;
  }

  get #window(): ReturnType<typeof rowWindow> {
    return rowWindow(this.#total, ROW, this.scrolled, this.height);
  }

  protected override render(): TemplateResult {
    const { rows, current } = this.#source;
    return html`<section aria-labelledby="title">
      <div class="section">
        <h2 id="title">${t('Instances')}</h2>
        <span class="note" role="status">${this.#extent()}</span>
        ${
          this.moment === null
            ? html`<soh-batch-bar
                .operate=${this.operate}
                .filter=${this.#wanted}
                .counts=${current ? (rows.answer?.counts ?? null) : null}
                .status=${this.status}
              ></soh-batch-bar>`
            : nothing
        }
      </div>
      <soh-instance-filter .filter=${this.filter} .saved=${this.saved} .status=${this.status}></soh-instance-filter>
      ${this.#table()}
    </section>`;
  }

  #extent(): TemplateResult | string {
    const { rows, failed } = this.#source;
    if (failed) return html`<span class="warning">${icon('warning')} ${t('Nothing new could be read.')}</span>`;
    if (rows.answer === null) return t('Loading…');
    const { total } = rows.answer;
    return sameFilter(this.filter, NO_FILTER) ? orchestrations(total) : t('{count} match the filter', { count: number(total) });
  }

  /**
   * While somebody points at the list or is in it with the keyboard, the rows stay where they are, so that a click meets the row it was
   * meant for; only what they say goes on.
   */
  #release({ currentTarget }: Event): void {
    if (!(currentTarget as HTMLElement).matches(':hover, :focus-within')) this.#source.release();
  }

  /** The browser moves the focus after the event. */
  #focusLeft({ currentTarget, relatedTarget }: FocusEvent): void {
    const list = currentTarget as HTMLElement;
    if (!list.contains(relatedTarget as Node | null) && !list.matches(':hover')) this.#source.release();
  }

  #table(): TemplateResult {
    const { first, end, before, after } = this.#window;
    const total = this.#total;
    const current = Math.max(0, Math.min(total - 1, this.current));
    const places = Array.from({ length: end - first }, (_, index) => first + index);
    return html`<div
      class="scroll"
      @scroll=${this.#scroll}
      @pointerenter=${() => this.#source.hold()}
      @focusin=${() => this.#source.hold()}
      @pointerleave=${this.#release}
      @focusout=${this.#focusLeft}
    >
      <table
        role="grid"
        aria-labelledby="title"
        aria-rowcount=${total + 1}
        aria-busy=${this.#source.current ? 'false' : 'true'}
        @keydown=${(event: KeyboardEvent) => this.#key(event, current)}
      >
        <thead>
          <tr aria-rowindex="1">
            <th scope="col" class="id">${t('Instance')}</th>
            <th scope="col" class="type">${t('Orchestration')}</th>
            <th scope="col" class="states">${t('State')}</th>
            <th scope="col" class="owners">${t('Owner')}</th>
            <th scope="col" class="figure">${t('Commits')}</th>
            <th scope="col" class="figure">${t('Takeovers')}</th>
            <th scope="col" class="changed">${t('Changed')}</th>
            <th scope="col" class="error">${t('Error')}</th>
            <th scope="col" class="actions">${t('Actions')}</th>
          </tr>
        </thead>
        <tbody>
          ${spacer(before)}
          ${repeat(
            places,
            (place) => place,
            (place) => this.#guarded(place, place === current),
          )}
          ${spacer(after)} ${total === 0 ? this.#empty() : nothing}
        </tbody>
      </table>
    </div>`;
  }

  #empty(): TemplateResult {
    const { rows } = this.#source;
    const text =
      rows.answer === null
        ? t('Loading…')
        : sameFilter(this.filter, NO_FILTER)
          ? t('Nothing has run yet. Submit a message to see orchestrations here.')
          : t('No instance matches the filter.');
    return html`<tr>
      <td class="empty" colspan=${COLUMNS}>${text}</td>
    </tr>`;
  }

  /** A row is made again only when something in it has changed: most frames change few of them. */
  #guarded(place: number, isCurrent: boolean): unknown {
    const instance = this.#source.rows.rows.get(place);
    const seen = [instance, place, isCurrent, instance?.id === this.selected, colourOf(this.status, instance?.owner ?? null)];
    return guard(seen, () => this.#row(place, instance, isCurrent));
  }

  /** The same row while its instance is on its way and when it has come, so that the keyboard stays on it. */
  #row(place: number, instance: InstanceSummary | undefined, isCurrent: boolean): TemplateResult {
    const id = instance?.id;
    return html`<tr
      tabindex=${isCurrent ? 0 : -1}
      data-id=${id ?? nothing}
      aria-rowindex=${place + 2}
      aria-selected=${id !== undefined && id === this.selected ? 'true' : 'false'}
      @click=${() => (id === undefined ? undefined : this.#open(id, place))}
      @focus=${() => (this.current = place)}
    >
      ${instance === undefined ? skeleton() : cells(instance, this.status, isCurrent ? 0 : -1, this)}
    </tr>`;
  }

  #scroll({ currentTarget }: Event): void {
    const { scrollTop, clientHeight } = currentTarget as HTMLElement;
    this.scrolled = scrollTop;
    this.height = clientHeight;
  }

  #key(event: KeyboardEvent, current: number): void {
    const total = this.#total;
    const page = Math.max(1, Math.floor(this.height / ROW) - 2);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -total,
      End: total,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      void this.#goTo(Math.max(0, Math.min(total - 1, current + step)));
    } else if (event.key === 'Enter' && (event.target as Element).tagName === 'TR') {
      const instance = this.#source.rows.rows.get(current);
      if (instance !== undefined) this.#open(instance.id, current);
    }
  }

  /** Moves the tab stop; a row that is not drawn yet has to be scrolled to first. */
  async #goTo(place: number): Promise<void> {
    const scroll = this.#scrollBox;
    if (scroll !== null && this.#rowAt(place) === null) {
      scroll.scrollTop = scrollTopOf(this.#total, ROW, place, this.height);
      this.scrolled = scroll.scrollTop;
    }
    this.current = place;
    await this.updateComplete;
    this.#rowAt(place)?.focus();
  }

  /** Puts the keyboard on the row of an instance, if it is drawn; otherwise on the list. */
  focusRow(id: string): void {
    const place = placeOf(this.#source.rows, id);
    const row = place === undefined ? null : this.#rowAt(place);
    (row ?? this.renderRoot.querySelector<HTMLElement>('tr[tabindex="0"]'))?.focus();
  }

  #rowAt(place: number): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>(`tr[tabindex][aria-rowindex="${place + 2}"]`);
  }

  #open(id: string, place: number): void {
    this.current = place;
    this.#tell('soh-select', id);
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('soh-instance-list', InstanceList);
