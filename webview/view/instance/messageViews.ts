/** What an instance has in its hands: the messages of its message variables, or those it keeps, laid out for reading. */
import { css, html, nothing, type TemplateResult } from 'lit';
import type { InstanceDetail, MessageVariable } from '../../../emulator/control/instances.ts';
import { pretty } from '../../model/prettyText.ts';
import { number, t } from '../../strings.ts';

export const messageStyles = css`
  h3 {
    margin: 16px 0 4px;
    font-size: 1em;
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  h3:first-child {
    margin-top: 2px;
  }
  h3 .note,
  p.note {
    color: var(--muted);
    font-weight: normal;
  }
  p {
    margin: 4px 0;
  }
  dl {
    display: grid;
    grid-template-columns: auto 1fr;
    gap: 0 12px;
    margin: 0 0 6px;
  }
  dt {
    color: var(--muted);
  }
  dd {
    margin: 0;
    overflow-wrap: anywhere;
  }
  pre {
    max-height: 360px;
    margin: 0;
    padding: 8px 10px;
    overflow: auto;
    border: 1px solid var(--soft-line);
    border-radius: 4px;
    background: var(--vscode-editor-background);
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
`;

/** Variables at the last persistence point. */
export function variablesView({ variables }: InstanceDetail): TemplateResult {
  if (variables === null || Object.keys(variables).length === 0) return html`<p class="note">${t('No variables are saved.')}</p>`;
  return html`<p class="note">${t('At the last persistence point')}</p>
    <pre class="mono" tabindex="0" aria-label=${t('Variables')}>${JSON.stringify(variables, null, 2)}</pre>`;
}

/** Messages at the last persistence point, or what is left when nothing goes on. */
export function messagesView({ messages, state }: InstanceDetail): TemplateResult {
  if (messages.length === 0) return html`<p class="note">${t('No messages are saved.')}</p>`;
  const kept = state === 'Suspended (not resumable)';
  return html`<p class="note">${kept ? t('Kept until it is terminated') : t('At the last persistence point')}</p>
    ${messages.map(messageView)}`;
}

function messageView({ name, id, type, body, cut, properties }: MessageVariable): TemplateResult {
  const facts: readonly (readonly [string, string])[] = [
    ...(type === null || type === '' ? [] : [[t('Message type'), type] as const]),
    ...Object.entries(properties).map(([property, value]) => [property, String(value)] as const),
  ];
  return html`<h3>${name} <span class="note">${id === null ? t('constructed') : id}</span></h3>
    ${
      facts.length === 0
        ? nothing
        : html`<dl>
            ${facts.map(
              ([fact, value]) =>
                html`<dt>${fact}</dt>
                  <dd class="mono">${value}</dd>`,
            )}
          </dl>`
    }
    ${
      body === null
        ? html`<p class="note">${t('Its body is not kept any more.')}</p>`
        : html`<pre class="mono" tabindex="0" aria-label=${t('Body of {name}', { name })}>${pretty(body)}</pre>`
    }
    ${cut ? html`<p class="note">${t('Only the first {count} characters are shown.', { count: number(body?.length ?? 0) })}</p>` : nothing}`;
}
