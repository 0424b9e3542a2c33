/** Line and column of an offset in a text, both counted from 1; a line ends with LF, CR or CR LF. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let index = 0; index < offset; index++) {
    const code = text.charCodeAt(index);
    if (code !== 10 && code !== 13) continue;
    if (code === 13 && text.charCodeAt(index + 1) === 10) index++;
    if (index >= offset) break;
    line++;
    start = index + 1;
  }
  return { line, column: offset - start + 1 };
}
