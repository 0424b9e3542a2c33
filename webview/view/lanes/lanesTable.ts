/** The lanes in words and figures, for who cannot see the drawing. */
import { html, nothing, type TemplateResult } from 'lit';
import type { HostInstanceLane, InstanceLane } from '../../../emulator/control/lanes.ts';
import { shortId } from '../../model/describe.ts';
import type { LaneRow, LanesModel } from '../../model/lanes.ts';
import { describeSession, owners, shapeNames, startedByText } from '../../model/laneText.ts';
import { duration, number, t, timeOfDay } from '../../strings.ts';

/** Rows of the table; a table of more cannot be read. */
const ROWS = 100;

export function lanesTable(rows: readonly LaneRow[], model: LanesModel, now: number): TemplateResult {
  return html`<div class="twin" tabindex="0" role="group" aria-label=${t('The lanes as a table')}>
    <table>
      <thead>
        <tr>
          ${[t('Instance'), t('Orchestration'), t('Owners'), t('State')].map((text) => html`<th scope="col">${text}</th>`)}
          ${[t('Commits'), t('Takeovers'), t('Duration')].map((text) => html`<th scope="col" class="number">${text}</th>`)}
          <th scope="col">${t('Ran again')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.slice(0, ROWS).map(({ lane }) => laneRow(lane, model, now))}
      </tbody>
    </table>
    ${rows.length > ROWS ? html`<p>${t('The newest {count} of them.', { count: number(ROWS) })}</p>` : nothing}
    <table>
      <thead>
        <tr>
          ${[t('Host instance'), t('From'), t('To'), t('State')].map((text) => html`<th scope="col">${text}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${model.hostInstances.flatMap((lane) => lane.sessions.slice(-20).map((session) => sessionRow(lane, session)))}
      </tbody>
    </table>
  </div>`;
}

function laneRow(lane: InstanceLane, model: LanesModel, now: number): TemplateResult {
  const { instance, orchestration, points, takeovers, begun, ended, outcome, stretches } = lane;
  const tone = stretches.at(-1)?.tone ?? 'ready';
  const state = outcome === 'completed' ? t('Completed') : outcome === 'terminated' ? t('Terminated') : t(tone);
  const again = points.flatMap((point) => point.again ?? []);
  return html`<tr>
    <th scope="row" class="mono" title=${instance}>${shortId(instance)}</th>
    <td>${[orchestration, startedByText(lane, model)].filter((text) => text !== '').join(' · ')}</td>
    <td>${owners(lane)}</td>
    <td>${state}</td>
    <td class="number">${number(points.at(-1)?.version ?? 0)}</td>
    <td class="number">${number(takeovers.length)}</td>
    <td class="number">${duration((ended ?? now) - begun)}</td>
    <td>${shapeNames(lane, again, model.shapes)}</td>
  </tr>`;
}

function sessionRow({ hostInstance }: HostInstanceLane, session: HostInstanceLane['sessions'][number]): TemplateResult {
  const time = (at: number): string => timeOfDay(new Date(at).toISOString());
  return html`<tr>
    <th scope="row">${hostInstance}</th>
    <td>${time(session.from)}</td>
    <td>${session.to === null ? '' : time(session.to)}</td>
    <td>${describeSession(session)}</td>
  </tr>`;
}
