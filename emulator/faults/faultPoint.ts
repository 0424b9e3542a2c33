/**
 * Named places where a test can make a real process die, freeze or fail: `SOH_FAULT=name:nth:action` with action kill, stop or throw
 * (several separated by commas). Read once, when the module is loaded. The production bundle replaces this module by one that does nothing.
 */

/** Every place: of the MessageBox in the order a record or a snapshot passes them, then of a host instance in the order of a commit, of a file that comes in and one that goes out. */
export const faultPoints = [
  'journal.beforeWrite',
  'journal.beforeSync',
  'journal.afterSync',
  'segment.beforeCreate',
  'segment.beforeDirectorySync',
  'segment.beforeArchive',
  'segment.afterArchive',
  'snapshot.beforeTemp',
  'snapshot.beforeSync',
  'snapshot.beforeKeepPrevious',
  'snapshot.beforeRename',
  'snapshot.beforeDirectorySync',
  'snapshot.done',
  'body.beforeRename',
  'hostInstance.beforeCommit',
  'hostInstance.beforeSend',
  'hostInstance.afterSend',
  'hostInstance.beforeReceive',
  'hostInstance.acknowledged',
  'hostInstance.afterReceive',
  'hostInstance.fileClaimed',
  'hostInstance.fileSubmitted',
  'hostInstance.fileDone',
  'hostInstance.fileWritten',
  'hostInstance.fileSent',
] as const;

export type FaultPointName = (typeof faultPoints)[number];

interface Plan {
  readonly action: string;
  left: number;
}

const plans = parse(process.env['SOH_FAULT']);

/** Does what SOH_FAULT says at the nth pass of `name`; otherwise nothing. */
export const faultPoint: (name: FaultPointName) => void = plans === undefined ? () => undefined : (name) => pass(plans, name);

function pass(planned: ReadonlyMap<string, Plan>, name: FaultPointName): void {
  const plan = planned.get(name);
  if (plan === undefined || --plan.left !== 0) return;
  if (plan.action === 'throw') throw new Error(`fault point ${name}`);
  process.kill(process.pid, plan.action === 'kill' ? 'SIGKILL' : 'SIGSTOP');
}

function parse(text: string | undefined): ReadonlyMap<string, Plan> | undefined {
  if (!text) return undefined;
  const planned = new Map<string, Plan>();
  for (const part of text.split(',')) {
    const [name = '', nth = '', action = ''] = part.split(':');
    const known = (faultPoints as readonly string[]).includes(name) && Number(nth) >= 1 && ['kill', 'stop', 'throw'].includes(action);
    // A fault test that injects nothing would pass for the wrong reason.
    if (!known) throw new Error(`SOH_FAULT: "${part}" is not name:nth:action`);
    planned.set(name, { action, left: Number(nth) });
  }
  return planned;
}
