import { access } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SohError } from '../../errors.ts';
import { defaultDataFolder } from '../../control/dataFolder.ts';
import { readDiscovery } from '../../control/discovery.ts';
import { checkClusterFile, readClusterFileText } from '../../cluster/loadClusterFile.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { startDetached } from '../startDetached.ts';
import { runInForeground } from '../startForeground.ts';
import type { SupervisorOptions } from '../world.ts';
import { problemLines } from './check.ts';

/** `start` */
export const startCommand: Command = {
  name: 'start',
  summary: term('Start a group: the one of cluster.json, or the sample'),
  operands: [{ name: 'cluster.json', need: 'optional' }],
  options: [
    { name: 'detach', summary: term('Start it in the background and come back when it runs') },
    { name: 'open', summary: term('Open the dashboard in the browser when it runs') },
  ],
  details: [
    term('In the foreground it shows what happens until Ctrl+C stops the group; a second Ctrl+C kills it.'),
    term('The data folder is .scaled-out-hosts beside cluster.json; that of the sample is in the home folder.'),
  ],
  async run(call) {
    const options = optionsFrom(call);
    if (options.clusterFile !== null && !(await inOrder(options.clusterFile, call))) return EXIT.failed;
    const running = await readDiscovery(options.dataFolder);
    if (running !== undefined) throw new SohError('group.alreadyRunning', { folder: options.dataFolder, pid: running.pid });
    await hintAtLocalFile(options, call);
    return call.values.has('detach') ? startDetached(options, call) : runInForeground(options, call);
  },
};

function optionsFrom({ operands, values, world }: Call): SupervisorOptions {
  const [given] = operands;
  const data = values.text('data');
  const clusterFile = given === undefined ? null : resolve(world.workingFolder, given);
  return {
    clusterFile,
    dataFolder: data === undefined ? defaultDataFolder(clusterFile, world.homeFolder) : resolve(world.workingFolder, data),
  };
}

/** All problems are shown at once; with `--json` the first is thrown, like every other error. */
async function inOrder(clusterFile: string, call: Call): Promise<boolean> {
  const problems = checkClusterFile(await readClusterFileText(clusterFile), clusterFile);
  const [first] = problems;
  if (first === undefined) return true;
  if (call.json) throw first;
  call.world.err(`${problemLines(problems, clusterFile, call).join('\n')}\n`);
  return false;
}

/** Without a file the sample starts, which surprises in a folder that has a group file. */
async function hintAtLocalFile({ clusterFile }: SupervisorOptions, { json, print, t, world }: Call): Promise<void> {
  if (clusterFile !== null || json) return;
  const here = await access(join(world.workingFolder, 'cluster.json')).then(
    () => true,
    () => false,
  );
  if (here) print.line(t('This starts the sample. To start the group file of this folder: scaled-out-hosts start cluster.json'));
}
