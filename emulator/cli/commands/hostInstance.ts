/** The commands that act on one host instance. */
import { term } from '../../text/term.ts';
import { EXIT, type Call, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { processTone } from '../output/states.ts';
import { oneLine } from '../output/width.ts';
import { printError } from '../output/wireError.ts';

type HostInstanceCommand = 'killHostInstance' | 'freezeHostInstance' | 'thawHostInstance' | 'stopHostInstance' | 'startHostInstance';

function hostInstanceCommand(name: string, command: HostInstanceCommand, summary: string): Command {
  return {
    name,
    summary,
    operands: [{ name: 'hostInstance', need: 'one' }],
    options: [],
    details: [term('A host instance is named <host>@<computer>; "status" lists them.')],
    run: (call) => actOn(command, call),
  };
}

async function actOn(command: HostInstanceCommand, call: Call): Promise<number> {
  const { print, t } = call;
  const status = await withGroup(call, (client) => client.call(command, { name: call.operands[0] ?? '' }));
  if (call.json) print.json(status);
  else {
    print.line(
      t('Host instance {name}: {state}', { name: oneLine(status.name), state: print.paint(processTone(status.state), t(status.state)) }),
    );
    // It has stopped, but not as it was asked to.
    if (command === 'stopHostInstance' && status.error) printError(status.error, call);
  }
  return EXIT.ok;
}

const killHostInstance = hostInstanceCommand('kill', 'killHostInstance', term('Kill a host instance (SIGKILL), or the MessageBox'));

/** `kill`; the MessageBox is no host instance, but people want to kill it too. */
export const killCommand: Command = {
  ...killHostInstance,
  details: [...(killHostInstance.details ?? []), term('"kill MessageBox" kills the MessageBox; the supervisor starts it again.')],
  async run(call) {
    if (call.operands[0]?.toLowerCase() !== 'messagebox') return killHostInstance.run(call);
    const killed = await withGroup(call, (client) => client.call('killMessageBox', {}));
    if (call.json) call.print.json(killed);
    else call.print.line(call.t('MessageBox killed (process {pid})', { pid: killed.pid }));
    return EXIT.ok;
  },
};
/** `freeze` */
export const freezeCommand = hostInstanceCommand(
  'freeze',
  'freezeHostInstance',
  term('Stop a host instance in its tracks (SIGSTOP): it looks alive and does nothing'),
);
/** `thaw` */
export const thawCommand = hostInstanceCommand('thaw', 'thawHostInstance', term('Let a frozen host instance go on (SIGCONT)'));
/** `stop-instance` */
export const stopInstanceCommand = hostInstanceCommand('stop-instance', 'stopHostInstance', term('Stop a host instance in an orderly way'));
/** `start-instance` */
export const startInstanceCommand = hostInstanceCommand(
  'start-instance',
  'startHostInstance',
  term('Start a host instance that is stopped or failed'),
);
