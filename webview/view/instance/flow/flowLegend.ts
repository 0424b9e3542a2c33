/** What the marks of a flow mean: each one drawn as in the flow, with its word beside it. */
import { html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { FlowBox } from '../../../model/flowParts.ts';
import { FRESH, type ShapeState } from '../../../model/flowState.ts';
import { t } from '../../../strings.ts';
import { againMark, countMark, currentMark, errorMark, goesOnMark, orderMark, ownerMark, undoneMark, type OwnerMark } from './flowMarks.ts';
import { boxContent } from './flowShapes.ts';

const SAMPLE: FlowBox = { number: 0, kind: '', name: '', form: 'shape', x: 0, y: 0, width: 30, height: 16, head: 16 };

/** @param owners the host instances that ran something, in the order of their numbers */
export function flowLegend(owners: ReadonlyMap<string, OwnerMark>): TemplateResult {
  const reached = (['persisted', 'at risk', 'given back', 'not reached'] as const).map((state) => [sample(state), t(state)] as const);
  const marks: readonly (readonly [SVGTemplateResult, string])[] = [
    [goesOnMark(26, 10), t('goes on here after a loss')],
    [currentMark('running', 8, 10), t('running, here or behind')],
    [currentMark('waiting', 6, 10), t('waits here')],
    [againMark(16, 10), t('ran again after a takeover')],
    [countMark(3, 28, 10), t('runs')],
    [undoneMark(16, 10), t('compensated')],
    [orderMark([1], 25, 10), t('order of compensation')],
    [errorMark(16, 10), t('Error')],
  ];
  const ran = [...owners].map(([hostInstance, mark]) => [ownerMark(mark, 16, 10), hostInstance] as const);
  return html`<ul class="legend" aria-label=${t('Meaning of the signs')}>
    ${[...ran, ...reached, ...marks].map(
      ([drawing, text]) => html`<li><svg width="32" height="20" viewBox="0 0 32 20" aria-hidden="true">${drawing}</svg>${text}</li>`,
    )}
  </ul>`;
}

function sample(reached: ShapeState['reached']): SVGTemplateResult {
  return svg`<g class=${reached.replace(' ', '-')} transform="translate(1 2)">${boxContent(SAMPLE, { ...FRESH, reached }, null)}</g>`;
}
