/** The twin of a chart: the same lines in figures, a few rows of the time it shows. */
import { html, nothing, type TemplateResult } from 'lit';
import { spaced } from '../../model/series.ts';
import { number, t, type Template } from '../../strings.ts';
import type { ChartData } from './chart.ts';

/** Opened by its reader; the rows are made only then. */
export interface TableTwin {
  readonly title: Template;
  readonly data: ChartData;
  readonly figure: (value: number) => string;
  readonly open: boolean;
  readonly toggled: (open: boolean) => void;
}

export function chartTable({ title, data, figure, open, toggled }: TableTwin): TemplateResult {
  return html`<details @toggle=${({ target }: Event) => toggled((target as HTMLDetailsElement).open)}>
    <summary>${t(title)}</summary>
    ${open ? rows(title, data, figure) : nothing}
  </details>`;
}

function rows(title: Template, { seconds, lines }: ChartData, figure: (value: number) => string): TemplateResult {
  return html`<div class="twin" tabindex="0" role="group" aria-label=${t(title)}>
    <table>
      <thead>
        <tr>
          <th scope="col">${t('Seconds ago')}</th>
          ${lines.map(({ name }) => html`<th scope="col">${name}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${spaced(seconds).map(
          (index) =>
            html`<tr>
              <th scope="row">${number(-(seconds[index] ?? 0))}</th>
              ${lines.map(({ values }) => {
                const value = values[index] ?? null;
                return html`<td>${value === null ? '–' : figure(value)}</td>`;
              })}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
