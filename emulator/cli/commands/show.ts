import type { InstanceDetail } from '../../control/instances.ts';
import { saidIn, sentenceOf } from '../../text/sentence.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatDate } from '../output/format.ts';
import { historyLines } from '../output/history.ts';
import { partsLines } from '../output/parts.ts';
import { instanceTone } from '../output/states.ts';
import { oneLine } from '../output/width.ts';
import { stateText } from './instances.ts';

/** `show` */
export const showCommand: Command = {
  name: 'show',
  summary: term('Show the history of an instance: who ran which part, persistence points, takeovers'),
  operands: [{ name: 'instance', need: 'one' }],
  options: [],
  async run(call) {
    const detail = await withGroup(call, (client) => client.call('show', { instance: call.operands[0] ?? '' }));
    if (call.json) call.print.json(detail);
    else printDetail(detail, call);
    return EXIT.ok;
  },
};

function printDetail(detail: InstanceDetail, call: Call): void {
  const { print, t, language } = call;
  print.line(`${print.paint('strong', oneLine(detail.orchestration))}  ${oneLine(detail.id)}`);
  print.line(t('State: {state}', { state: print.paint(instanceTone(detail.state), stateText(detail, t)) }));
  if (detail.version !== undefined) print.line(t('Version: {version}', { version: oneLine(detail.version) }));
  if (detail.startedBy !== undefined) print.line(t('Started by {instance}', { instance: oneLine(detail.startedBy) }));
  if (detail.started !== undefined) print.line(startedText(detail.started, call));
  print.line(
    t('Created {created}, changed {changed}', {
      created: formatDate(detail.created, language),
      changed: formatDate(detail.changed, language),
    }),
  );
  print.line(
    t('Commits: {commits}, takeovers: {takeovers}, owner: {owner}', {
      commits: detail.commits,
      takeovers: detail.takeovers,
      owner: oneLine(detail.owner ?? '-'),
    }),
  );
  if (detail.error !== null) {
    print.line(print.paint('bad', t('Error: {message}', { message: oneLine(sentenceOf(detail.error.message)) })));
    for (const line of saidIn(detail.error.message)) print.line(`  ${oneLine(line)}`);
  }
  print.lines(partsLines(detail, call));
  printHistory(detail, call);
  if (detail.variables === null || Object.keys(detail.variables).length === 0) return;
  print.line();
  print.line(t('Variables at the last persistence point:'));
  for (const [name, value] of Object.entries(detail.variables)) print.line(`  ${oneLine(name)} = ${oneLine(JSON.stringify(value) ?? '')}`);
}

/** Of those it started, so many by name; the history has all. */
const SHOWN_STARTED = 5;

function startedText(started: readonly string[], { t }: Call): string {
  const instances = started.slice(0, SHOWN_STARTED).map(oneLine).join(t(', '));
  const more = started.length - SHOWN_STARTED;
  return more > 0 ? t('It started {instances} and {more} more', { instances, more }) : t('It started {instances}', { instances });
}

function printHistory({ history, unread }: InstanceDetail, call: Call): void {
  call.print.line();
  call.print.line(call.t('History:'));
  if (unread !== undefined) call.print.line(call.print.paint('bad', oneLine(errorText(unread, call.t).message)));
  for (const event of history) call.print.lines(historyLines(event, call));
}
