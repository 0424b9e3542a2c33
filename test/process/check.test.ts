/**
 * Guarantee: whatever the modules of a group do while they are loaded, `check` answers, names the module at fault, and tells of everything
 * else as well. Without modules nothing of the user runs.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { nodeClock } from '../../emulator/clock.ts';
import type { SohError } from '../../emulator/errors.ts';
import { checkGroup } from '../../emulator/group/checkGroup.ts';
import { SAMPLES } from '../../emulator/cluster/sample.ts';
import { BUNDLES } from '../faults/group.ts';

const folder = await mkdtemp(join(tmpdir(), 'soh-check-'));
after(() => rm(folder, { recursive: true, force: true }));

const LIMIT = { timeout: 120_000 };

const good = `import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const any = messageType({ name: '', format: 'json' });
export const good = orchestration('Good', { messages: { In: any }, ports: { In: receivePort() } }, (o) => [
  o.receive('Receive', { port: 'In', message: 'In', activate: true }),
]);
setInterval(() => undefined, 1000);
console.log('something a module prints');`;

/** Modules by the name of their orchestration. */
const modules: Readonly<Record<string, string>> = {
  Good: good,
  Hangs: 'for (;;) {}',
  Waits: 'await new Promise(() => undefined);\nsetInterval(() => undefined, 1000);',
  Ends: 'process.exit(0);',
  Aborts: 'process.abort();',
  Throws: '\nthrow new Error("on purpose");',
  Rejects: `void Promise.reject(new Error('nobody listens'));\nawait new Promise((resolve) => setTimeout(resolve, 50));`,
};

async function check(names: readonly string[], more: { readonly modules?: boolean; readonly loadMs?: number } = {}): Promise<SohError[]> {
  const orchestrations = names.map((name) => ({ name, module: `${name}.ts`, host: 'H' }));
  for (const name of names) await writeFile(join(folder, `${name}.ts`), modules[name] ?? '');
  const text = JSON.stringify({ computers: ['A'], hosts: [{ name: 'H', instances: ['A'] }], orchestrations }, null, 1);
  await writeFile(join(folder, 'cluster.json'), text);
  return checkGroup({
    text,
    fileName: 'cluster.json',
    baseFolder: folder,
    modules: true,
    bundles: BUNDLES,
    clock: nodeClock,
    env: process.env,
    loadMs: 3000,
    ...more,
  });
}

const told = (problems: readonly SohError[]): string[] =>
  problems.map(
    ({ code, parameters }) => `${code} ${String(parameters['module'])} ${String(parameters['file'])}:${String(parameters['line'])}`,
  );

test('a module that hangs, waits or ends the process is named, and all others are looked at', LIMIT, async () => {
  const problems = await check(['Good', 'Hangs', 'Waits', 'Ends', 'Aborts', 'Rejects', 'Throws']);
  const line = (name: string): number =>
    readFileSync(join(folder, 'cluster.json'), 'utf8')
      .split('\n')
      .findIndex((text) => text.includes(`"${name}.ts"`)) + 1;
  assert.deepEqual(told(problems), [
    `definition.moduleHangs Hangs.ts cluster.json:${line('Hangs')}`,
    // With a timer it would wait for ever; Node itself ends a process that has nothing more to do.
    `definition.moduleHangs Waits.ts cluster.json:${line('Waits')}`,
    `definition.moduleEnds Ends.ts cluster.json:${line('Ends')}`,
    `definition.moduleEnds Aborts.ts cluster.json:${line('Aborts')}`,
    `definition.moduleEnds Rejects.ts cluster.json:${line('Rejects')}`,
    'definition.moduleFailed Throws.ts Throws.ts:2',
  ]);
});

test('a module that keeps the process alive and prints is in order', LIMIT, async () => {
  assert.deepEqual(told(await check(['Good'])), []);
});

test('without modules nothing of the user runs, and what the file says is checked', LIMIT, async () => {
  const mark = join(folder, 'ran');
  await writeFile(join(folder, 'Marks.ts'), `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(mark)}, '');`);
  const text = JSON.stringify({
    ...{ computers: ['A'], hosts: [{ name: 'H', instances: ['A'] }], orchestrations: [{ name: 'Marks', module: 'Marks.ts', host: 'H' }] },
    messageTypes: { 'urn:a#A': { format: 'xml', promoted: { P: { path: '///' } } } },
  });
  const options = { text, fileName: 'cluster.json', baseFolder: folder, bundles: BUNDLES, clock: nodeClock, env: process.env };
  assert.deepEqual(
    (await checkGroup({ ...options, modules: false })).map(({ code }) => code),
    ['message.badPath'],
  );
  assert.ok(!existsSync(mark));
  assert.deepEqual(
    (await checkGroup({ ...options, modules: true })).map(({ code }) => code),
    ['message.badPath', 'definition.notFound'],
  );
  assert.ok(existsSync(mark));
});

test('the sample is in order; the command line says what is not, in both languages, and with --json nothing else', LIMIT, async () => {
  const run = promisify(execFile);
  const cli = async (...args: string[]): Promise<{ code: number; stdout: string }> => {
    const done = await run(process.execPath, [join(BUNDLES, 'cli.mjs'), ...args], { cwd: folder }).then(
      ({ stdout }) => ({ code: 0, stdout }),
      (error: unknown) => error as { code: number; stdout: string },
    );
    return { code: done.code, stdout: done.stdout };
  };
  assert.equal((await cli('check', join(SAMPLES, 'order-process', 'cluster.json'))).code, 0);
  await check(['Good', 'Throws']);
  assert.deepEqual(await cli('check', 'cluster.json'), {
    code: 1,
    stdout:
      'Throws.ts:2:7: The module Throws.ts could not be loaded: on purpose (Throws.ts:2:7) Correct the module; its path is set in cluster.json.\n',
  });
  assert.match((await cli('--lang', 'zh-cn', 'check', 'cluster.json')).stdout, /^Throws\.ts:2:7: .*无法加载/);
  const { problems } = JSON.parse((await cli('check', 'cluster.json', '--json')).stdout) as { problems: { code: string }[] };
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['definition.moduleFailed'],
  );
});
