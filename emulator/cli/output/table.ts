import { pad, truncate, widthOf } from './width.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** Gives way when the terminal is narrow; the last such column first. */
  readonly shrinks?: boolean;
  /** Colours a finished cell. */
  readonly paint?: (cell: string, row: Row) => string;
}

const GAP = '  ';
const LEAST_WIDTH = 8;

/** A plain table as lines: a title line, then one line a row. `columns` = width of the terminal; `undefined` = no limit. */
export function table<Row>(columnList: readonly Column<Row>[], rows: readonly Row[], columns: number | undefined): string[] {
  const cells = rows.map((row) => columnList.map((column) => column.value(row)));
  const widths = columnList.map((column, index) => Math.max(widthOf(column.title), ...cells.map((row) => widthOf(row[index] ?? ''))));
  if (columns !== undefined) shrink(columnList, widths, columns);
  const line = (texts: readonly string[], paint: (text: string, index: number) => string): string =>
    columnList
      .map((column, index) => {
        const width = widths[index] ?? 0;
        const cell = truncate(texts[index] ?? '', width);
        const last = index === columnList.length - 1 && column.align !== 'right';
        return paint(last ? cell : pad(cell, width, column.align), index);
      })
      .join(GAP)
      .trimEnd();
  const titles = line(
    columnList.map((column) => column.title),
    (text) => text,
  );
  return [titles, ...rows.map((row, number) => line(cells[number] ?? [], (text, index) => columnList[index]?.paint?.(text, row) ?? text))];
}

function shrink<Row>(columnList: readonly Column<Row>[], widths: number[], columns: number): void {
  let surplus = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - columns;
  for (let index = widths.length - 1; index >= 0 && surplus > 0; index--) {
    const width = widths[index] ?? 0;
    if (columnList[index]?.shrinks !== true || width <= LEAST_WIDTH) continue;
    const less = Math.min(surplus, width - LEAST_WIDTH);
    widths[index] = width - less;
    surplus -= less;
  }
}
