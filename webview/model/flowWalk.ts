/** Where the arrow keys go in a flow. Pure. */
import { isBesideScope, isBlock, type Outline } from './flowParts.ts';

/** Boxes in document order walk up and down; left and right go to the branch or handler beside the one it is in. */
export function neighbour(outline: Outline, number: number, key: string): number | null {
  const last = outline.length - 1;
  if (key === 'Home') return 0;
  if (key === 'End') return last;
  if (key === 'ArrowUp') return Math.max(0, number - 1);
  if (key === 'ArrowDown') return Math.min(last, number + 1);
  if (key !== 'ArrowLeft' && key !== 'ArrowRight') return null;
  return beside(outline, number, key === 'ArrowRight' ? 1 : -1) ?? number;
}

/** From the innermost block outwards: the next or the one before of the same parent. */
function beside(outline: Outline, number: number, step: 1 | -1): number | null {
  for (let at = number; at >= 0; at = outline[at]?.parent ?? -1) {
    const entry = outline[at];
    if (entry === undefined) return null;
    if (!isBlock(entry.kind)) continue;
    const row = [...outline.keys()].filter((other) => outline[other]?.parent === entry.parent && isBlock(outline[other]?.kind ?? ''));
    const found = row[row.indexOf(at) + step];
    if (found !== undefined) return found;
    // Left of the first handler is the scope itself.
    if (step === -1 && isBesideScope(entry.kind)) return entry.parent;
  }
  return null;
}
