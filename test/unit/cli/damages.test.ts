/**
 * Guarantee: each kind of damage and each wrong place for a copy ends with its own word, on a real disk: `verify` names it, `repair` makes a
 * copy in which nothing is found, and says what that gave up.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { MESSAGE_BOX_FOLDER } from '../../../emulator/messagebox/storage/folders.ts';
import { previousSnapshotFile, snapshotFile } from '../../../emulator/messagebox/storage/snapshot.ts';
import { bodiesOf } from '../../../emulator/messagebox/upkeep/bodiesOf.ts';
import type { SimulatedDisk } from '../../../emulator/simulation/simulatedDisk.ts';
import { folder as simulated, openFolder, recordsOf, writeFolder } from '../../faults/realFolder.ts';
import { FakeGroup } from './fakeGroup.ts';
import { errorIn, type Ran, runCli } from './runCli.ts';

let root: string;
let data: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'soh-damages-'));
  data = join(root, 'data', MESSAGE_BOX_FOLDER);
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const cli = (...args: readonly string[]): Promise<Ran> => runCli(root, args);
const at = (...names: readonly string[]): string => join(data, ...names);

/** Segments of the history and live ones, oldest first, below the folder. */
function segments(): string[] {
  const inside = (...names: readonly string[]): string[] => readdirSync(at(...names)).filter((name) => name.startsWith('journal-0'));
  return [
    ...inside('history')
      .sort()
      .map((name) => join('history', name)),
    ...inside().sort(),
  ];
}

/** A folder with two snapshots, segments of both kinds and a body that is needed, on the real disk. */
async function put(seed: number): Promise<{ last: number; hash: string }> {
  for (let number = seed; ; number++) {
    const disk = await writeFolder(seededRandom(number), 200);
    const last = Math.max(...(await recordsOf(disk)).keys());
    const names = disk.list(simulated);
    if (!names.includes(previousSnapshotFile) || names.filter((name) => name.startsWith('journal-0')).length < 2) continue;
    write(disk);
    const [hash] = bodiesOf((await openFolder(disk)).state).keys();
    if (hash !== undefined && segments().length > 3) return { last, hash };
  }
}

function write(disk: SimulatedDisk): void {
  rmSync(data, { recursive: true, force: true });
  for (const path of disk.paths().filter((one) => one.startsWith(simulated))) {
    const file = at(...path.slice(simulated.length + 1).split(/[\\/]/));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, disk.content(path));
  }
}

