/** Operations on all instances that match the filter: how many there are first, how far it is meanwhile, what became of them afterwards. */
import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import type { InstanceFilter, InstancePage, OperationResult } from '../../../emulator/control/instances.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { CommandFailed } from '../../host/session.ts';
import { operable, type Operation } from '../../model/operations.ts';
import { errorText, number, percent, t } from '../../strings.ts';
import { actionButton } from '../shared/action.ts';
import { askToTerminateAll } from '../shared/confirm.ts';
import { icon, type IconName } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

/** Operates on all that a filter chooses; rejects with {@link CommandFailed}. */
export type Operate = (operation: Operation, filter: InstanceFilter) => Promise<OperationResult>;

interface Outcome {
  readonly text: string;
  readonly good: boolean;
}

const ICONS: Readonly<Record<Operation, IconName>> = { suspend: 'pause', resume: 'start', terminate: 'kill' };

export class BatchBar extends LitElement {
  static override properties = {
    operate: { attribute: false },
    filter: { attribute: false },
    counts: { attribute: false },
    status: { attribute: false },
    outcome: { state: true },
    running: { state: true },
  };
  static override styles = [
    shared,
    css`
      .bar,
      .outcome {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 6px 8px;
      }
      .bar,
      .outcome {
        justify-content: flex-end;
      }
      .label {
        color: var(--muted);
      }
      .outcome {
        flex-wrap: nowrap;
        align-items: baseline;
        margin-top: 6px;
      }
      progress {
        width: 140px;
        height: 6px;
        accent-color: var(--vscode-progressBar-background);
      }
    `,
  ];
  declare operate: Operate;
  declare filter: InstanceFilter;
  /** By state, of all that match; `null` while that is not known. */
  declare counts: InstancePage['counts'] | null;
  declare status: GroupStatus;
  declare outcome: Outcome | null;
  /** What this page has asked for and has no answer to. */
  declare running: Operation | null;

  constructor() {
    super();
    this.counts = null;
    this.outcome = null;
    this.running = null;
  }

  protected override render(): TemplateResult {
    return html`<div class="bar" role="group" aria-label=${t('All that match')}>
        <span class="label" aria-hidden="true">${t('All that match')}</span>
        ${this.#button('suspend', t('Suspend'))} ${this.#button('resume', t('Resume'))} ${this.#button('terminate', t('Terminate'))}
      </div>
      <div role="status">${this.#progress()} ${this.#told()}</div>`;
  }

  #button(operation: Operation, name: string): TemplateResult {
    const count = this.counts === null ? 0 : operable(operation, this.counts);
    const shown = number(count);
    const text = count === 0 ? name : `${name} ${shown}`;
    const label = t('{operation}: all {count} that match', { operation: name, count: shown });
    const enabled = count > 0 && this.running === null;
    return actionButton({ icon: ICONS[operation], label, text, enabled }, ({ currentTarget }) => {
      if (operation !== 'terminate') void this.#run(operation, name);
      else askToTerminateAll(count, currentTarget as HTMLElement, () => void this.#run(operation, name));
    });
  }

  async #run(operation: Operation, name: string): Promise<void> {
    this.running = operation;
    this.outcome = null;
    try {
      this.outcome = told(name, await this.operate(operation, this.filter));
    } catch (error) {
      if (!(error instanceof CommandFailed)) throw error;
      this.outcome = { text: t('{action}: {message}', { action: name, message: reasonOf(error) }), good: false };
    } finally {
      this.running = null;
    }
  }

  #progress(): TemplateResult | typeof nothing {
    const { batch } = this.status.messageBox;
    if (batch === undefined && this.running === null) return nothing;
    const { seen, of } = batch ?? { seen: 0, of: 1 };
    const part = of === 0 ? 1 : seen / of;
    const text = t('Working through the instances: {part}', { part: percent(part) });
    return html`<div class="outcome"><progress aria-label=${text} max="1" .value=${part}></progress> ${text}</div>`;
  }

  #told(): TemplateResult | typeof nothing {
    if (this.outcome === null) return nothing;
    const { text, good } = this.outcome;
    return html`<div class="outcome">
      <span class=${good ? 'good' : 'warning'}>${icon(good ? 'check' : 'warning')}</span> <span>${text}</span>
      <button type="button" class="quiet icon" aria-label=${t('Dismiss')} title=${t('Dismiss')} @click=${() => (this.outcome = null)}>
        ${icon('close')}
      </button>
    </div>`;
  }
}

function told(name: string, { counts, refused: [first] }: OperationResult): Outcome {
  const parts = [
    t('{count} done', { count: number(counts.done) }),
    ...(counts.pending === 0 ? [] : [t('{count} at their next persistence point', { count: number(counts.pending) })]),
    ...(counts.refused === 0 ? [] : [t('{count} refused', { count: number(counts.refused) })]),
    ...(first === undefined ? [] : [errorText(first.error).message]),
  ];
  return { text: t('{action}: {message}', { action: name, message: parts.join(' · ') }), good: counts.refused === 0 };
}

function reasonOf({ error }: CommandFailed): string {
  if (error === null) return t('The connection to the group was lost. What you see is the last known state.');
  const { message, next } = errorText(error);
  return `${message} ${next}`;
}

customElements.define('soh-batch-bar', BatchBar);
