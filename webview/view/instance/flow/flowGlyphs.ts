/** The pictures in the shapes of a flow, 20 by 20, after those of the Orchestration Designer. The name of the shape stands beside each. */
import { svg, type SVGTemplateResult } from 'lit';

const paths: Readonly<Record<string, string>> = {
  // A message that goes in through a port, and one that goes out.
  receive: 'M12 3h5v14h-5M2 10h10M8.5 6.5L12 10l-3.5 3.5',
  send: 'M8 3H3v14h5M8 10h10M14.5 6.5L18 10l-3.5 3.5',
  construct: 'M3 6h10v9H3zM3 6l5 5 5-5M16 2v6M13 5h6',
  expression:
    'M8 3c-3 0-2 2.5-2 4.5s-1 2.5-2.5 2.5c1.5 0 2.5.5 2.5 2.5s-1 4.5 2 4.5M12 3c3 0 2 2.5 2 4.5s1 2.5 2.5 2.5c-1.5 0-2.5.5-2.5 2.5s1 4.5-2 4.5',
  decide: 'M10 2l8 8-8 8-8-8zM8 8.3c0-2.7 4.3-2.7 4.3 0 0 1.5-2.2 1.5-2.2 3.2M10 13.7v.1',
  loop: 'M16 8a6.3 6.3 0 1 0 .3 3.5M16.5 3.5V8H12',
  delay: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM10 5.5V10l3 2.2',
  listen: 'M10 2.5v5M10 7.5L4.5 13M10 7.5l5.5 5.5M4.5 13v4M15.5 13v4M2.5 17h4M13.5 17h4',
  parallel: 'M3 3.5h14M3 16.5h14M6.5 3.5v13M13.5 3.5v13',
  scope: 'M7 3H3v4M13 3h4v4M7 17H3v-4M13 17h4v-4M7.5 10h5',
  compensation: 'M17 10a7 7 0 1 1-2-5M15 1.5V5h-3.5M7 7l6 6M13 7l-6 6',
  compensate: 'M17 10a7 7 0 1 1-2-5M15 1.5V5h-3.5M10 6.5V10H6.5',
  handler: 'M10 2.5l8 14.5H2zM10 8v4M10 14.3v.1',
  call: 'M3 3h14v14H3zM6.5 10h6M10 7l3 3-3 3',
  start: 'M3 5h7M3 10h5M3 15h7M11 5.5v9L18 10z',
  group: 'M3 3h4M9 3h3M14 3h3v3M17 8v4M17 14v3h-3M12 17H9M7 17H3v-3M3 12V8M3 6V3',
  throw: 'M11.5 2L5 11h4.5L8 18l7-10h-4.5z',
  terminate: 'M6.7 2h6.6L18 6.7v6.6L13.3 18H6.7L2 13.3V6.7zM7 7l6 6M13 7l-6 6',
  suspend: 'M10 2.5a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM8 7v6M12 7v6',
};

/** The picture of a kind of shape with its left upper corner at `x`, `y`; nothing for a kind without one. */
export function glyph(kind: string, x: number, y: number): SVGTemplateResult | null {
  const path = paths[kind];
  return path === undefined ? null : svg`<path class="glyph" transform="translate(${x} ${y})" d=${path} />`;
}
