import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { SubmittedFile } from '../../control/commands.ts';
import { messageOf, SohError } from '../../errors.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';

/** `submit` */
export const submitCommand: Command = {
  name: 'submit',
  summary: term('Give messages to a receive location'),
  operands: [
    { name: 'receiveLocation', need: 'one' },
    { name: 'file', need: 'many' },
  ],
  options: [{ name: 'count', value: 'N', summary: term('Submit each file this many times (default 1)'), atLeast: 1 }],
  async run(call) {
    const [location = '', ...paths] = call.operands;
    const files = await Promise.all(paths.map((path) => read(resolve(call.world.workingFolder, path))));
    const count = call.values.number('count');
    const result = await withGroup(call, (client) => client.call('submit', { location, files, ...(count === undefined ? {} : { count }) }));
    if (call.json) call.print.json(result);
    else call.print.line(call.t('Messages submitted: {count}', { count: formatNumber(result.submitted, call.language) }));
    return EXIT.ok;
  },
};

async function read(path: string): Promise<SubmittedFile> {
  try {
    return { name: basename(path), content: await readFile(path, 'base64'), encoding: 'base64' };
  } catch (error) {
    throw new SohError('file.unreadable', { file: path, reason: messageOf(error) }, error);
  }
}
