/** The failover report: what each loss of an owner cost, beside what BizTalk's own times would have cost. */
import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { FailoverEntry, FailoversFrame } from '../../../emulator/control/lanes.ts';
import { sessionEnd } from '../../model/laneText.ts';
import { duration, number, t, timeOfDay } from '../../strings.ts';
import { icon } from '../shared/icons.ts';
import { shared } from '../shared/styles.ts';
import { WhileSeen } from '../shared/whileSeen.ts';

/** Asks the group for the report; rejects when it cannot. */
export type AskFailovers = () => Promise<FailoversFrame>;

const FAULTS = { kill: 'killed', freeze: 'frozen', computer: 'computer failed', none: 'not by a command' } as const;

export class FailoverReport extends LitElement {
  static override properties = {
    ask: { attribute: false },
    moment: { attribute: false },
    report: { state: true },
    failed: { state: true },
  };
  static override styles = [
    shared,
    css`
      .scroll {
        max-height: 300px;
        overflow: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 3px 10px 3px 0;
        border-bottom: 1px solid var(--soft-line);
        font-weight: normal;
        text-align: left;
        vertical-align: top;
      }
      thead th {
        color: var(--muted);
        font-size: 0.88em;
        vertical-align: bottom;
      }
      thead th.figure {
        min-width: 62px;
        white-space: normal;
      }
      .figure {
        text-align: right;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }
      .times {
        color: var(--muted);
      }
      th .times {
        white-space: nowrap;
      }
      .figure .times {
        white-space: normal;
      }
      p {
        margin: 8px 0 0;
        color: var(--muted);
      }
    `,
  ];
  declare ask: AskFailovers;
  /** UTC ms that stands for now; `null` = the present. */
  declare moment: number | null;
  declare report: FailoversFrame | null;
  declare failed: boolean;
  readonly #sight = new WhileSeen(this, { every: () => 1000, afterFailure: 3000, turn: () => this.#turn() });

  constructor() {
    super();
    this.report = null;
    this.failed = false;
    this.moment = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('moment')) this.#sight.soon();
  }

  async #turn(): Promise<boolean> {
    try {
      const report = await this.ask();
      if (JSON.stringify(report) !== JSON.stringify(this.report)) this.report = report;
      this.failed = false;
    } catch {
      // The page's own message says what happened to the group; here it is enough that nothing is new.
      this.failed = true;
    }
    return !this.failed;
  }

  protected override render(): TemplateResult {
    const entries = this.report?.failovers ?? [];
    return html`<section aria-labelledby="title">
      <div class="section">
        <h2 id="title">${t('Failover report')}</h2>
        ${this.failed ? html`<span class="warning">${icon('warning')} ${t('Nothing new could be read.')}</span>` : nothing}
      </div>
      ${entries.length === 0 ? html`<p>${t('No owner has been lost. Kill or freeze a host instance to see what happens to its work.')}</p>` : this.#table(entries)}
    </section>`;
  }

  #table(entries: readonly FailoverEntry[]): TemplateResult {
    const figures = [t('Noticed after'), t('Held'), t('First resumed'), t('All resumed')];
    return html`<div class="scroll" tabindex="0" role="group" aria-labelledby="title">
        <table aria-labelledby="title">
          <thead>
            <tr>
              <th scope="col">${t('Host instance')}</th>
              <th scope="col">${t('Cause')}</th>
              ${figures.map((text) => html`<th scope="col" class="figure">${text}</th>`)}
              <th scope="col">${t('Taken over by')}</th>
              <th scope="col" class="figure">${t('Shapes run again')}</th>
              <th scope="col" class="figure">${t('Transmissions possibly repeated')}</th>
              <th scope="col" class="figure">${t('From fault to first resumed')}</th>
              <th scope="col" class="figure">${t('BizTalk’s own times')}</th>
            </tr>
          </thead>
          <tbody>
            ${entries.map((entry) => this.#row(entry))}
          </tbody>
        </table>
      </div>
      <p>
        ${t('Times run from the moment the loss was noticed. BizTalk’s own times are documented ones, not measured: about 60 s when the process crashed and is started again, 9 to 11 minutes after a hang or when the computer stays down.')}
      </p>
      <p>
        ${t('Shapes that run again repeat nothing outside: an orchestration’s messages are published with its commit, once. A send port may have transmitted a message and died before its commit; then the message goes out again, with the same message id, by which the receiver can drop it; a FILE send port leaves one file all the same. Code in expressions that acts outside runs again with its shape.')}
      </p>`;
  }

  #row(entry: FailoverEntry): TemplateResult {
    const {
      hostInstance,
      at,
      fault,
      reason,
      detectionMs,
      lost,
      firstGrantedMs,
      firstResumedMs,
      allResumedMs,
      waiting,
      again,
      retransmitted,
      classic,
    } = entry;
    const iso = new Date(at).toISOString();
    const time = (ms: number | null): string => (ms === null ? '–' : duration(ms));
    const own = detectionMs === null || firstResumedMs === null ? null : detectionMs + firstResumedMs;
    const factor = own === null || own <= 0 ? '' : t('{factor} times as long', { factor: number(Math.round(classic.fromMs / own)) });
    return html`<tr>
      <th scope="row">${hostInstance}<br /><time class="times" datetime=${iso}>${timeOfDay(iso)}</time></th>
      <td>${t(FAULTS[fault ?? 'none'])}<br /><span class="times">${sessionEnd(reason)}</span></td>
      <td class="figure">${time(detectionMs)}</td>
      <td class="figure">${number(lost)}</td>
      <td class="figure">
        ${time(firstResumedMs)}
        ${firstGrantedMs === null ? nothing : html`<br /><span class="times">${t('granted after {time}', { time: duration(firstGrantedMs) })}</span>`}
      </td>
      <td class="figure">
        ${waiting > 0 ? html`<span class="warning">${icon('waiting')} ${t('{count} not yet', { count: number(waiting) })}</span>` : time(allResumedMs)}
      </td>
      <td>${this.#takers(entry)}</td>
      <td class="figure">${number(again)}</td>
      <td class="figure">${number(retransmitted)}</td>
      <td class="figure">${time(own)}</td>
      <td class="figure">
        ${classic.fromMs === classic.toMs ? t('about {time}', { time: duration(classic.fromMs) }) : t('{from} to {to}', { from: duration(classic.fromMs), to: duration(classic.toMs) })}
        ${factor === '' ? nothing : html`<br /><span class="times">${factor}</span>`}
      </td>
    </tr>`;
  }

  #takers({ by, hostInstance, givenUp }: FailoverEntry): string {
    const parts = by.map(({ hostInstance: name, count }) =>
      name === hostInstance
        ? t('{hostInstance} after its restart ({count})', { hostInstance: name, count: number(count) })
        : t('{hostInstance} ({count})', { hostInstance: name, count: number(count) }),
    );
    if (givenUp > 0) parts.push(t('{count} suspended, ended or lost once more', { count: number(givenUp) }));
    return parts.length === 0 ? '–' : parts.join(', ');
  }
}

customElements.define('soh-failover-report', FailoverReport);
