/** One host instance on the drawing: its state from the lease, its load, and what can be done to it. */
import { css, html, LitElement, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { HostInstanceStatus } from '../../../emulator/control/status.ts';
import { liveness, type Liveness } from '../../model/liveness.ts';
import { hostInstanceActions } from '../../../emulator/control/hostInstanceActions.ts';
import type { Rates } from '../../model/rates.ts';
import { duration, errorText, number, t } from '../../strings.ts';
import { action, actionButton, request } from '../shared/action.ts';
import { icon, liveLook } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';

const RADIUS = 14;
const ROUND = 2 * Math.PI * RADIUS;

export class HostInstanceCard extends LitElement {
  static override properties = {
    instance: { attribute: false },
    sinceMs: { attribute: false },
    rates: { attribute: false },
    wired: { attribute: false },
    colour: { attribute: false },
    computerRuns: { attribute: false },
  };
  static override styles = [
    shared,
    css`
      article {
        position: relative;
        display: grid;
        gap: 8px;
        padding: 10px 12px;
        border: 1px solid var(--line);
        border-left: 3px solid var(--owner, var(--line));
        border-radius: 6px;
        background: var(--vscode-editor-background);
      }
      article.lost,
      article.failed,
      article.stopped,
      article.restarting {
        border-style: dashed;
        border-left-style: solid;
      }
      .top {
        display: flex;
        align-items: center;
        gap: 10px;
        min-height: 36px;
      }
      .title {
        min-width: 0;
        flex: 1;
      }
      h4 {
        margin: 0;
        font-size: 1em;
        font-weight: 600;
        overflow-wrap: anywhere;
      }
      .state {
        display: flex;
        align-items: center;
        gap: 4px;
        font-variant-numeric: tabular-nums;
      }
      .pid {
        color: var(--muted);
        margin-left: auto;
      }
      svg.ring {
        width: 36px;
        height: 36px;
        flex: none;
      }
      .ring circle {
        fill: none;
        stroke-width: 3.5;
      }
      .ring .whole {
        stroke: var(--soft-line);
      }
      @media (forced-colors: active), (prefers-contrast: more) {
        .ring .whole {
          stroke-width: 1;
        }
      }
      :host-context(.vscode-high-contrast) .ring .whole,
      :host-context(.vscode-high-contrast-light) .ring .whole {
        stroke-width: 1;
      }
      .ring .left {
        stroke: currentColor;
      }
      .ring .cross {
        stroke: currentColor;
        stroke-width: 2.5;
        stroke-linecap: round;
      }
      dl {
        display: grid;
        grid-template-columns: repeat(3, auto);
        justify-content: space-between;
        gap: 0 12px;
        margin: 0;
      }
      dt {
        color: var(--muted);
        font-size: 0.88em;
      }
      dd {
        margin: 0;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .rate {
        color: var(--muted);
      }
      .load {
        display: grid;
        gap: 3px;
      }
      .load .words {
        display: flex;
        justify-content: space-between;
      }
      .load .words span:first-child {
        color: var(--muted);
        font-size: 0.88em;
      }
      svg.bar {
        display: block;
        width: 100%;
        height: 6px;
      }
      .bar .whole {
        /* Not a colour of a button: in high contrast that one is as strong as the load itself. */
        fill: color-mix(in srgb, var(--vscode-foreground) 15%, transparent);
        stroke: var(--vscode-contrastBorder, none);
        vector-effect: non-scaling-stroke;
      }
      .bar .part {
        fill: var(--owner, var(--muted));
        forced-color-adjust: none;
      }
      .actions {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        gap: 6px;
      }
      .actions button {
        padding: 1px 4px;
      }
      .error {
        margin: 0;
        overflow-wrap: anywhere;
      }
    `,
  ];
  declare instance: HostInstanceStatus;
  /** Time on the page's clock since the status arrived, ms. */
  declare sinceMs: number;
  declare rates: Rates;
  /** Lines are drawn to it, with the rates of its messages as figures; otherwise it shows them itself. */
  declare wired: boolean;
  declare colour: number | null;
  declare computerRuns: boolean;

  protected override render(): TemplateResult {
    const { name, pid, active, credit, committed, delivered, published, rssMb, restarts, error } = this.instance;
    const live = liveness(this.instance, this.sinceMs);
    const { icon: sign, tone } = liveLook[live.look];
    return html`<article class="owner-${this.colour ?? 'none'} ${live.look.replace(' ', '-')}" aria-labelledby="name">
      <div class="top">
        ${this.#ring(live, tone)}
        <div class="title">
          <h4 id="name">${name}</h4>
          <div class="state ${tone}">${icon(sign)}<span>${stateText(this.instance, live)}</span></div>
        </div>
      </div>
      <div class="load">
        <div class="words number">
          <span>${t('Load')}</span
          ><span
            >${active + credit === 0 ? '–' : t('{active} of {capacity}', { active: number(active), capacity: number(active + credit) })}</span
          >
        </div>
        ${loadBar(active, active + credit)}
      </div>
      <dl>
        <div>
          <dt>${t('Credit')}</dt>
          <dd>${number(credit)}</dd>
        </div>
        <div>
          <dt>${t('Commits')}</dt>
          <dd>${number(committed)} ${rate(this.rates.committed)}</dd>
        </div>
        <div>
          <dt>${t('Memory')}</dt>
          <dd>${rssMb === null ? '–' : t('{size} MB', { size: number(rssMb) })}</dd>
        </div>
      </dl>
      <dl class=${this.wired ? 'reader' : ''}>
        <div>
          <dt>${t('Messages received')}</dt>
          <dd>${number(delivered)} ${rate(this.rates.delivered)}</dd>
        </div>
        <div>
          <dt>${t('Messages published')}</dt>
          <dd>${number(published)} ${rate(this.rates.published)}</dd>
        </div>
      </dl>
      ${error === undefined ? nothing : html`<p class="error bad">${errorText(error).message} ${errorText(error).next}</p>`}
      <div class="actions">${this.#buttons()}</div>
      <span class="reader"
        >${pid === null ? t('No process') : t('Process {pid}', { pid: String(pid) })}.
        ${t('Restarts: {count}', { count: number(restarts) })}.</span
      >
    </article>`;
  }

  #ring({ ageMs, left }: Liveness, tone: string): TemplateResult {
    const { leaseMs } = this.instance;
    const text =
      ageMs === null
        ? t('No lease')
        : t('Lease: {left} left of {lease}', { left: duration(Math.max(0, leaseMs - ageMs)), lease: duration(leaseMs) });
    return html`<svg class="ring ${tone}" viewBox="0 0 36 36" role="img" aria-label=${text}>
      <title>${text}</title>
      <circle class="whole" cx="18" cy="18" r=${RADIUS} />
      ${left > 0 ? arc(left) : svg`<path class="cross" d="M13.5 13.5l9 9M22.5 13.5l-9 9" />`}
    </svg>`;
  }

  #buttons(): TemplateResult {
    const { name, state, pid } = this.instance;
    const can = hostInstanceActions(state, this.computerRuns, pid !== null);
    const byName = { name };
    const kill = t('Kill {name}', byName);
    const freeze = t('Freeze {name}', byName);
    const thaw = t('Thaw {name}', byName);
    const stop = t('Stop {name}', byName);
    const start = t('Start {name}', byName);
    return html`
      ${actionButton({ icon: 'kill', label: kill, text: t('Kill'), enabled: can.kill }, () => request(this, action('killHostInstance', byName, kill)))}
      ${
        can.thaw
          ? actionButton({ icon: 'thaw', label: thaw, text: t('Thaw'), enabled: true }, () =>
              request(this, action('thawHostInstance', byName, thaw)),
            )
          : actionButton({ icon: 'freeze', label: freeze, text: t('Freeze'), enabled: can.freeze }, () =>
              request(this, action('freezeHostInstance', byName, freeze)),
            )
      }
      ${
        can.kill
          ? actionButton({ icon: 'stop', label: stop, text: t('Stop'), enabled: can.stop }, () =>
              request(this, action('stopHostInstance', byName, stop)),
            )
          : actionButton({ icon: 'start', label: start, text: t('Start'), enabled: can.start }, () =>
              request(this, action('startHostInstance', byName, start)),
            )
      }
    `;
  }
}

function rate(perSecond: number): TemplateResult {
  return html`<span class="rate">${t('{rate}/s', { rate: number(perSecond) })}</span>`;
}

/** The part of the lease that is left, from the top clockwise. */
function arc(left: number): SVGTemplateResult {
  return svg`<circle class="left" cx="18" cy="18" r=${RADIUS} transform="rotate(-90 18 18)" stroke-dasharray=${ROUND} stroke-dashoffset=${ROUND * (1 - left)} />`;
}

function stateText({ state }: HostInstanceStatus, { look, ageMs }: Liveness): string {
  if (look === 'suspect' && ageMs !== null)
    return t(state === 'frozen' ? 'frozen, suspect {age}' : 'suspect {age}', { age: duration(ageMs) });
  if (look === 'lost' && ageMs !== null) return t('lost, last heard {age} ago', { age: duration(ageMs) });
  return t(look);
}

function loadBar(part: number, whole: number): TemplateResult {
  const width = whole === 0 ? 0 : Math.min(100, (100 * part) / whole);
  return html`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
    <rect class="whole" width="100" height="6" />
    <rect class="part" width=${width} height="6" />
  </svg>`;
}

customElements.define('soh-host-instance', HostInstanceCard);
