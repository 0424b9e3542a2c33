/**
 * The drawing of the group: hosts as columns from receiving to sending, computers as rows, the MessageBox under them, and lines between each
 * host instance and it, because everything goes through it. Narrow pages get the same boxes one below the other, without the lines.
 */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import type { Direction } from '../../model/traffic.ts';
import type { Model } from '../../model/model.ts';
import { rateOf, type Counter, type Rates } from '../../model/rates.ts';
import { colourOf, topology, type ComputerRow, type HostColumn } from '../../model/topology.ts';
import { t } from '../../strings.ts';
import { action, actionButton, request } from '../shared/action.ts';
import './flowLines.ts';
import './hostInstanceCard.ts';
import { icon } from '../shared/icons.ts';
import './messageBoxBar.ts';
import { shared } from '../shared/styles.ts';
import { directionsOf, GUTTER, wiresOf, type Box, type Wire, type Wired } from './wires.ts';

/** Room a column needs for its box and its lines, px. */
const COLUMN = 320;

export class TopologyView extends LitElement {
  static override properties = { model: { attribute: false }, now: { attribute: false }, width: { state: true }, wires: { state: true } };
  static override styles = [
    shared,
    css`
      .drawing {
        position: relative;
        display: grid;
        gap: 12px;
        grid-template-columns: repeat(var(--columns), minmax(0, 1fr));
      }
      .host {
        padding-left: ${GUTTER}px;
        color: var(--muted);
      }
      .host b {
        color: var(--vscode-foreground);
        font-weight: 600;
        margin-left: 6px;
      }
      .computer {
        position: relative;
        grid-column: 1 / -1;
        display: grid;
        grid-template-columns: subgrid;
        row-gap: 8px;
        padding: 8px 0 12px;
        margin: 0;
        border: 1px solid var(--soft-line);
        border-radius: 8px;
        background: var(--vscode-editorWidget-background);
      }
      .computer.failed {
        border: 1px dashed var(--bad);
      }
      .computer .heading {
        grid-column: 1 / -1;
        display: flex;
        align-items: center;
        gap: 8px;
        padding: 0 12px 0 ${GUTTER}px;
        min-height: 26px;
      }
      h3 {
        margin: 0;
        font-size: 1em;
        font-weight: 600;
        display: flex;
        gap: 6px;
        align-items: center;
      }
      .heading button {
        margin-left: auto;
      }
      .place {
        padding: 0 12px 0 ${GUTTER}px;
        min-width: 0;
      }
      soh-message-box {
        grid-column: 1 / -1;
        margin-top: 14px;
      }
      .narrow .computer {
        grid-template-columns: repeat(auto-fit, minmax(min(250px, 100%), 1fr));
        column-gap: 10px;
        padding: 8px 12px 12px;
      }
      .narrow .heading {
        padding: 0;
      }
      .narrow .place {
        padding: 0;
      }
      .narrow .place.empty {
        display: none;
      }
      .narrow soh-message-box {
        margin-top: 0;
      }
    `,
  ];
  declare model: Model & { readonly status: GroupStatus };
  /** Page clock, ms */
  declare now: number;
  declare width: number;
  declare wires: readonly Wire[];
  /** Lines that were wanted when the boxes were measured last. */
  #measured = '';
  readonly #observer = new ResizeObserver(([entry]) => {
    this.width = entry?.contentRect.width ?? 0;
    this.#measure();
  });

  constructor() {
    super();
    this.width = 0;
    this.wires = [];
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  protected override firstUpdated(): void {
    const drawing = this.renderRoot.querySelector('.drawing');
    if (drawing !== null) this.#observer.observe(drawing);
  }

  protected override updated(changed: PropertyValues<this>): void {
    const drawing = this.renderRoot.querySelector<HTMLElement>('.drawing');
    // Through the style object: a style attribute would be against the content security policy.
    drawing?.style.setProperty('--columns', String(this.#narrow ? 1 : this.#columns));
    // Boxes that grow or move are seen by the observer; a box that comes or goes may leave the size as it was.
    const lines = [...this.renderRoot.querySelectorAll<HTMLElement>('soh-host-instance')]
      .map(({ dataset }) => `${dataset['name'] ?? ''} ${dataset['lines'] ?? ''}`)
      .join('\n');
    if (changed.has('width') || lines !== this.#measured) this.#measure();
    this.#measured = lines;
  }

  get #columns(): number {
    return topology(this.model.status).columns.length;
  }

  get #narrow(): boolean {
    return this.width < this.#columns * COLUMN;
  }

  protected override render(): TemplateResult {
    const { status } = this.model;
    const drawing = topology(status);
    return html`<section aria-labelledby="title">
      <div class="section"><h2 id="title">${t('Topology')}</h2></div>
      <div class="drawing ${this.#narrow ? 'narrow' : ''}">
        ${this.#narrow ? nothing : drawing.columns.map(columnHeading)} ${drawing.rows.map((row) => this.#computer(row, drawing.columns))}
        <soh-message-box .status=${status.messageBox}></soh-message-box>
        ${
          this.#narrow
            ? nothing
            : html`<soh-flow-lines .status=${status} .samples=${this.model.samples} .now=${this.now} .wires=${this.wires}></soh-flow-lines>`
        }
      </div>
    </section>`;
  }

  #computer({ computer, state, places }: ComputerRow, columns: readonly HostColumn[]): TemplateResult {
    const name = { name: computer };
    const failed = state === 'failed';
    const fail = t('Fail computer {name}', name);
    const repair = t('Repair computer {name}', name);
    return html`<div class="computer ${state}" role="group" aria-label=${t('Computer {name}', name)}>
      <div class="heading">
        <h3>${icon('computer')} ${t('Computer {name}', name)}</h3>
        ${failed ? html`<span class="bad">${icon('lost')} ${t('failed')}</span>` : nothing}
        ${
          failed
            ? actionButton({ icon: 'repair', label: repair, text: t('Repair'), enabled: true }, () =>
                request(this, action('repairComputer', name, repair)),
              )
            : actionButton({ icon: 'fail', label: fail, text: t('Fail'), enabled: true, quiet: true }, () =>
                request(this, action('failComputer', name, fail)),
              )
        }
      </div>
      ${places.map((instance, index) =>
        instance === null
          ? html`<div class="place empty"></div>`
          : html`<div class="place">
              <soh-host-instance
                data-name=${instance.name}
                data-column=${index}
                data-lines=${directionsOf(columns[index]?.role ?? 'processing', instance).join(' ')}
                .instance=${instance}
                .sinceMs=${this.now - this.model.statusAt}
                .rates=${this.#rates(instance.name)}
                .wired=${!this.#narrow}
                .colour=${colourOf(this.model.status, instance.name)}
                .computerRuns=${!failed}
              ></soh-host-instance>
            </div>`,
      )}
    </div>`;
  }

  #rates(hostInstance: string): Rates {
    const { samples } = this.model;
    const of = (counter: Counter): number => rateOf(samples, counter, hostInstance, this.now);
    return { committed: of('committed'), delivered: of('delivered'), published: of('published') };
  }

  /** Takes the places of the boxes as the browser laid them out. */
  #measure(): void {
    const drawing = this.renderRoot.querySelector('.drawing');
    const target = this.renderRoot.querySelector('soh-message-box');
    if (drawing === null || target === null || this.#narrow) return;
    const origin = drawing.getBoundingClientRect();
    const box = (element: Element): Box => {
      const { left, right, top, bottom } = element.getBoundingClientRect();
      return { left: left - origin.left, right: right - origin.left, top: top - origin.top, bottom: bottom - origin.top };
    };
    const columns: Wired[][] = [];
    for (const card of this.renderRoot.querySelectorAll<HTMLElement>('soh-host-instance')) {
      const { name = '', column = '', lines = '' } = card.dataset;
      const directions = lines.split(' ') as Direction[];
      (columns[Number(column)] ??= []).push({ hostInstance: name, box: box(card), directions });
    }
    const wires = columns.flatMap((column) => wiresOf(column, box(target)));
    if (JSON.stringify(wires) !== JSON.stringify(this.wires)) this.wires = wires;
  }
}

function columnHeading({ host, role }: HostColumn): TemplateResult {
  const words = { receiving: t('Receiving'), processing: t('Processing'), sending: t('Sending') };
  return html`<div class="host">${words[role]}<b>${host}</b></div>`;
}

customElements.define('soh-topology', TopologyView);
