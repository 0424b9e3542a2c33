/** Guarantee: a data folder that is made is for the user only and in nobody's repository; what is somebody's own is left alone. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { folderBeside, makeDataFolder } from '../../../emulator/control/dataFolder.ts';
import { writeDiscovery } from '../../../emulator/control/discovery.ts';

const root = mkdtempSync(join(tmpdir(), 'soh-data-'));
after(() => rmSync(root, { recursive: true }));
const made = (...names: string[]): string => {
  const folder = join(root, ...names);
  mkdirSync(folder, { recursive: true });
  return folder;
};

test('git sees nothing of a data folder in a work tree, whatever comes into it', () => {
  const tree = made('tree');
  execFileSync('git', ['init', '-q', tree]);
  for (const folder of [folderBeside(tree), join(tree, 'deep', 'data')]) {
    makeDataFolder(folder);
    mkdirSync(join(folder, 'messagebox'));
    for (const name of ['group.json', 'supervisor.log', join('messagebox', 'owner.json')]) writeFileSync(join(folder, name), 'secret');
  }
  writeFileSync(join(tree, 'cluster.json'), '{}');
  const seen = execFileSync('git', ['-C', tree, 'status', '--porcelain', '--untracked-files=all'], { encoding: 'utf8' });
  assert.equal(seen, '?? cluster.json\n');
});

test('whoever makes it first: with the folder of types there already, or with the file that has the token', async () => {
  const first = folderBeside(made('types'));
  mkdirSync(join(first, 'types'), { recursive: true });
  makeDataFolder(first);
  assert.match(readFileSync(join(first, '.gitignore'), 'utf8'), /^\*$/m);
  const second = join(root, 'other', 'data');
  await writeDiscovery(second, { pid: 1, startTime: '', port: 1, token: 'x'.repeat(32), clusterFile: null, started: '' });
  assert.match(readFileSync(join(second, '.gitignore'), 'utf8'), /^\*$/m);
});

test('a folder with other things in it is not hidden from git', () => {
  const project = made('project');
  writeFileSync(join(project, 'cluster.json'), '{}');
  makeDataFolder(project);
  makeDataFolder(project);
  assert.ok(!existsSync(join(project, '.gitignore')));
});

test('what is in a .gitignore already stays, and nothing is lost on the second time', () => {
  const folder = folderBeside(made('own'));
  mkdirSync(folder);
  writeFileSync(join(folder, '.gitignore'), '!types\n');
  makeDataFolder(folder);
  assert.equal(readFileSync(join(folder, '.gitignore'), 'utf8'), '!types\n');
});

test('the user only', { skip: process.platform === 'win32' }, () => {
  const folder = join(root, 'mode', 'data');
  makeDataFolder(folder);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, '.gitignore')).mode & 0o777, 0o600);
  assert.throws(() => makeDataFolder(join(folder, '.gitignore', 'x')), { code: 'ENOTDIR' });
});
