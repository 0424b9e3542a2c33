/** Which rows of a long list are near enough to be drawn. All rows have the same height. */
export interface RowWindow {
  readonly first: number;
  /** After the last one. */
  readonly end: number;
  /** Pixels before the first and after the last drawn row. */
  readonly before: number;
  readonly after: number;
}

/** Rows drawn beyond each edge, so that a quick turn of the wheel does not show empty space. */
const MARGIN = 12;
/** Browsers draw nothing beyond some height (px); what is longer is scrolled in larger steps. */
const LONGEST = 9_000_000;

export function rowWindow(count: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const whole = count * rowHeight;
  const length = Math.min(whole, LONGEST);
  const top = scrollTop * stretch(whole, height);
  // So far the rows are moved from their own place to where the view is; the drawn ones must fit between the ends all the same.
  const moved = top - scrollTop;
  const first = Math.max(0, Math.ceil(moved / rowHeight), Math.min(count, Math.floor(top / rowHeight) - MARGIN));
  const end = Math.min(count, Math.floor((length + moved) / rowHeight), Math.ceil((top + height) / rowHeight) + MARGIN);
  const before = first * rowHeight - moved;
  return { first, end, before, after: length - before - (end - first) * rowHeight };
}

/** The scroll position at which a row is the first in view. */
export function scrollTopOf(count: number, rowHeight: number, index: number, height: number): number {
  return Math.max(0, index * rowHeight) / stretch(count * rowHeight, height);
}

/** Pixels of the list for one pixel of scrolling. */
function stretch(whole: number, height: number): number {
  return whole <= LONGEST ? 1 : (whole - height) / (LONGEST - height);
}
