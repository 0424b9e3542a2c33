/** What stands in a row of the list of instances. */
import { html, nothing, type TemplateResult } from 'lit';
import type { InstanceSummary } from '../../../emulator/control/instances.ts';
import { sentenceOf } from '../../../emulator/text/sentence.ts';
import type { GroupStatus } from '../../../emulator/control/status.ts';
import { describeState, shortId } from '../../model/describe.ts';
import { instanceActions } from '../../model/operations.ts';
import { colourOf } from '../../model/topology.ts';
import { number, t, timeOfDay } from '../../strings.ts';
import { action, actionButton, request } from '../shared/action.ts';
import { askToTerminate } from '../shared/confirm.ts';
import { icon, instanceLook } from '../shared/icons.ts';

/** The columns that are shown in every width; a cell across more would make a column of its own where some are left out. */
export const COLUMNS = 4;

/** The cells of an instance. `tabIndex` is of its buttons; `list` sends what they ask for. */
export function cells(instance: InstanceSummary, status: GroupStatus, tabIndex: number, list: HTMLElement): TemplateResult {
  const { id, orchestration, state, pendingOperation, owner, commits, takeovers, changed, error } = instance;
  const { icon: sign, tone } = instanceLook[state];
  const told = [describeState(instance), ...(pendingOperation === null ? [] : [t(`${pendingOperation} pending`)])].join(' · ');
  return html`<td class="mono" title=${id}>${shortId(id)}</td>
    <td title=${orchestration}>${orchestration}</td>
    <td title=${told}>
      <span class="state ${tone}">${icon(sign)}<span class="told">${told}</span></span>
    </td>
    <td class="owners" title=${owner ?? nothing}>
      ${owner === null ? '–' : html`<span class="owner"><span class="swatch owner-${colourOf(status, owner) ?? 'none'}"></span>${owner}</span>`}
    </td>
    <td class="figure">${number(commits)}</td>
    <td class="figure">${takeovers === 0 ? '0' : html`<span class="took">${number(takeovers)}</span>`}</td>
    <td class="changed number">${timeOfDay(changed)}</td>
    <td class="error" title=${error?.message ?? nothing}>${error === null ? '' : sentenceOf(error.message)}</td>
    <td class="actions">${actions(instance, tabIndex, list)}</td>`;
}

function actions(instance: InstanceSummary, tabIndex: number, list: HTMLElement): TemplateResult {
  const can = instanceActions(instance);
  const { id } = instance;
  const filter = { filter: { ids: [id] } };
  const [suspend, resume, terminate] = [t('Suspend {id}', { id }), t('Resume {id}', { id }), t('Terminate {id}', { id })];
  const quiet = { quiet: true, tabIndex };
  return html`
    ${actionButton({ icon: 'pause', label: suspend, enabled: can.suspend, ...quiet }, () => request(list, action('suspend', filter, suspend)))}
    ${actionButton({ icon: 'start', label: resume, enabled: can.resume, ...quiet }, () => request(list, action('resume', filter, resume)))}
    ${actionButton({ icon: 'kill', label: terminate, enabled: can.terminate, ...quiet }, ({ currentTarget }) => {
      askToTerminate(id, currentTarget as HTMLElement, () => request(list, action('terminate', filter, terminate)));
    })}
  `;
}

/** Stands for what a row will say. */
export function skeleton(): TemplateResult {
  return html`<td colspan=${COLUMNS}><span class="bone"></span><span class="reader">${t('Loading…')}</span></td>`;
}

/** Stands for the rows that are not drawn. A height attribute: a style attribute would be against the content security policy. */
export function spacer(height: number): TemplateResult | typeof nothing {
  return height === 0
    ? nothing
    : html`<tr class="spacer" aria-hidden="true">
        <td colspan=${COLUMNS} height=${height}></td>
      </tr>`;
}
