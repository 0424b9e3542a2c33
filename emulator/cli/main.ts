#!/usr/bin/env node
/** The command `scaled-out-hosts`: gives the command line the real world. */
import { homedir } from 'node:os';
import { nodeClock } from '../clock.ts';
import { isOutOfRoom } from '../errors.ts';
import { chooseLanguage } from '../text/language.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { confirm } from './confirm.ts';
import { openBrowser } from './openBrowser.ts';
import { run } from './run.ts';
import { spawnSupervisor } from './spawnSupervisor.ts';
import type { World } from './world.ts';

const INTERRUPTS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// `scaled-out-hosts instances | head`: the reader has seen enough, which is no failure. A file on a full disk takes no more words; a group that
// runs in this process goes on all the same.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit();
  if (!isOutOfRoom(error)) throw error;
  process.exitCode = 1;
});
process.stderr.on('error', (error) => {
  if (!isOutOfRoom(error)) throw error;
});

const world: World = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  columns: process.stdout.isTTY ? process.stdout.columns : undefined,
  colour: process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb',
  language: chooseLanguage(process.env, Intl.DateTimeFormat().resolvedOptions().locale),
  workingFolder: process.cwd(),
  homeFolder: homedir(),
  version: packageJson.version,
  clock: nodeClock,
  onInterrupt(interrupted) {
    for (const signal of INTERRUPTS) process.on(signal, interrupted);
    return () => {
      for (const signal of INTERRUPTS) process.off(signal, interrupted);
    };
  },
  confirm: process.stdin.isTTY && process.stderr.isTTY ? confirm : undefined,
  openBrowser: (url) => openBrowser(url),
  exit: (code) => process.exit(code),
  // Loaded only when they are needed: most commands just ask a running group.
  startSupervisor: async (options) => (await import('../group/supervisor.ts')).startSupervisor({ ...options, clock: nodeClock }),
  spawnSupervisor,
  checkGroup: async (group) => {
    const [{ checkGroup }, { BUNDLES, childEnvironment }] = await Promise.all([
      import('../group/checkGroup.ts'),
      import('../group/childProcess.ts'),
    ]);
    return checkGroup({ ...group, modules: true, bundles: BUNDLES, clock: nodeClock, env: childEnvironment() });
  },
  runDemo: async (options, demoWorld) => {
    const { runDemo } = await import('./demo.ts');
    return runDemo({ ...options, seed: options.seed ?? Math.floor(Math.random() * 1_000_000) }, demoWorld);
  },
};

process.exitCode = await run(process.argv.slice(2), world);
