/** The house is as docs/architecture.md draws it: one table of rooms for the lint rule and for the reader, arrows down only, no circles. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { test } from 'node:test';
import table from '../../../scripts/rooms.json' with { type: 'json' };

const rooms: Readonly<Record<string, { readonly what: string; readonly uses: readonly string[] }>> = table.rooms;
const names = Object.keys(rooms);
const within = (file: string, place: string): boolean => file === place || file.startsWith(`${place}/`);

/** The relative imports of a file, of values and of types alike. */
function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/^(?:import|export)\b(?:[^;]*?\bfrom)? '(\.[^']+)';/gm);
  return [...found].map(([, path = '']) => posix.join(posix.dirname(file), path));
}

/** The files of one circle of imports, or none. */
function circleIn(graph: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const circle = visit(next, [...path, file]);
      if (circle.length > 0) return circle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const circle = visit(file, []);
    if (circle.length > 0) return circle;
  }
  return [];
}

/** Rows of the table below "## Rooms": the room, what it is, what it may use. */
function documented(): string[][] {
  const text = readFileSync('docs/architecture.md', 'utf8');
  const section = /^## Rooms$(.*?)^## /ms.exec(text)?.[1] ?? '';
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('the documented table of rooms is the one the lint rule uses', () => {
  const expected = names.map((name) => {
    const { what, uses } = rooms[name] ?? { what: '', uses: [] };
    const shown = uses.map((use) => (use.startsWith('types:') ? `types of \`${use.slice('types:'.length)}\`` : `\`${use}\``));
    return [`\`${name}\``, what, shown.length > 0 ? shown.join(', ') : '–'];
  });
  assert.deepEqual(documented(), expected);
});

test('arrows run down only', () => {
  for (const [floor, name] of names.entries()) {
    for (const use of rooms[name]?.uses ?? []) {
      const target = names.findIndex((other) => within(use.replace('types:', ''), other));
      assert.ok(target > floor, `${name} is not above ${use}`);
    }
  }
});

test('no file imports itself by way of others', () => {
  const files = globSync(['emulator/**/*.ts', 'extension/**/*.ts', 'webview/**/*.ts']).map((file) => file.replaceAll('\\', '/'));
  assert.ok(files.length > 300, `only ${String(files.length)} files were found`);
  assert.deepEqual(circleIn(new Map(files.map((file) => [file, importsOf(file)]))), []);
});

test('a circle is found where there is one', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['a']],
  ]);
  assert.deepEqual(circleIn(graph), ['a', 'b', 'd', 'a']);
});

test('a panel of the page uses itself and what all share, never another panel', () => {
  const panelOf = (file: string): string | undefined => /^webview\/view\/(\w+)\//.exec(file.replaceAll('\\', '/'))?.[1];
  const across = globSync('webview/view/*/**/*.ts').flatMap((file) =>
    importsOf(file)
      .filter((used) => ![undefined, 'shared', panelOf(file)].includes(panelOf(used)))
      .map((used) => `${file} -> ${used}`),
  );
  assert.deepEqual(across, []);
});
