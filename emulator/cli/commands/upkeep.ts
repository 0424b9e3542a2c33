/** Looking after the data of a group: verify, repair, backup, reset. */
import { join, resolve } from 'node:path';
import { copyOwnFiles } from '../../cluster/sample.ts';
import { findRunning } from '../../control/discovery.ts';
import { SohError, toWire } from '../../errors.ts';
import { resetData } from '../../group/resetData.ts';
import { verifyFolder } from '../../group/verifyFolder.ts';
import { type Disk, nodeDisk } from '../../messagebox/storage/disk.ts';
import { MESSAGE_BOX_FOLDER } from '../../messagebox/storage/folders.ts';
import { backup } from '../../messagebox/upkeep/backup.ts';
import { makeNewFolder, type NewFolder } from '../../messagebox/upkeep/newFolder.ts';
import { watchedDisk } from '../../messagebox/upkeep/watchedDisk.ts';
import { repair, type Repaired } from '../../messagebox/upkeep/repair.ts';
import { term } from '../../text/term.ts';
import { errorText } from '../../text/translate.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { findFolder, folderWithData, withGroup } from '../connect.ts';
import { formatNumber } from '../output/format.ts';
import { oneLine } from '../output/width.ts';
import { printError } from '../output/wireError.ts';

/** From here on what takes long says how far it is, and this often. */
const PROGRESS_MS = 2000;

