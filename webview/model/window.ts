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

export function rowWindow(count: number, rowHeight: number, scrollTop: number, height: number): RowWindow {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight) - MARGIN));
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + MARGIN);
  return { first, end, before: first * rowHeight, after: (count - end) * rowHeight };
}
