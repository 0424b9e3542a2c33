/** The marks beside a shape. Each has a form of its own, so that colour is never the only sign; the legend draws them with the same hands. */
import { svg, type SVGTemplateResult } from 'lit';
import { number } from '../../../strings.ts';

/** A host instance: a ring in its colour with its number in the legend. */
export interface OwnerMark {
  /** Class with its colour, as everywhere on the page. */
  readonly style: string;
  readonly digit: number;
}

export function ownerMark({ style, digit }: OwnerMark, x: number, y: number): SVGTemplateResult {
  return svg`<g class="mark owner ${style}" transform="translate(${x} ${y})">
    <circle r="8.5" /><text y="4">${number(digit)}</text>
  </g>`;
}

export function againMark(x: number, y: number): SVGTemplateResult {
  return svg`<g class="mark again" transform="translate(${x} ${y})">
    <circle r="8.5" /><path d="M3.9-1.8A4.4 4.4 0 1 0 4.3 1.2M4.6-4.6v3.1H1.5" />
  </g>`;
}

export function countMark(count: number, x: number, y: number): SVGTemplateResult {
  const text = `×${number(count)}`;
  const width = 10 + 7 * text.length;
  return svg`<g class="mark count" transform="translate(${x - width} ${y})">
    <rect y="-8.5" width=${width} height="17" rx="8.5" /><text x=${width / 2} y="4">${text}</text>
  </g>`;
}

/** A transaction that was compensated: an arrow that goes back. */
export function undoneMark(x: number, y: number): SVGTemplateResult {
  return svg`<g class="mark undone" transform="translate(${x} ${y})">
    <circle r="8.5" /><path d="M-4.5-1.5h5a3 3 0 0 1 0 6h-2.5M-1.5-4.5l-3 3 3 3" />
  </g>`;
}

/** Numbers that an order mark has room for. */
const SHOWN = 3;

/** As which ones of all something was compensated: a tag with square corners, with its right end at `x`, or its left one. */
export function orderMark(order: readonly number[], x: number, y: number, end: 'to' | 'from' = 'to'): SVGTemplateResult {
  const text = `${order
    .slice(0, SHOWN)
    .map((one) => number(one))
    .join(', ')}${order.length > SHOWN ? '…' : ''}`;
  const width = 11 + 6.5 * text.length;
  return svg`<g class="mark order" transform="translate(${end === 'to' ? x - width : x} ${y})">
    <rect y="-9" width=${width} height="18" rx="2" /><text x=${width / 2} y="4">${text}</text>
  </g>`;
}

export function errorMark(x: number, y: number): SVGTemplateResult {
  return svg`<g class="mark error" transform="translate(${x} ${y})">
    <path class="ground" d="M-4-9.5h8l5.5 5.5v8l-5.5 5.5h-8l-5.5-5.5v-8z" /><path class="sign" d="M0-5v5.5M0 4v.1" />
  </g>`;
}

/** The saved position: a solid tag that points to the shape, with its tip at `x`. */
export function goesOnMark(x: number, y: number): SVGTemplateResult {
  return svg`<path class="mark goes-on" transform="translate(${x} ${y})" d="M-21-9h12l9 9-9 9h-12z" />`;
}

/** Where it is now: an open arrow while it runs, a ring with two bars while it waits. */
export function currentMark(how: 'running' | 'waiting', x: number, y: number): SVGTemplateResult {
  return how === 'running'
    ? svg`<path class="mark current running" transform="translate(${x} ${y})" d="M14-8v16L2 0z" />`
    : svg`<g class="mark current" transform="translate(${x} ${y})"><circle cx="10" r="8" /><path d="M7.5-3.5v7M12.5-3.5v7" /></g>`;
}
