import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Commands, SubmittedFile } from '../../control/commands.ts';
import { messageOf, SohError } from '../../errors.ts';
import { sentenceOf } from '../../text/sentence.ts';
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';
import { oneLine } from '../output/width.ts';
import { printError } from '../output/wireError.ts';

/** Of suspended messages so many are named. */
const SUSPENDED_SHOWN = 10;

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
    const wanted = { location, files, follow: true as const, ...(count === undefined ? {} : { count }) };
    const result = await withGroup(call, (client) => client.call('submit', wanted));
    if (call.json) call.print.json(result);
    else printResult(result, call);
    return result.failed || result.suspended?.length ? EXIT.failed : EXIT.ok;
  },
};

function printResult({ submitted, taken = [], suspended = [], failed, notTaken }: Commands['submit']['result'], call: Call): void {
  const { print, t, language } = call;
  print.line(t('Messages submitted: {count}', { count: formatNumber(submitted, language) }));
  for (const { hostInstance, messages } of taken)
    print.line(t('Taken by {hostInstance}: {count}', { hostInstance: oneLine(hostInstance), count: formatNumber(messages, language) }));
  for (const { instance, error } of suspended.slice(0, SUSPENDED_SHOWN))
    print.line(print.paint('bad', t('Suspended: {id}. {reason}', { id: instance, reason: oneLine(sentenceOf(error.message)) })));
  const more = suspended.length - SUSPENDED_SHOWN;
  if (more > 0)
    print.line(t('More are suspended: {count}. List them with "scaled-out-hosts instances".', { count: formatNumber(more, language) }));
  for (const error of [failed, notTaken]) if (error) printError(error, call);
}

async function read(path: string): Promise<SubmittedFile> {
  try {
    return { name: basename(path), content: await readFile(path, 'base64'), encoding: 'base64' };
  } catch (error) {
    throw new SohError('file.unreadable', { file: path, reason: messageOf(error) }, error);
  }
}
