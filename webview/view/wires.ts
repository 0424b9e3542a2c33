/** The lines from the host instances to the MessageBox, drawn where the boxes were measured to be. */
import type { HostRole } from '../model/topology.ts';

export interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface Wire {
  readonly hostInstance: string;
  /** Path of the line, from the host instance to the MessageBox. */
  readonly line: string;
  /** Paths of the arrow heads: at the MessageBox, at the host instance, or both. */
  readonly heads: readonly string[];
}

/** Distance of the line from the left edge of the box, and of two lines of one column from each other. */
const GUTTER = 14;
const STEP = 7;
const CORNER = 6;
const HEAD = 4;

/** `row` = position among the boxes of the column: each has a line of its own down the gutter. */
export function wire(hostInstance: string, role: HostRole, box: Box, messageBox: Box, row: number): Wire {
  const x = box.left - GUTTER - row * STEP;
  const y = Math.round((box.top + box.bottom) / 2);
  const end = messageBox.top;
  const line = `M${box.left} ${y}H${x + CORNER}Q${x} ${y} ${x} ${y + CORNER}V${end}`;
  const atMessageBox = `M${x - HEAD} ${end - HEAD * 1.6}L${x} ${end - 1}L${x + HEAD} ${end - HEAD * 1.6}z`;
  const atHost = `M${box.left - HEAD * 1.6} ${y - HEAD}L${box.left - 1} ${y}L${box.left - HEAD * 1.6} ${y + HEAD}z`;
  const heads = { receiving: [atMessageBox], processing: [atMessageBox, atHost], sending: [atHost] }[role];
  return { hostInstance, line, heads };
}
