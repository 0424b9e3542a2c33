import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { messageOf, SohError } from '../../errors.ts';
import { BUNDLES } from '../../group/childProcess.ts';
import { serveRun } from '../../group/runServer.ts';
import { RecordedRun } from '../../replay/recordedRun.ts';
import { exportRun, fileSource } from '../../replay/runFile.ts';
import { runFileName } from '../../replay/runs.ts';
import { folderSource } from '../../replay/runSource.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { findFolder, withGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';

/** `export [FILE]` */
export const exportCommand: Command = {
  name: 'export',
  summary: term('Write the whole run to one file, which opens in VS Code and with the command "open"'),
  operands: [{ name: 'FILE', need: 'optional' }],
  options: [{ name: 'without-content', summary: term('Leave out message bodies and variables') }],
  details: [term('Works while the group runs and after it has stopped. Without FILE: a new file in this folder.')],
  async run(call) {
    const { values, world, print, t, language, json } = call;
    const { folder, last, name } = await runOf(call);
    const now = world.clock.wall();
    const file = resolve(world.workingFolder, call.operands[0] ?? runFileName(name, now));
    const withoutContent = values.has('without-content');
    const exported = await exportRun({ source: folderSource(folder, last), file, withoutContent, now });
    if (json) print.json(exported);
    else print.line(t('{records} records are in {file}', { records: formatNumber(exported.records, language), file: exported.file }));
    return EXIT.ok;
  },
};

/** `open FILE` */
export const openCommand: Command = {
  name: 'open',
  summary: term('Show an exported run in the browser'),
  operands: [{ name: 'FILE', need: 'one' }],
  options: [{ name: 'no-browser', summary: term('Only print the address') }],
  async run(call) {
    const { world, print, t, json, values } = call;
    const file = resolve(world.workingFolder, call.operands[0] ?? '');
    const source = await fileSource(await bytesOf(file), basename(file));
    // What cannot be opened is said here, not in the browser.
    await RecordedRun.open({ source, revision: 0 });
    const server = await serveRun({
      bundles: BUNDLES,
      openRun: () => RecordedRun.open({ source, revision: 0 }),
      clock: world.clock,
      log: (line) => world.err(`${line}\n`),
    });
    const url = server.url();
    const opened = !values.has('no-browser') && (await world.openBrowser(url));
    if (json) print.json({ url, opened });
    else if (opened) print.line(t('The run opens in the browser. Ctrl+C ends this.'));
    else print.line(t('Open this address in a browser within a minute; it works once: {url}', { url }));
    await new Promise<void>((ended) => {
      const stop = world.onInterrupt(() => {
        stop();
        ended();
      });
    });
    await server.close();
    return EXIT.ok;
  },
};

/** The running group that is meant, or the folder of one that has stopped. */
async function runOf(call: Call): Promise<{ folder: string; last: number; name: string }> {
  const { folder, running } = await findFolder(call);
  if (!running) return { folder, last: Infinity, name: basename(folder) };
  const status = await withGroup(call, (client) => client.call('status', {}));
  return { folder, last: status.messageBox.sequence, name: status.name };
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new SohError('run.unreadable', { file, reason: messageOf(error) }, error);
  }
}
