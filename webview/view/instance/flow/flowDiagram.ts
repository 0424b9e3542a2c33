/** The flow of an instance: its definition as a drawing, with what ran where, what is saved, what is at risk, and where it goes on. */
import { html, LitElement, nothing, svg, type PropertyValues, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { InstanceDetail } from '../../../../emulator/control/instances.ts';
import type { GroupStatus } from '../../../../emulator/control/status.ts';
import { layOut } from '../../../model/flow.ts';
import { CIRCLE, type Flow, type FlowBox } from '../../../model/flowParts.ts';
import { flowStates, type ShapeState } from '../../../model/flowState.ts';
import { describeShape } from '../../../model/flowText.ts';
import { neighbour } from '../../../model/flowWalk.ts';
import { colourOf } from '../../../model/topology.ts';
import { t } from '../../../strings.ts';
import { flowLegend } from './flowLegend.ts';
import { flowList } from './flowList.ts';
import { goesOnMark, type OwnerMark } from './flowMarks.ts';
import { boxContent, lineOf } from './flowShapes.ts';
import { flowStyles } from './flowStyles.ts';
import { openSource } from '../../shared/openSource.ts';
import { legendStyles } from '../../shared/legendStyles.ts';
import { Resized } from '../../shared/resized.ts';
import { shared } from '../../shared/styles.ts';
import { tick } from '../../shared/ticking.ts';

const ZOOM = 1.25;
const SMALLEST = 0.2;
const LARGEST = 2;

export class FlowDiagram extends LitElement {
  static override properties = {
    detail: { attribute: false },
    // It comes anew with each frame; only its host instances are drawn.
    status: { attribute: false, hasChanged: (now: GroupStatus, before?: GroupStatus) => namesOf(now) !== namesOf(before) },
    canOpenSource: { attribute: false },
    moment: { attribute: false },
    zoom: { state: true },
    cursor: { state: true },
    pointed: { state: true },
    listOpen: { state: true },
  };
  static override styles = [shared, legendStyles, flowStyles];
  declare detail: InstanceDetail;
  declare status: GroupStatus;
  declare canOpenSource: boolean;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;
  /** Of 1; `fit`: as wide as there is room for, at most 1. */
  declare zoom: number | 'fit';
  /** Where the keyboard is. */
  declare cursor: number | null;
  /** Where the pointer is. */
  declare pointed: number | null;
  declare listOpen: boolean;
  #flow: Flow = layOut([]);
  #states: readonly ShapeState[] = [];
  #owners: ReadonlyMap<string, OwnerMark> = new Map();
  /** Instance whose position was scrolled into view. */
  #shown = '';

  constructor() {
    super();
    new Resized(this, () => this.#resize());
    tick(this, () => this.moment === null && this.detail.timers.length > 0);
    this.zoom = 'fit';
    this.cursor = null;
    this.pointed = null;
    this.listOpen = false;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('detail') && !changed.has('status')) return;
    if (changed.has('detail') && changed.get('detail')?.id !== this.detail.id) [this.cursor, this.pointed] = [null, null];
    this.#flow = layOut(this.detail.outline);
    this.#states = flowStates(this.detail);
    const ran = new Set(this.#states.map(({ by }) => by));
    const owners = this.status.hostInstances.map(({ name }) => name).filter((name) => ran.has(name));
    const markOf = (name: string, index: number): OwnerMark => ({
      style: `owner-${colourOf(this.status, name) ?? 'none'}`,
      digit: index + 1,
    });
    this.#owners = new Map(owners.map((name, index) => [name, markOf(name, index)]));
  }

  protected override updated(): void {
    this.#resize();
    if (this.#shown === this.detail.id) return;
    this.#shown = this.detail.id;
    this.#reveal(this.#first);
  }

  /** The shape with the keyboard before anybody chose one: where it is, where it goes on, or the first. */
  get #first(): number {
    const at = (test: (state: ShapeState) => boolean): number | undefined => {
      const found = this.#states.findIndex(test);
      return found < 0 ? undefined : found;
    };
    return at(({ error }) => error !== null) ?? at(({ current }) => current !== null) ?? at(({ goesOn }) => goesOn) ?? 0;
  }

  get #scroll(): HTMLElement | null {
    return this.renderRoot.querySelector<HTMLElement>('.scroll');
  }

  get #scale(): number {
    if (this.zoom !== 'fit') return this.zoom;
    const room = (this.#scroll?.clientWidth ?? this.#flow.width) - 2;
    return Math.max(SMALLEST, Math.min(1, room / this.#flow.width));
  }

  #resize(): void {
    const drawing = this.renderRoot.querySelector<SVGSVGElement>('.scroll > svg');
    if (drawing === null) return;
    drawing.style.width = `${this.#flow.width * this.#scale}px`;
    drawing.style.height = `${this.#flow.height * this.#scale}px`;
  }

  #reveal(number: number): void {
    const [scroll, box] = [this.#scroll, this.#flow.boxes[number]];
    if (scroll === null || box === undefined) return;
    const scale = this.#scale;
    scroll.scrollTop = (box.y + box.head) * scale - scroll.clientHeight / 2;
    scroll.scrollLeft = (box.x + box.width / 2) * scale - scroll.clientWidth / 2;
  }

  protected override render(): TemplateResult {
    const told = this.pointed ?? this.cursor ?? this.#first;
    const [entry, state] = [this.detail.outline[told], this.#states[told]];
    return html`${this.#tools()}
      <div class="scroll">${this.#drawing()}</div>
      <p class="told" aria-hidden="true">${entry && state ? describeShape(entry, state) : ''}</p>
      ${flowLegend(this.#owners)}
      <details @toggle=${({ currentTarget }: Event) => (this.listOpen = (currentTarget as HTMLDetailsElement).open)}>
        <summary>${t('The flow as a list')}</summary>
        ${this.listOpen ? flowList(this.detail.outline, this.#states, this.canOpenSource ? (number) => this.#open(number) : null) : ''}
      </details>`;
  }

  #tools(): TemplateResult {
    const zoomTo = (zoom: number): void => void (this.zoom = Math.max(SMALLEST, Math.min(LARGEST, zoom)));
    const button = (text: string, press: () => void, pressed?: boolean): TemplateResult =>
      html`<button type="button" aria-pressed=${pressed ?? nothing} @click=${press}>${text}</button>`;
    return html`<div class="tools" role="group" aria-label=${t('View of the flow')}>
      ${button(t('Fit the width'), () => (this.zoom = 'fit'), this.zoom === 'fit')}
      ${button(t('Actual size'), () => zoomTo(1), this.zoom === 1)} ${button(t('Zoom in'), () => zoomTo(this.#scale * ZOOM))}
      ${button(t('Zoom out'), () => zoomTo(this.#scale / ZOOM))}
    </div>`;
  }

  #drawing(): TemplateResult {
    const { width, height, lines, boxes, start, end, exits } = this.#flow;
    const ended = [...exits].filter(([number]) => this.#states[number]?.goesOn);
    return html`<svg
      viewBox="0 0 ${width} ${height}"
      role="group"
      aria-label=${t('Flow of {orchestration}; arrow keys go from shape to shape', { orchestration: this.detail.orchestration })}
      @pointerleave=${() => (this.pointed = null)}
    >
      ${definitions()} ${lines.map(lineOf)} ${startSign(start)} ${end === null ? null : endSign(end)} ${boxes.map((box) => this.#box(box))}
      ${ended.map(([, { x, y }]) => goesOnMark(x, y))}
    </svg>`;
  }

  #box(box: FlowBox): SVGTemplateResult | null {
    const state = this.#states[box.number];
    if (state === undefined) return null;
    const opens = this.canOpenSource && this.detail.outline[box.number]?.source !== undefined;
    const owner = state.by === null ? null : (this.#owners.get(state.by) ?? null);
    const light = box.kind === 'group' ? ['light'] : [];
    const kinds = ['box', box.form, ...light, state.reached.replace(' ', '-'), ...(opens ? ['opens'] : [])].join(' ');
    return svg`<g
      class=${kinds}
      transform="translate(${box.x} ${box.y})"
      role=${opens ? 'button' : 'img'}
      aria-label=${describeShape(box, state)}
      aria-current=${state.current === null ? 'false' : 'step'}
      tabindex=${(this.cursor ?? this.#first) === box.number ? '0' : '-1'}
      data-number=${box.number}
      @focus=${() => (this.cursor = box.number)}
      @pointerenter=${() => (this.pointed = box.number)}
      @click=${() => this.#click(box.number, opens)}
      @keydown=${(event: KeyboardEvent) => this.#key(event, box.number, opens)}
    >${boxContent(box, state, owner, this.moment ?? Date.now())}<rect class="focus" x="-4" y="-4" width=${box.width + 8} height=${box.head + 8} rx="9" /></g>`;
  }

  #click(number: number, opens: boolean): void {
    this.cursor = number;
    if (opens) this.#open(number);
  }

  #open(number: number): void {
    openSource(this, this.detail.id, number);
  }

  #key(event: KeyboardEvent, number: number, opens: boolean): void {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (opens) this.#open(number);
      return;
    }
    const next = neighbour(this.detail.outline, number, event.key);
    if (next === null) return;
    event.preventDefault();
    this.cursor = next;
    void this.updateComplete.then(() => {
      const target = this.renderRoot.querySelector<SVGGElement>(`[data-number="${next}"]`);
      target?.focus({ preventScroll: true });
      target?.querySelector('.focus')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    });
  }
}

function namesOf(status: GroupStatus | undefined): string | undefined {
  return status?.hostInstances.map(({ name }) => name).join('\n');
}

function definitions(): SVGTemplateResult {
  const tip = (id: string): SVGTemplateResult => svg`<marker id=${id} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8"
      markerUnits="userSpaceOnUse" orient="auto"><path class="tip" d="M0 0l8 4-8 4z" /></marker>`;
  return svg`<defs>
    ${tip('arrow')} ${tip('exception')}
    <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path d="M0 0V7" /></pattern>
  </defs>`;
}

function startSign({ x, y }: { readonly x: number; readonly y: number }): SVGTemplateResult {
  return svg`<g transform="translate(${x} ${y})"><circle class="start" r=${CIRCLE} /><path class="start-sign" d="M-3.5-5v10L5 0z" /></g>`;
}

function endSign({ x, y }: { readonly x: number; readonly y: number }): SVGTemplateResult {
  return svg`<g transform="translate(${x} ${y})"><circle class="end" r=${CIRCLE} /><path class="end-sign" d="M-4-4h8v8h-8z" /></g>`;
}

customElements.define('soh-flow', FlowDiagram);
