/** How a component asks for the page of another instance. */
import { html, type TemplateResult } from 'lit';
import { t } from '../../strings.ts';

/** Part of a sentence that names an instance: a button that opens it. */
export function instanceLink(instance: string): TemplateResult {
  const open = ({ currentTarget }: Event): void =>
    void currentTarget?.dispatchEvent(new CustomEvent('soh-select', { detail: instance, bubbles: true, composed: true }));
  return html`<button type="button" class="link" title=${t('Open the instance {id}', { id: instance })} @click=${open}>
    ${instance}
  </button>`;
}