/** `verify` */
export const verifyCommand: Command = {
  name: 'verify',
  summary: term('Read all data of a group and say what is damaged or missing'),
  operands: [],
  options: [],
  details: [term('Works while the group runs and after it has stopped. Changes nothing.')],
  async run(call) {
    const { print, t, language, json } = call;
    const folder = folderWithData(call);
    const verified = await verifyFolder(reading(call), folder);
    const { sequence, segments, bodies, problems, unmarked, interrupted } = verified;
    if (json) print.json({ folder, ...verified, problems: problems.map(toWire) });
    else {
      print.line(t('Data: {folder}', { folder: oneLine(folder) }));
      const number = (value: number): string => formatNumber(value, language);
      const counts = { records: number(sequence), segments: number(segments), bodies: number(bodies) };
      print.line(t('Read: {records} records, {segments} journal segments, {bodies} message bodies', counts));
      // Of a group that works it is the write of this moment.
      if (interrupted !== undefined && !(await isInUse(folder)))
        print.line(
          t('The last write was interrupted at record {record}; nothing of it was acknowledged', {
            record: number(interrupted.sequence),
          }),
        );
      for (const error of [...(unmarked === undefined ? [] : [new SohError('messageBox.unmarked', { file: unmarked })]), ...problems])
        printError(toWire(error), call);
      if (problems.length === 0) print.line(print.paint('good', t('No damage was found.')));
    }
    return problems.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

/** `repair --to DIR` */
export const repairCommand: Command = {
  name: 'repair',
  summary: term('Make a copy of damaged data that can be started, and say what it gives up'),
  operands: [],
  options: [{ name: 'to', value: 'DIR', summary: term('Folder of the copy; must not exist yet') }],
  details: [
    term('The copy has everything up to the first record that is lost, and nothing behind it. The data itself is not changed.'),
    term('Start the copy with: start --data DIR'),
  ],
  async run(call) {
    const to = call.values.text('to');
    if (to === undefined) throw new SohError('usage.missingArgument', { command: 'repair', argument: '--to DIR' });
    const target = resolve(call.world.workingFolder, to);
    const folder = folderWithData(call);
    await refuseRunning(folder);
    const repaired = await makeNewFolder(newFolder(target, folder, call), async (part) => {
      const done = await repair(reading(call), join(folder, MESSAGE_BOX_FOLDER), join(part, MESSAGE_BOX_FOLDER));
      copyOwnFiles(folder, part);
      return done;
    });
    if (call.json) call.print.json({ folder: target, ...wireOf(repaired) });
    else printRepaired(target, repaired, call);
    return EXIT.ok;
  },
};

function wireOf({ lost, unusable, ...others }: Repaired): object {
  return { ...others, ...(lost && { lost: { ...lost, reason: toWire(lost.reason) } }), unusable: unusable.map(toWire) };
}

function printRepaired(folder: string, { sequence, lost, historyLost, bodies, unusable, unmarked }: Repaired, call: Call): void {
  const { print, t, language } = call;
  const number = (value: number): string => formatNumber(value, language);
  print.line(t('The copy is in {folder}. It has everything up to record {record}.', { folder: oneLine(folder), record: number(sequence) }));
  if (lost === undefined) print.line(print.paint('good', t('Nothing is given up.')));
  else {
    print.line(print.paint('bad', t('Given up: records {first} to {last}', { first: number(lost.first), last: number(lost.last) })));
    print.line(oneLine(errorText(toWire(lost.reason), t).message));
    print.line(
      lost.acknowledged === undefined
        ? t('None of them is known to have been acknowledged.')
        : t('Acknowledged were those up to {last}.', { last: number(lost.acknowledged) }),
    );
    if (lost.instances.length > 0)
      print.line(t('They name these instances: {instances}', { instances: oneLine(lost.instances.join(', ')) }));
  }
  for (const error of unusable) print.line(t('Not used: {reason}', { reason: oneLine(errorText(toWire(error), t).message) }));
  if (historyLost !== undefined)
    print.line(t('Without history: records {first} to {last}', { first: number(historyLost.first), last: number(historyLost.last) }));
  for (const { hash, reason, instances } of bodies) {
    printError(toWire(new SohError('messageBox.bodyUnreadable', { hash, reason })), call);
    if (instances.length > 0) print.line(t('It is for these instances: {instances}', { instances: oneLine(instances.join(', ')) }));
  }
  if (unmarked !== undefined) printError(toWire(new SohError('messageBox.unmarked', { file: unmarked })), call);
}

/** `backup DIR` */
export const backupCommand: Command = {
  name: 'backup',
  summary: term('Copy the data of a group so that the copy can be started'),
  operands: [{ name: 'DIR', need: 'one' }],
  options: [],
  details: [
    term('Works while the group runs, without holding it up, and after it has stopped. DIR must not exist yet.'),
    term('Start the copy with: start --data DIR'),
    term('Never let the copy and the group it was made of work on the same receive folders at the same time.'),
  ],
  async run(call) {
    const target = resolve(call.world.workingFolder, call.operands[0] ?? '');
    const { folder, running } = await findFolder(call);
    const durable = async (): Promise<number> =>
      running ? (await withGroup(call, (client) => client.call('status', {}))).messageBox.sequence : Infinity;
    const made = await makeNewFolder(newFolder(target, folder, call), async (part) => {
      const done = await backup(reading(call), join(folder, MESSAGE_BOX_FOLDER), join(part, MESSAGE_BOX_FOLDER), durable);
      copyOwnFiles(folder, part);
      return done;
    });
    const { print, t, language, json } = call;
    if (json) print.json({ folder: target, ...made });
    else {
      const record = formatNumber(made.sequence, language);
      print.line(t('The copy is in {folder}. It has everything up to record {record}.', { folder: oneLine(target), record }));
      print.line(t('Instances that have not ended: {instances}', { instances: formatNumber(made.instances, language) }));
    }
    return EXIT.ok;
  },
};

/** `reset --yes` */
export const resetCommand: Command = {
  name: 'reset',
  summary: term('Delete all messages, instances and their history of a group that has stopped'),
  operands: [],
  options: [{ name: 'yes', summary: term('Do not ask; needed where nobody can answer') }],
  details: [term('Exported runs and the files of the group stay. What is deleted cannot be brought back.')],
  async run(call) {
    const { values, json, world, t } = call;
    const ask = json ? undefined : world.confirm;
    if (!values.has('yes') && ask === undefined) throw new SohError('usage.missingArgument', { command: 'reset', argument: '--yes' });
    const folder = folderWithData(call);
    await refuseRunning(folder);
    const question = t('Delete all messages, instances and their history in {folder}? This cannot be undone. (yes/no)', {
      folder: oneLine(folder),
    });
    if (!values.has('yes') && (await ask?.(question)) !== true) {
      call.print.line(t('Nothing was deleted.'));
      return EXIT.failed;
    }
    await resetData(folder, world.clock);
    if (json) call.print.json({ folder });
    else call.print.line(t('The data in {folder} was deleted.', { folder: oneLine(folder) }));
    return EXIT.ok;
  },
};

/** A target for a copy of the data in a folder; Ctrl+C leaves nothing of it. */
function newFolder(target: string, source: string, { world }: Call): NewFolder {
  return {
    ...{ target, source },
    whenInterrupted: (clean) =>
      world.onInterrupt(() => {
        clean();
        world.exit(EXIT.failed);
      }),
  };
}

/** Who waits at a terminal is told how far it is. */
function reading({ world, json, t, language }: Call): Disk {
  let [next, total] = [world.clock.monotonic() + PROGRESS_MS, 0];
  return watchedDisk(nodeDisk, (bytes) => {
    total += bytes;
    if (json || world.columns === undefined || world.clock.monotonic() < next) return;
    next = world.clock.monotonic() + PROGRESS_MS;
    world.err(`${t('Read so far: {megabytes} MB', { megabytes: formatNumber(Math.round(total / 1e6), language) })}\n`);
  });
}

/** Also when the group is where it cannot be asked. */
async function isInUse(folder: string): Promise<boolean> {
  try {
    return (await findRunning(folder)) !== undefined;
  } catch {
    return true;
  }
}

async function refuseRunning(folder: string): Promise<void> {
  const running = await findRunning(folder);
  if (running !== undefined) throw new SohError('group.alreadyRunning', { folder, pid: running.pid });
}