interface Wire {
  readonly code: string;
  readonly next: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

async function found(folder = 'data'): Promise<string[]> {
  const { out } = await cli('verify', '--data', folder, '--json');
  const { problems } = JSON.parse(out) as { problems: Wire[] };
  for (const { next } of problems) assert.notEqual(next, '');
  return problems.map(({ code }) => code);
}

interface Repaired {
  readonly sequence: number;
  readonly lost?: { readonly first: number; readonly reason: Wire };
  readonly historyLost?: { readonly first: number; readonly last: number };
  readonly bodies: readonly { readonly hash: string; readonly instances: readonly string[] }[];
  readonly unusable: readonly Wire[];
}

/** Makes a copy in which nothing is found but what it told of. */
async function repaired(): Promise<Repaired> {
  const { code, out } = await cli('repair', '--to', 'copy', '--data', 'data', '--json');
  assert.equal(code, 0, out);
  const told = JSON.parse(out) as Repaired;
  assert.deepEqual(
    await found('copy'),
    told.bodies.map(() => 'messageBox.bodyUnreadable'),
  );
  return told;
}

test('a snapshot of another group is not used', async () => {
  await put(1000);
  const strange = readFileSync(at(snapshotFile));
  const { last } = await put(2000);
  writeFileSync(at(snapshotFile), strange);
  assert.deepEqual(await found(), ['messageBox.snapshotForeign']);
  const { sequence, lost, unusable } = await repaired();
  assert.deepEqual([sequence, lost, unusable.map(({ code }) => code)], [last, undefined, ['messageBox.snapshotForeign']]);
  assert.match(
    (await cli('repair', '--to', 'said', '--data', 'data')).out,
    /Nothing is given up\.\nNot used: The snapshot .* are not of one group/,
  );
  assert.equal(errorIn(await cli('backup', 'backup', '--data', 'data', '--json')).code, 'messageBox.snapshotForeign');
});

test('segments that were exchanged, and one of another group, cost the history at most', async () => {
  const { last } = await put(1000);
  const [first = '', second = ''] = segments();
  const [left, right] = [readFileSync(at(first)), readFileSync(at(second))];
  writeFileSync(at(first), right);
  writeFileSync(at(second), left);
  assert.ok((await found()).every((code) => code === 'messageBox.damaged'));
  const { sequence, lost, historyLost } = await repaired();
  assert.deepEqual([sequence, lost, historyLost?.first], [last, undefined, 1]);

  rmSync(join(root, 'copy'), { recursive: true });
  const own = await put(2000);
  writeFileSync(at(segments()[0] ?? ''), left);
  assert.ok((await found()).includes('messageBox.foreign'));
  const without = await repaired();
  assert.deepEqual([without.sequence, without.lost, without.historyLost?.first], [own.last, undefined, 1]);
});

test('both snapshots cut and the first segment damaged: nothing of it can be known, and that is said', async () => {
  await put(1000);
  for (const name of [snapshotFile, previousSnapshotFile]) writeFileSync(at(name), readFileSync(at(name)).subarray(0, 300));
  const segment = at(segments()[0] ?? '');
  const bytes = readFileSync(segment);
  writeFileSync(segment, bytes.fill(0x78, 100, 200));
  const codes = await found();
  assert.deepEqual(codes.slice(0, 2), ['messageBox.snapshotDamaged', 'messageBox.snapshotDamaged']);
  assert.ok(codes.includes('messageBox.damaged'));
  const { sequence, lost, unusable } = await repaired();
  assert.deepEqual([sequence, lost?.first, lost?.reason.code, unusable.length], [0, 1, 'messageBox.damaged', 2]);
});

test('a body that is gone is named with the instances that need it', async () => {
  const { last, hash } = await put(1000);
  rmSync(at('bodies', hash));
  assert.deepEqual(await found(), ['messageBox.bodyUnreadable']);
  const { sequence, bodies } = await repaired();
  assert.deepEqual([sequence, bodies.map((body) => body.hash)], [last, [hash]]);
  assert.ok(bodies.every(({ instances }) => instances.length > 0));
  assert.equal(errorIn(await cli('backup', 'backup', '--data', 'data', '--json')).code, 'messageBox.bodyUnreadable');
});

test('something behind a segment in the middle costs nothing, behind the last it is an interrupted write', async () => {
  const { last } = await put(1000);
  const [middle = '', newest = ''] = segments().slice(-2);
  writeFileSync(at(newest), Buffer.concat([readFileSync(at(newest)), Buffer.alloc(3000, 'x')]));
  assert.deepEqual(await found(), []);
  assert.match((await cli('verify', '--data', 'data')).out, /The last write was interrupted at record \d+/);
  await using group = await FakeGroup.start({});
  cpSync(join(root, 'data'), group.folder, { recursive: true });
  assert.doesNotMatch((await cli('verify', '--data', group.folder)).out, /interrupted/, 'a group that works is writing it');
  writeFileSync(at(middle), Buffer.concat([readFileSync(at(middle)), Buffer.alloc(3000, 'x')]));
  assert.deepEqual(await found(), [], 'it was written after the segment was sealed');
  const { sequence, historyLost } = await repaired();
  assert.deepEqual([sequence, historyLost], [last, undefined]);
});

test('where a copy cannot be, it says why and what to do; the data stays as it is', async () => {
  await put(1000);
  writeFileSync(join(root, 'file'), '');
  symlinkSync(join(root, 'data'), join(root, 'link'), 'junction');
  const before = readdirSync(join(root, 'data'), { recursive: true }).sort();
  const cases: readonly [string, string][] = [
    ['data', 'messageBox.targetInUse'],
    ['file', 'messageBox.targetInUse'],
    [join('data', 'copy'), 'messageBox.targetInside'],
    [join('link', 'messagebox', 'bodies', 'copy'), 'messageBox.targetInside'],
    [join('file', 'copy'), 'messageBox.targetUnwritable'],
  ];
  for (const [target, code] of cases) {
    for (const args of [
      ['repair', '--to', target],
      ['backup', target],
    ]) {
      const ran = await cli(...args, '--data', 'data', '--json');
      const error = errorIn(ran);
      assert.deepEqual([ran.code, error.code], [1, code], target);
      assert.notEqual(error.next, '');
    }
  }
  assert.deepEqual(readdirSync(join(root, 'data'), { recursive: true }).sort(), before);
  assert.deepEqual(readdirSync(root).sort(), ['data', 'file', 'link']);
});
