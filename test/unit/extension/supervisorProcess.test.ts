/** Guarantee: a supervisor starts with a clean environment, in its own data folder, and its last words are kept. Uses small real processes. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { isCode } from '../../../emulator/errors.ts';
import { dataFolder, dataFolders, workspaceName } from '../../../extension/session/dataFolders.ts';
import { cleanEnvironment } from '../../../extension/session/environment.ts';
import { supervisorLog } from '../../../emulator/control/logs.ts';
import { LogTail } from '../../../emulator/control/logTail.ts';
import { startSupervisor } from '../../../extension/session/supervisorProcess.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'soh-extension-'));
});
after(async () => rm(folder, { recursive: true, force: true }));

async function program(name: string, source: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, source);
  return path;
}

test('it gets its folder, its file and the time to live unwatched', async () => {
  const path = await program('echo.mjs', 'console.log(JSON.stringify(process.argv.slice(2)));');
  const data = join(folder, 'data');
  const options = { program: path, node: process.execPath, stopWithWindow: true };
  const { exited } = await startSupervisor({ folder: data, clusterFile: '/c/cluster.json' }, options);
  const { code, lastLines } = await exited;
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(lastLines), ['--data', data, '--cluster-file', '/c/cluster.json', '--stop-when-unwatched', '30000']);
});

test('it runs on without the window when that is the setting', async () => {
  const path = await program('echo.mjs', 'console.log(JSON.stringify(process.argv.slice(2)));');
  const data = join(folder, 'data');
  const { exited } = await startSupervisor(
    { folder: data, clusterFile: null },
    { program: path, node: process.execPath, stopWithWindow: false },
  );
  assert.deepEqual(JSON.parse((await exited).lastLines), ['--data', data]);
  assert.match(await readFile(join(data, 'supervisor.previous.log'), 'utf8'), /cluster\.json/, 'the words of the run before are kept');
});

test('a folder that cannot be used is an error of its own', async () => {
  const file = join(folder, 'a-file');
  await writeFile(file, '');
  const options = { program: 'x', node: process.execPath, stopWithWindow: true };
  await assert.rejects(startSupervisor({ folder: join(file, 'data'), clusterFile: null }, options), (error) =>
    isCode(error, 'messageBox.folderUnusable'),
  );
});

test('an executable that is not there ends the start with its name', async () => {
  const options = { program: 'x', node: join(folder, 'no-node'), stopWithWindow: true };
  const { exited } = await startSupervisor({ folder: join(folder, 'data'), clusterFile: null }, options);
  assert.match((await exited).lastLines, /no-node/);
});

test('nothing of VS Code or of a debugger reaches the environment', () => {
  const environment = cleanEnvironment({
    PATH: '/bin',
    NODE_OPTIONS: '--inspect',
    VSCODE_IPC_HOOK: 'x',
    SECRET: 's',
    ELECTRON_RUN_AS_NODE: '',
  });
  assert.deepEqual(environment, { PATH: '/bin', ELECTRON_RUN_AS_NODE: '1' });
});

test('a log is handed out line by line, once, also in pieces', async () => {
  const lines: string[] = [];
  const path = supervisorLog(join(folder, 'data'));
  await writeFile(path, 'one\ntw');
  const tail = new LogTail(
    path,
    (line) => lines.push(line),
    (error) => assert.fail(String(error)),
  );
  await tail.drain();
  await writeFile(path, 'one\ntwo\nthree\n');
  await tail.drain();
  assert.deepEqual(lines, ['one', 'two', 'three']);
});

test('every group file has a data folder of its own, the last one is looked at first', async () => {
  assert.notEqual(dataFolder(folder, '/a/x/cluster.json'), dataFolder(folder, '/b/x/cluster.json'));
  assert.equal(dataFolder(folder, null), join(folder, 'sample'));
  assert.deepEqual(await dataFolders(folder, join(folder, 'data')), [join(folder, 'data')]);
  assert.deepEqual(await dataFolders(join(folder, 'nowhere'), undefined), []);
});

test('every window on a workspace looks in the same folder, and windows without one share theirs', () => {
  assert.equal(workspaceName([]), 'no-folder');
  assert.equal(workspaceName(['file:///w']), workspaceName(['file:///w']));
  assert.notEqual(workspaceName(['file:///w']), workspaceName(['file:///v']));
});
