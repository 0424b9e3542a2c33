/** What chooses the instances of the list: text, choices, and whole filters under a name. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import {
  attentionIn,
  KINDS,
  NEEDS_ATTENTION,
  NO_FILTER,
  sameFilter,
  STATE_GROUPS,
  TAKEN_OVER,
  WAITS_LONG,
  type Kind,
  type ListFilter,
  type StateGroup,
} from '../../model/filter.ts';
import { isSaved, LONGEST_NAME, MOST_SAVED, withoutSaved, withSaved, type SavedFilter } from '../../model/savedFilters.ts';
import { number, t } from '../../strings.ts';
import { icon } from '../shared/icons.ts';
import { instanceFilterStyles } from './instanceFilterStyles.ts';
import { shared } from '../shared/styles.ts';

interface Choice {
  readonly value: string;
  readonly text: string;
}

const STATE_TEXTS: Readonly<Record<StateGroup, () => string>> = {
  all: () => t('any state'),
  'needs attention': () => t('needs attention'),
  working: () => t('working'),
  waiting: () => t('waiting'),
  suspended: () => t('suspended'),
  finished: () => t('finished'),
};
const KIND_TEXTS: Readonly<Record<Kind, () => string>> = {
  any: () => t('any type'),
  orchestration: () => t('orchestrations'),
  sendPort: () => t('send ports'),
  receiveLocation: () => t('receive locations'),
};
const MINUTE = 60_000;
/** Ages a person can choose, ms. */
const AGES: readonly (readonly [number, () => string])[] = [
  [0, () => t('any age')],
  [MINUTE, () => t('older than 1 min')],
  [10 * MINUTE, () => t('older than 10 min')],
  [60 * MINUTE, () => t('older than 1 h')],
  [24 * 60 * MINUTE, () => t('older than 1 day')],
];

export class InstanceFilterBar extends LitElement {
  static override properties = {
    filter: { attribute: false },
    saved: { attribute: false },
    status: { attribute: false },
    naming: { state: true },
  };
  static override styles = [shared, instanceFilterStyles];
  declare filter: ListFilter;
  declare saved: readonly SavedFilter[];
  declare status: GroupStatus;
  /** A name for the present filter is asked for. */
  declare naming: boolean;

  constructor() {
    super();
    this.saved = [];
    this.naming = false;
  }

  protected override render(): TemplateResult {
    const { filter } = this;
    const byText = t('Filter by id, orchestration, owner or error');
    return html`<div class="choices">
        <vscode-textfield
          .label=${byText}
          placeholder=${byText}
          .value=${filter.text}
          @input=${({ target }: InputEvent) => this.#change({ text: (target as HTMLInputElement).value })}
        ></vscode-textfield>
        ${this.#select(t('Filter by type'), this.#types(), typeValue(filter), typeValue(NO_FILTER), (value) => this.#change(typeOf(value)))}
        ${this.#select(
          t('Filter by state'),
          STATE_GROUPS.map((value) => ({ value, text: STATE_TEXTS[value]() })),
          filter.states,
          NO_FILTER.states,
          (value) => this.#change({ states: value as StateGroup }),
        )}
        ${this.#select(t('Filter by owner'), this.#owners(), filter.owner, NO_FILTER.owner, (owner) => this.#change({ owner }))}
        ${this.#select(
          t('Filter by age'),
          AGES.map(([age, text]) => ({ value: String(age), text: text() })),
          String(filter.olderThanMs),
          String(NO_FILTER.olderThanMs),
          (value) => this.#change({ olderThanMs: Number(value) }),
        )}
        ${this.#toggle(t('taken over'), filter.takenOver, () => this.#change({ takenOver: !filter.takenOver }))}
      </div>
      ${this.#names()}`;
  }

