/**
 * The drawing of the group: hosts as columns from receiving to sending, computers as rows, the MessageBox under them, and a line from each
 * host instance to it, because everything goes through it. Narrow pages get the same boxes one below the other, without the lines.
 */
import { css, html, LitElement, nothing, svg, type PropertyValues, type TemplateResult } from 'lit';
import type { GroupStatus } from '../../emulator/group/control.ts';
import type { Model } from '../model/model.ts';
import { commitRate } from '../model/rates.ts';
import { colourOf, topology, type ComputerRow, type HostColumn, type HostRole, type Topology } from '../model/topology.ts';
import { t } from '../strings.ts';
import { action, actionButton, request } from './action.ts';
import './hostInstanceCard.ts';
import { icon } from './icons.ts';
import './messageBoxBar.ts';
import { shared } from './styles.ts';
import { wire, type Box, type Wire } from './wires.ts';

/** Room a column needs for its box and its lines, px. */
const COLUMN = 290;

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
      svg.wires {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        pointer-events: none;
        overflow: visible;
        will-change: transform;
      }
      .wires .line {
        fill: none;
        stroke: var(--owner, var(--muted));
        stroke-width: 1.5;
        opacity: 0.45;
      }
      .wires .head {
        fill: var(--owner, var(--muted));
        opacity: 0.8;
      }
      .wires .flow {
        fill: none;
        stroke: var(--owner, var(--muted));
        stroke-width: 2.5;
        stroke-linecap: round;
        stroke-dasharray: 1 17;
        /* In steps: each one paints the lines again, and ten in a second are enough for an eye. */
        animation: flow 0.9s steps(9) infinite;
      }
      .wires .sending .flow,
      .wires .down .flow {
        animation-direction: reverse;
      }
      .wires .dead {
        display: none;
      }
      @keyframes flow {
        from {
          stroke-dashoffset: 18;
        }
        to {
          stroke-dashoffset: 0;
        }
      }
      .host {
        padding-left: 44px;
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
        padding: 0 12px 0 44px;
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
        padding: 0 12px 0 44px;
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
  /** Host instances whose boxes were measured last. */
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
    const boxes = this.model.status.hostInstances.map(({ name }) => name).join('\n');
    if (changed.has('width') || boxes !== this.#measured) this.#measure();
    this.#measured = boxes;
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
        ${this.#narrow ? nothing : this.#wiring(drawing)}
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
                data-role=${columns[index]?.role ?? 'processing'}
                .instance=${instance}
                .sinceMs=${this.now - this.model.statusAt}
                .rate=${commitRate(this.model.samples, instance.name, this.now)}
                .colour=${colourOf(this.model.status, instance.name)}
                .computerRuns=${!failed}
              ></soh-host-instance>
            </div>`,
      )}
    </div>`;
  }

  #wiring({ rows, columns }: Topology): TemplateResult {
    const instances = new Map(
      rows.flatMap(({ places }) => places.flatMap((one, column) => (one === null ? [] : [[one.name, { one, column }] as const]))),
    );
    return html`<svg class="wires" aria-hidden="true">
      ${this.wires.map(({ hostInstance, line, heads }) => {
        const found = instances.get(hostInstance);
        const busy = found?.one.state === 'running' && commitRate(this.model.samples, hostInstance, this.now) > 0;
        const colour = `owner-${colourOf(this.model.status, hostInstance) ?? 'none'}`;
        return svg`<g class="${colour} ${columns[found?.column ?? 0]?.role ?? ''}">
          <path class="line" d=${line} />
          <path class="flow ${busy ? '' : 'dead'}" d=${line} />
          ${heads.map((head) => svg`<path class="head" d=${head} />`)}
        </g>`;
      })}
    </svg>`;
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
    const messageBox = box(target);
    const rows = new Map<number, number>();
    const wires = [...this.renderRoot.querySelectorAll<HTMLElement>('soh-host-instance')].map((card) => {
      const place = box(card);
      const row = rows.get(Math.round(place.left)) ?? 0;
      rows.set(Math.round(place.left), row + 1);
      return wire(card.dataset['name'] ?? '', (card.dataset['role'] ?? 'processing') as HostRole, place, messageBox, row);
    });
    if (JSON.stringify(wires) !== JSON.stringify(this.wires)) this.wires = wires;
  }
}

function columnHeading({ host, role }: HostColumn): TemplateResult {
  const words = { receiving: t('Receiving'), processing: t('Processing'), sending: t('Sending') };
  return html`<div class="host">${words[role]}<b>${host}</b></div>`;
}

customElements.define('soh-topology', TopologyView);
