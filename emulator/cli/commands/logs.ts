import { join, resolve } from 'node:path';
import { pause } from '../../clock.ts';
import { defaultDataFolder } from '../../control/dataFolder.ts';
import { loggedHostInstances } from '../../control/logs.ts';
import { isCode, SohError } from '../../errors.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { findGroup } from '../connect.ts';
import { type LogLine, LogReader } from '../logReader.ts';
import { oneLine } from '../output/width.ts';

const LINES = 50;
const LOOK_EVERY_MS = 300;

/** `logs` */
export const logsCommand: Command = {
  name: 'logs',
  summary: term('Show what host instances print: console.log of orchestrations, warnings, errors'),
  operands: [{ name: 'hostInstance', need: 'any' }],
  options: [
    { name: 'follow', summary: term('Go on showing what is printed until Ctrl+C') },
    { name: 'lines', value: 'N', summary: term('Begin with the last N lines (default 50)'), atLeast: 0 },
  ],
  details: [term('Without a name it shows the lines of all host instances; also of a group that has stopped.')],
  async run(call) {
    const folder = await folderOf(call);
    const logs = new Logs(folder, await namesOf(call, folder), call);
    logs.show(await logs.last(call.values.number('lines') ?? LINES));
    if (call.values.has('follow')) await logs.follow();
    return EXIT.ok;
  },
};

/** The data folder of the group that runs, else of the one that ran last. */
async function folderOf(call: Call): Promise<string> {
  try {
    return (await findGroup(call)).folder;
  } catch (error) {
    if (!isCode(error, 'group.notRunning')) throw error;
    const { values, world } = call;
    const given = values.text('data');
    if (given !== undefined) return resolve(world.workingFolder, given);
    const here = defaultDataFolder(join(world.workingFolder, 'cluster.json'), world.homeFolder);
    return (await loggedHostInstances(here)).length > 0 ? here : defaultDataFolder(null, world.homeFolder);
  }
}

/** Throws `logs.none`. */
async function namesOf({ operands, values }: Call, folder: string): Promise<readonly string[] | undefined> {
  if (operands.length === 0) return undefined;
  const known = await loggedHostInstances(folder);
  const unknown = operands.find((name) => !known.includes(name));
  // Who follows may be earlier than the first line.
  if (unknown !== undefined && !values.has('follow')) throw new SohError('logs.none', { name: unknown, folder, known: known.join(', ') });
  return operands;
}

class Logs {
  readonly #folder: string;
  readonly #names: readonly string[] | undefined;
  readonly #call: Call;
  readonly #readers = new Map<string, LogReader>();

  /** @param names `undefined`: of all there are, also those that come later */
  constructor(folder: string, names: readonly string[] | undefined, call: Call) {
    this.#folder = folder;
    this.#names = names;
    this.#call = call;
  }

  /** The newest of all. */
  async last(count: number): Promise<readonly LogLine[]> {
    const found = await this.#each((reader) => reader.last(count));
    return count === 0 ? [] : found.slice(-count);
  }

  show(lines: readonly LogLine[]): void {
    const { json, print } = this.#call;
    for (const line of lines) {
      if (json) print.json(line, 'oneLine');
      else print.line([line.at, ...this.#nameOf(line), oneLine(line.text)].filter((part) => part !== '').join(' '));
    }
  }

  async follow(): Promise<void> {
    let stopped = false;
    const { clock, onInterrupt } = this.#call.world;
    const stop = onInterrupt(() => (stopped = true));
    while (!stopped) {
      await pause(clock, LOOK_EVERY_MS);
      this.show(await this.#each((reader) => reader.more()));
    }
    stop();
  }

  #nameOf({ hostInstance }: LogLine): readonly string[] {
    return this.#names?.length === 1 ? [] : [this.#call.print.paint('strong', oneLine(hostInstance))];
  }

  /** In the order they were printed. */
  async #each(read: (reader: LogReader) => Promise<readonly LogLine[]>): Promise<readonly LogLine[]> {
    const lines: LogLine[] = [];
    for (const name of this.#names ?? (await loggedHostInstances(this.#folder))) {
      let reader = this.#readers.get(name);
      if (!reader) this.#readers.set(name, (reader = new LogReader(this.#folder, name)));
      lines.push(...(await read(reader)));
    }
    return lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }
}
