/** Buttons of which one is pressed: a choice among a few. */
import { html, type TemplateResult } from 'lit';

export interface Option<V> {
  readonly value: V;
  readonly text: string;
}

/** `label` says what is chosen, for a screen reader. */
export function choice<V>(label: string, options: readonly Option<V>[], chosen: V, choose: (value: V) => void): TemplateResult {
  return html`<div class="tools" role="group" aria-label=${label}>
    ${options.map(
      ({ value, text }) =>
        html`<button type="button" aria-pressed=${value === chosen ? 'true' : 'false'} @click=${() => choose(value)}>${text}</button>`,
    )}
  </div>`;
}
