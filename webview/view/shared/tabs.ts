/** Tabs after the ARIA pattern: arrow keys choose, Home and End go to the first and the last, Tab goes on into the panel. */
import { css, html, nothing, type TemplateResult } from 'lit';

export interface TabEntry<Id extends string = string> {
  readonly id: Id;
  readonly text: string;
  /** How much there is; nothing is shown for `undefined`. */
  readonly count?: number;
}

export const tabStyles = css`
  .tabs {
    display: flex;
    flex-wrap: wrap;
    gap: 2px;
    margin: 12px 0 10px;
    border-bottom: 1px solid var(--soft-line);
  }
  .tabs button {
    margin-bottom: -1px;
    border: 0;
    border-bottom: 2px solid transparent;
    border-radius: 4px 4px 0 0;
    background: transparent;
    color: var(--muted);
  }
  .tabs button:hover {
    color: var(--vscode-foreground);
  }
  .tabs button[aria-selected='true'] {
    border-bottom-color: var(--vscode-focusBorder);
    color: var(--vscode-foreground);
    font-weight: 600;
  }
  .tabs .count {
    padding: 0 6px;
    border: 1px solid var(--soft-line);
    border-radius: 9px;
    font-size: 0.85em;
    font-weight: normal;
    font-variant-numeric: tabular-nums;
  }
`;

/** The list of tabs and the panel of the selected one. @param choose is told which tab was chosen */
export function tabs<Id extends string>(
  label: string,
  entries: readonly TabEntry<Id>[],
  selected: Id,
  choose: (id: Id) => void,
  panel: TemplateResult,
): TemplateResult {
  const key = (event: KeyboardEvent): void => {
    const at = entries.findIndex(({ id }) => id === selected);
    const steps: Readonly<Record<string, number>> = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: entries.length - 1 };
    const step = steps[event.key];
    const next = step === undefined ? undefined : entries.at(step % entries.length);
    if (next === undefined) return;
    event.preventDefault();
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${next.id}"]`)?.focus();
    choose(next.id);
  };
  return html`<div class="tabs" role="tablist" aria-label=${label} @keydown=${key}>
      ${entries.map(
        ({ id, text, count }) =>
          html`<button
            type="button"
            role="tab"
            id="tab-${id}"
            data-tab=${id}
            aria-selected=${id === selected}
            aria-controls=${id === selected ? 'panel' : nothing}
            tabindex=${id === selected ? 0 : -1}
            @click=${() => choose(id)}
          >
            ${text}${count === undefined ? nothing : html`<span class="count">${count}</span>`}
          </button>`,
      )}
    </div>
    <div id="panel" role="tabpanel" aria-labelledby="tab-${selected}">${panel}</div>`;
}
