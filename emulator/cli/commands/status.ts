import type { GroupStatus, HostInstanceStatus, OrchestrationStatus, ReceiveLocationStatus } from '../../control/status.ts';
import { term } from '../../text/term.ts';
import { clockSentence } from '../../text/machineText.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { formatBytes, formatNumber, formatTime, shortVersion } from '../output/format.ts';
import { processTone, serviceInstanceStates } from '../output/states.ts';
import { table } from '../output/table.ts';
import { oneLine } from '../output/width.ts';

/** `status` */
export const statusCommand: Command = {
  name: 'status',
  summary: term('Show the host instances, the MessageBox and what they are doing'),
  operands: [],
  options: [],
  async run(call) {
    const status = await withGroup(call, (client) => client.call('status', {}));
    if (call.json) call.print.json(status);
    else printStatus(status, call);
    return status.state === 'failed' ? EXIT.failed : EXIT.ok;
  },
};

/** The whole state of a group for people. */
export function printStatus(status: GroupStatus, call: Call): void {
  const { print } = call;
  print.lines(groupLines(status, call));
  print.line();
  print.lines(hostInstanceLines(status.hostInstances, call));
  if (status.services.length > 0) {
    print.line();
    print.lines(serviceLines(status.services, call));
  }
  if (status.receiveLocations.length === 0) return;
  print.line();
  print.lines(receiveLocationLines(status.receiveLocations, call));
}

/** The receive locations, and below them what they do not take. */
function receiveLocationLines(locations: readonly ReceiveLocationStatus[], { print, t, language }: Call): string[] {
  const rows = table<ReceiveLocationStatus>(
    [
      { title: t('RECEIVE LOCATION'), value: (row) => oneLine(row.name) },
      { title: t('HOST'), value: (row) => oneLine(row.host) },
      { title: t('ADAPTER'), value: (row) => row.adapter },
      { title: t('ADDRESS'), value: (row) => oneLine(row.address) },
    ],
    locations,
    undefined,
  );
  const notices = locations.flatMap(({ name, notices: said = [], moreNotices = 0 }) => [
    ...said.map(({ at, error }) => print.paint('bad', `${formatTime(at, language)}  ${oneLine(errorText(error, t).message)}`)),
    ...(moreNotices > 0
      ? [print.paint('bad', t('Receive location "{location}": {count} more files are not taken.', { location: name, count: moreNotices }))]
      : []),
  ]);
  return [...rows, ...notices];
}

function groupLines(status: GroupStatus, { print, t, language }: Call): string[] {
  const { messageBox } = status;
  const counts = serviceInstanceStates
    .filter((state) => messageBox.counts[state] > 0)
    .map((state) => `${t(state)} ${formatNumber(messageBox.counts[state], language)}`);
  const failed = status.computers.filter((computer) => computer.state === 'failed').map((computer) => computer.name);
  const errors = [status.error, messageBox.error].filter((error) => error !== undefined);
  return [
    t('Group {name} (local): {state}', {
      name: print.paint('strong', oneLine(status.name)),
      state: print.paint(processTone(status.state), t(status.state)),
    }),
    t('Profile {profile}, supervisor process {pid}', { profile: status.profile, pid: status.supervisorPid }),
    t('Group file: {file}', { file: status.clusterFile ?? t('the sample') }),
    t('Data: {folder}', { folder: oneLine(status.dataFolder) }),
    t(
      'MessageBox: {state}, process {pid}, generation {generation}, record {sequence}, journal {size}, messages {messages}, subscriptions {subscriptions}',
      {
        state: print.paint(processTone(messageBox.state), t(messageBox.state)),
        pid: messageBox.pid ?? '-',
        generation: messageBox.generation,
        sequence: formatNumber(messageBox.sequence, language),
        size: formatBytes(messageBox.journalBytes, language),
        messages: formatNumber(messageBox.messages, language),
        subscriptions: formatNumber(messageBox.subscriptions, language),
      },
    ),
    t('Instances: {counts}', { counts: counts.join(', ') || t('none') }),
    ...(failed.length > 0 ? [print.paint('bad', t('Failed computers: {names}', { names: oneLine(failed.join(', ')) }))] : []),
    ...(messageBox.notices ?? []).map((notice) => print.paint('busy', oneLine(errorText(notice, t).message))),
    ...errors.map((error) => print.paint('bad', oneLine(errorText(error, t).message))),
    ...(messageBox.clock ? [print.paint('busy', clockSentence(messageBox.clock, t))] : []),
  ];
}

