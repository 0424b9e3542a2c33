/** One box of a flow as SVG: its outline, its picture, its name and its marks. */
import { svg, type SVGTemplateResult } from 'lit';
import { isBlock, saysMore, type FlowBox, type FlowLine } from '../../../model/flowParts.ts';
import type { ShapeState } from '../../../model/flowState.ts';
import { subtitleOf, titleOf, wrap } from '../../../model/flowText.ts';
import { againMark, countMark, currentMark, errorMark, goesOnMark, orderMark, ownerMark, undoneMark, type OwnerMark } from './flowMarks.ts';
import { glyph } from './flowGlyphs.ts';

/** Width of a letter of the name, about; SVG does not break lines. */
const LETTER = 6.7;
const LINE = 15;
/** The second line is smaller. */
const SMALL_LETTER = 5.5;
const TEXT_AT = 40;
/** What owner and picture take of the width. */
const TAKEN = 68;

/** Everything inside the group of a box; its origin is the box's left upper corner. @param now UTC ms */
export function boxContent(box: FlowBox, state: ShapeState, owner: OwnerMark | null, now = 0): SVGTemplateResult {
  return svg`${ground(box, state)}${name(box, state, now)}${marks(box, state, owner)}`;
}

function ground(box: FlowBox, { reached }: ShapeState): SVGTemplateResult {
  const { form, kind, width, height, head } = box;
  const hatch = reached === 'at risk';
  if (form === 'label') return svg`<rect class="ground" width=${width} height=${height} rx="12" />`;
  if (form === 'frame')
    return svg`<rect class="edge" width=${width} height=${height} rx="8" />
      ${reached === 'compensated' ? svg`<rect class="edge" x="4" y="4" width=${width - 8} height=${height - 8} rx="5" />` : null}
      <path class="ground" d=${stripPath(width, head)} />
      ${hatch ? svg`<path fill="url(#hatch)" d=${stripPath(width, head)} />` : null}${glyph(kind, 11, head / 2 - 10)}`;
  const path = outlinePath(kind, width, height);
  return svg`<path class="ground" d=${path} />${hatch ? svg`<path fill="url(#hatch)" d=${path} />` : null}
    ${kind === 'parallel' ? svg`<path class="bars" d="M12 4.5h${width - 24}M12 ${height - 4.5}h${width - 24}" />` : null}
    ${glyph(kind, kind === 'decide' ? 16 : 12, height / 2 - 10)}`;
}

function stripPath(width: number, head: number): string {
  return `M0 ${head}V8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${head - 8}z`;
}

/** A Decide has points, a Delay is round; the rest are boxes. */
function outlinePath(kind: string, width: number, height: number): string {
  const half = height / 2;
  if (kind === 'decide') return `M0 ${half}L18 0h${width - 36}L${width} ${half}l-18 ${half}h${36 - width}z`;
  const r = kind === 'delay' ? half : 6;
  return `M${r} 0h${width - 2 * r}a${r} ${r} 0 0 1 ${r} ${r}v${height - 2 * r}a${r} ${r} 0 0 1-${r} ${r}h${2 * r - width}a${r} ${r} 0 0 1-${r}-${r}v${2 * r - height}a${r} ${r} 0 0 1 ${r}-${r}z`;
}

function name(box: FlowBox, state: ShapeState, now: number): SVGTemplateResult {
  const { form, width, head } = box;
  const text = titleOf(box);
  const middle = head / 2 + 4.5;
  if (form === 'label') return svg`<text class="middle" x=${width / 2} y=${middle}>${wrap(text, (width - 16) / LETTER, 1)[0]}</text>`;
  const two = box.kind === 'start' || saysMore(box) || state.until !== null;
  const lines = wrap(text, (width - TAKEN) / LETTER, form === 'frame' || two ? 1 : 2);
  const first = middle - ((two ? 1 : lines.length - 1) * LINE) / 2;
  const small = two ? wrap(subtitleOf(box, state, now), (width - TAKEN) / SMALL_LETTER, 1)[0] : undefined;
  return svg`${lines.map((line, index) => svg`<text x=${TEXT_AT} y=${first + index * LINE}>${line}</text>`)}
    ${small === undefined ? null : svg`<text class="small" x=${TEXT_AT} y=${first + LINE}>${small}</text>`}`;
}

function marks({ form, kind, width, head }: FlowBox, state: ShapeState, owner: OwnerMark | null): SVGTemplateResult {
  const middle = head / 2;
  return svg`${owner === null ? null : ownerMark(owner, width - 16, middle)}
    ${state.runs > 1 ? countMark(state.runs, form === 'frame' ? width - 28 : width - 4, 0) : null}
    ${state.again > 0 ? againMark(4, 0) : null}
    ${state.reached === 'compensated' ? undoneMark(26, -4) : null}
    ${state.order.length > 0 ? (isBlock(kind) ? orderMark(state.order, width - 6, middle) : orderMark(state.order, 38, -4, 'from')) : null}
    ${state.error === null ? null : errorMark(width - 2, head)}
    ${state.goesOn && !isBlock(kind) ? goesOnMark(4, middle) : null}
    ${state.current === null ? null : currentMark(state.current, width + 1, middle)}`;
}

/** A line, with its arrow. */
export function lineOf({ points, kind, arrow }: FlowLine): SVGTemplateResult {
  const path = points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('');
  return svg`<path class="line ${kind}" d=${path} marker-end=${arrow ? `url(#${kind === 'handler' ? 'exception' : 'arrow'})` : 'none'} />`;
}
