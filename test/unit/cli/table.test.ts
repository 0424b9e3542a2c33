/** Guarantee: tables line up on a terminal, also with Chinese text, and give way on a narrow one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { table, type Column } from '../../../emulator/cli/output/table.ts';
import { oneLine, pad, truncate, widthOf } from '../../../emulator/cli/output/width.ts';

test('the width counts columns of a terminal', () => {
  assert.equal(widthOf('abc'), 3);
  assert.equal(widthOf('主机a'), 5);
  assert.equal(widthOf('e\u0301'), 1);
  assert.equal(widthOf('\u001B[31mred\u001B[0m'), 3);
  assert.equal(widthOf('👍'), 2);
  assert.equal(widthOf('（）'), 4);
});

test('cutting never splits a wide character', () => {
  assert.equal(truncate('abcdef', 4), 'abc…');
  assert.equal(truncate('主机实例', 5), '主机…');
  assert.equal(truncate('主机实例', 4), '主…');
  assert.equal(truncate('主机', 4), '主机');
  assert.equal(pad('主', 4), '主  ');
  assert.equal(pad('1', 3, 'right'), '  1');
});

test('foreign text cannot steer the terminal', () => {
  assert.equal(oneLine('a\u001B[2Jb\r\nc\u202Ed'), 'ab c d');
});

const columns: readonly Column<readonly [string, string, string]>[] = [
  { title: '名称', value: (row) => row[0] },
  { title: 'N', value: (row) => row[1], align: 'right', paint: (cell) => `<${cell}>` },
  { title: 'TEXT', value: (row) => row[2], shrinks: true },
];
const rows = [
  ['主机实例', '1', 'a rather long text'],
  ['b', '100', ''],
] as const;

test('columns line up, colour does not disturb', () => {
  assert.deepEqual(table(columns, rows, undefined), ['名称        N  TEXT', '主机实例  <  1>  a rather long text', 'b         <100>']);
});

test('on a narrow terminal only columns that may shrink do', () => {
  const lines = table(columns, rows, 24);
  assert.deepEqual(lines, ['名称        N  TEXT', '主机实例  <  1>  a rather…', 'b         <100>']);
});