function hostInstanceLines(hostInstances: readonly HostInstanceStatus[], { print, t, language }: Call): string[] {
  const count = (value: number): string => formatNumber(value, language);
  const rows = table<HostInstanceStatus>(
    [
      { title: t('HOST INSTANCE'), value: (row) => oneLine(row.name) },
      { title: t('STATE'), value: (row) => t(row.state), paint: (cell, row) => print.paint(processTone(row.state), cell) },
      { title: t('PID'), value: (row) => String(row.pid ?? '-'), align: 'right' },
      { title: t('ACTIVE'), value: (row) => count(row.active), align: 'right' },
      { title: t('CREDIT'), value: (row) => count(row.credit), align: 'right' },
      { title: t('COMMITTED'), value: (row) => count(row.committed), align: 'right' },
      {
        title: t('LEASE AGE'),
        value: (row) => (row.leaseAgeMs === null ? '-' : `${count(row.leaseAgeMs)}/${count(row.leaseMs)} ms`),
        align: 'right',
      },
      { title: t('MEMORY'), value: (row) => (row.rssMb === null ? '-' : `${count(Math.round(row.rssMb))} MB`), align: 'right' },
      { title: t('RESTARTS'), value: (row) => count(row.restarts), align: 'right' },
    ],
    hostInstances,
    print.columns,
  );
  const errors = hostInstances.flatMap((row) =>
    row.error === undefined ? [] : [print.paint('bad', oneLine(`${row.name}: ${errorText(row.error, t).message}`))],
  );
  return [...rows, ...errors];
}

function serviceLines(services: readonly OrchestrationStatus[], { print, t, language }: Call): string[] {
  const kinds = { orchestration: t('orchestration'), sendPort: t('send port'), receiveLocation: t('receive location') };
  const sum = (row: OrchestrationStatus, ...prefixes: readonly string[]): string =>
    formatNumber(
      serviceInstanceStates
        .filter((state) => prefixes.some((prefix) => state.startsWith(prefix)))
        .reduce((total, state) => total + row.counts[state], 0),
      language,
    );
  const rows = table<OrchestrationStatus>(
    [
      { title: t('SERVICE'), value: (row) => oneLine(row.name), shrinks: true },
      { title: t('KIND'), value: (row) => kinds[row.kind] },
      { title: t('HOST'), value: (row) => oneLine(row.host) },
      { title: t('READY'), value: (row) => sum(row, 'Ready', 'Scheduled'), align: 'right' },
      { title: t('ACTIVE'), value: (row) => sum(row, 'Active'), align: 'right' },
      { title: t('DEHYDRATED'), value: (row) => sum(row, 'Dehydrated'), align: 'right' },
      { title: t('SUSPENDED'), value: (row) => sum(row, 'Suspended'), align: 'right' },
      { title: t('COMPLETED'), value: (row) => sum(row, 'Completed'), align: 'right' },
    ],
    services,
    print.columns,
  );
  const waiting = services.flatMap(({ name, waiting: versions = [] }) =>
    versions.map(({ version, instances }) => print.paint('bad', waitingText(oneLine(name), version, formatNumber(instances, language), t))),
  );
  return [...rows, ...waiting];
}

function waitingText(name: string, version: string | undefined, count: string, t: Call['t']): string {
  return version === undefined
    ? t('{name}: {count} waits for send port {name}, which no host instance has', { name, count })
    : t('{name}: {count} waits for version {version} of {name}, which no host instance has', {
        name,
        count,
        version: shortVersion(version),
      });
}
