/** What happened, newest first. */
import { css, html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { GroupEvent } from '../../../emulator/control/events.ts';
import { condense, type EventEntry } from '../../model/condense.ts';
import { describeEvent, describeTakeovers } from '../../model/describe.ts';
import { t, timeOfDay } from '../../strings.ts';
import { icon, toneSign } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

export class Events extends LitElement {
  static override properties = { events: { attribute: false } };
  static override styles = [
    shared,
    css`
      ol {
        max-height: 340px;
        margin: 0;
        padding: 0;
        overflow-y: auto;
        list-style: none;
      }
      li {
        display: grid;
        grid-template-columns: auto auto 1fr;
        gap: 8px;
        padding: 3px 0;
        border-bottom: 1px solid var(--soft-line);
      }
      li:last-child {
        border-bottom: 0;
      }
      time {
        color: var(--muted);
        font-variant-numeric: tabular-nums;
      }
      .text {
        overflow-wrap: anywhere;
      }
      p {
        margin: 0;
        color: var(--muted);
      }
    `,
  ];
  declare events: readonly GroupEvent[];

  protected override render(): TemplateResult {
    return html`<section aria-labelledby="title">
      <div class="section"><h2 id="title">${t('Events')}</h2></div>
      ${
        this.events.length === 0
          ? html`<p>${t('Nothing has happened yet.')}</p>`
          : html`<ol tabindex="0" aria-labelledby="title">
              ${repeat(condense(this.events), keyOf, (entry) => this.#entry(entry))}
            </ol>`
      }
    </section>`;
  }

  #entry(entry: EventEntry): TemplateResult {
    const { tone, text } = entry.kind === 'one' ? describeEvent(entry.event) : describeTakeovers(entry.takeovers);
    const { at } = oldestOf(entry);
    return html`<li>
      <time datetime=${at}>${timeOfDay(at)}</time>
      <span class=${tone}>${icon(entry.kind === 'takeovers' ? 'arrow' : toneSign[tone])}</span>
      <span class="text">${text}</span>
    </li>`;
  }
}

/** The oldest stays the same while younger ones join. */
function oldestOf(entry: EventEntry): GroupEvent {
  if (entry.kind === 'one') return entry.event;
  const oldest = entry.takeovers.at(-1);
  if (oldest === undefined) throw new RangeError('takeovers without a takeover');
  return oldest;
}

function keyOf(entry: EventEntry): string {
  const event = oldestOf(entry);
  const subject =
    'instance' in event ? event.instance : 'hostInstance' in event ? event.hostInstance : 'location' in event ? event.error.message : '';
  return [event.sequence, event.kind, subject, event.at].join(' ');
}

customElements.define('soh-events', Events);