  #select(label: string, choices: readonly Choice[], value: string, usual: string, chosen: (value: string) => void): TemplateResult {
    return html`<vscode-single-select
      class=${value === usual ? '' : 'set'}
      .label=${label}
      aria-label=${label}
      .value=${value}
      @change=${({ target }: Event) => chosen((target as HTMLSelectElement).value)}
    >
      ${choices.map((choice) => html`<vscode-option value=${choice.value} ?selected=${choice.value === value}>${choice.text}</vscode-option>`)}
    </vscode-single-select>`;
  }

  #toggle(text: string, on: boolean, press: () => void): TemplateResult {
    return html`<button type="button" class="toggle" aria-pressed=${on ? 'true' : 'false'} @click=${press}>${text}</button>`;
  }

  #types(): Choice[] {
    const names = [...new Set([...this.status.services.map(({ name }) => name), ...(this.filter.type === '' ? [] : [this.filter.type])])];
    return [
      ...KINDS.map((kind) => ({ value: `kind:${kind}`, text: KIND_TEXTS[kind]() })),
      ...names.map((name) => ({ value: `type:${name}`, text: name })),
    ];
  }

  /** A host instance one filtered by stays there to be seen when it is gone. */
  #owners(): Choice[] {
    const names = [...this.status.hostInstances.map(({ name }) => name), ...(this.filter.owner === '' ? [] : [this.filter.owner])];
    return [{ value: '', text: t('any owner') }, ...[...new Set(names)].map((name) => ({ value: name, text: name }))];
  }

  #names(): TemplateResult {
    const attention = attentionIn(this.status.messageBox.counts);
    const built: readonly (readonly [string, ListFilter])[] = [
      [attention === 0 ? t('Needs attention') : t('Needs attention ({count})', { count: number(attention) }), NEEDS_ATTENTION],
      [t('Waiting, older than 10 min'), WAITS_LONG],
      [t('Taken over'), TAKEN_OVER],
    ];
    const known = built.some(([, filter]) => sameFilter(filter, this.filter)) || isSaved(this.saved, this.filter);
    const plain = sameFilter(this.filter, NO_FILTER);
    return html`<div class="names" role="group" aria-label=${t('Saved filters')}>
      ${built.map(([name, filter]) => this.#named(name, filter))}
      ${repeat(
        this.saved,
        ({ name }) => name,
        ({ name, filter }) => html`<span class="own">${this.#named(name, filter)}${this.#deleteButton(name)}</span>`,
      )}
      ${plain ? nothing : html`<button type="button" class="quiet" @click=${() => this.#choose(NO_FILTER)}>${icon('close')} ${t('Clear filter')}</button>`}
      ${
        known || plain || this.naming || this.saved.length >= MOST_SAVED
          ? nothing
          : html`<button type="button" class="quiet" @click=${this.#askName}>${icon('save')} ${t('Save filter…')}</button>`
      }
      ${this.naming ? this.#nameForm() : nothing}
    </div>`;
  }

  #named(name: string, filter: ListFilter): TemplateResult {
    const on = sameFilter(filter, this.filter);
    return this.#toggle(name, on, () => this.#choose(on ? NO_FILTER : filter));
  }

  #deleteButton(name: string): TemplateResult {
    const label = t('Delete the filter {name}', { name });
    return html`<button
      type="button"
      class="quiet icon"
      aria-label=${label}
      title=${label}
      @click=${() => this.#tell('soh-saved', withoutSaved(this.saved, name))}
    >
      ${icon('close')}
    </button>`;
  }

  #nameForm(): TemplateResult {
    return html`<form @submit=${this.#save} @keydown=${this.#escape}>
      <vscode-textfield
        .label=${t('Name of the filter')}
        placeholder=${t('Name of the filter')}
        maxlength=${LONGEST_NAME}
      ></vscode-textfield>
      <button type="submit" class="primary">${t('Save')}</button>
      <button type="button" @click=${this.#endNaming}>${t('Cancel')}</button>
    </form>`;
  }

  readonly #askName = (): void => {
    this.naming = true;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('form vscode-textfield')?.focus());
  };

  readonly #endNaming = (): void => {
    this.naming = false;
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>('.names button')?.focus());
  };

  readonly #escape = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') this.#save(event);
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    this.#endNaming();
  };

  readonly #save = (event: Event): void => {
    event.preventDefault();
    const field = this.renderRoot.querySelector<HTMLInputElement>('form vscode-textfield');
    const saved = withSaved(this.saved, field?.value ?? '', this.filter);
    if (saved === this.saved) return;
    this.#tell('soh-saved', saved);
    this.#endNaming();
  };

  #change(part: Partial<ListFilter>): void {
    this.#choose({ ...this.filter, ...part });
  }

  #choose(filter: ListFilter): void {
    this.#tell('soh-filter', filter);
  }

  #tell(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

function typeValue({ type, kind }: ListFilter): string {
  return type === '' ? `kind:${kind}` : `type:${type}`;
}

function typeOf(value: string): Pick<ListFilter, 'kind' | 'type'> {
  const kind = KINDS.find((one) => value === `kind:${one}`);
  return kind === undefined ? { kind: 'any', type: value.slice('type:'.length) } : { kind, type: '' };
}

customElements.define('soh-instance-filter', InstanceFilterBar);
