import type { Commands } from '../../control/commands.ts';
import type { InstanceSummary } from '../../control/instances.ts';
import { sentenceOf } from '../../text/sentence.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatNumber, formatTime, shortVersion } from '../output/format.ts';
import { instanceTone } from '../output/states.ts';
import { table } from '../output/table.ts';
import { oneLine } from '../output/width.ts';
import { choiceOptions, chosenInstances } from './chosenInstances.ts';

/** `instances` */
export const instancesCommand: Command = {
  name: 'instances',
  summary: term('List instances of orchestrations and ports, suspended first, then the newest'),
  operands: [],
  options: [...choiceOptions, { name: 'limit', value: 'N', summary: term('At most this many (default 200)'), atLeast: 1 }],
  async run(call) {
    const limit = call.values.number('limit');
    const args = { filter: chosenInstances(call, 'instances'), ...(limit === undefined ? {} : { limit }) };
    const result = await withGroup(call, (client) => client.call('instances', args));
    if (call.json) call.print.json(result);
    else printInstances(result, call);
    return EXIT.ok;
  },
};

function printInstances(result: Commands['instances']['result'], { print, t, language }: Call): void {
  // Those that ended may be missing.
  if (result.unread !== undefined) print.line(print.paint('bad', oneLine(errorText(result.unread, t).message)));
  if (result.instances.length === 0) {
    print.line(t('There are no such instances.'));
    return;
  }
  const lines = table<InstanceSummary>(
    [
      { title: t('INSTANCE'), value: (row) => oneLine(row.id) },
      { title: t('ORCHESTRATION'), value: (row) => oneLine(row.orchestration), shrinks: true },
      { title: t('STATE'), value: (row) => stateText(row, t), paint: (cell, row) => print.paint(instanceTone(row.state), cell) },
      { title: t('OWNER'), value: (row) => oneLine(row.owner ?? '-') },
      { title: t('COMMITS'), value: (row) => formatNumber(row.commits, language), align: 'right' },
      { title: t('TAKEOVERS'), value: (row) => formatNumber(row.takeovers, language), align: 'right' },
      { title: t('CHANGED'), value: (row) => formatTime(row.changed, language) },
      { title: t('ERROR'), value: (row) => (row.error === null ? '' : oneLine(sentenceOf(row.error.message))), shrinks: true },
    ],
    result.instances,
    print.columns,
  );
  print.lines(lines);
  print.line(
    t('Shown: {shown} of {total}', { shown: formatNumber(result.instances.length, language), total: formatNumber(result.total, language) }),
  );
}

/** State of an instance with the operation that waits for its next persistence point. */
export function stateText(row: Pick<InstanceSummary, 'state' | 'pendingOperation' | 'orchestration' | 'version'>, t: Call['t']): string {
  if (row.state === 'Waits for version') return awayText(row, t);
  if (row.pendingOperation === null) return t(row.state);
  const pending = row.pendingOperation === 'suspend' ? t('pending suspend') : t('pending terminate');
  return `${t(row.state)}, ${pending}`;
}

/** What an instance waits for that no host instance has. */
function awayText({ orchestration, version }: Pick<InstanceSummary, 'orchestration' | 'version'>, t: Call['t']): string {
  const name = oneLine(orchestration);
  return version === undefined
    ? t('Waits for send port {name}', { name })
    : t('Waits for version {version} of {name}', { version: shortVersion(version), name });
}
