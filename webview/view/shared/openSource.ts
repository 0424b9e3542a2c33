/** How a component asks to see where a shape is written: an event that the dashboard passes on to its host. */
import { html, type TemplateResult } from 'lit';
import { t } from '../../strings.ts';

export const OPEN_SOURCE = 'soh-open-source';

/** Asks for the source of a shape of an instance; the host says when it cannot show it. */
export function openSource(from: EventTarget, instance: string, shape: number): void {
  from.dispatchEvent(new CustomEvent(OPEN_SOURCE, { detail: { instance, shape }, bubbles: true, composed: true }));
}

/** The name of a shape, as a button that opens its source. */
export function sourceLink(name: string, open: () => void): TemplateResult {
  return html`<button type="button" class="link" title=${t('Open the source of {shape}', { shape: name })} @click=${open}>${name}</button>`;
}

declare global {
  interface HTMLElementEventMap {
    [OPEN_SOURCE]: CustomEvent<{ readonly instance: string; readonly shape: number }>;
  }
}
