/** The commands that act on virtual computers. */
import { term } from '../../text/term.ts';
import { EXIT, type Command } from '../command.ts';
import { withGroup } from '../connect.ts';
import { oneLine } from '../output/width.ts';

/** `fail-computer` */
export const failComputerCommand: Command = {
  name: 'fail-computer',
  summary: term('Let a virtual computer fail: all its host instances are killed and stay down'),
  operands: [{ name: 'computer', need: 'one' }],
  options: [],
  async run(call) {
    const name = call.operands[0] ?? '';
    const result = await withGroup(call, (client) => client.call('failComputer', { name }));
    if (call.json) call.print.json(result);
    else
      call.print.line(
        call.t('Computer {name} failed. Killed: {list}', { name, list: oneLine(result.killed.join(', ')) || call.t('none') }),
      );
    return EXIT.ok;
  },
};

/** `repair-computer` */
export const repairComputerCommand: Command = {
  name: 'repair-computer',
  summary: term('Repair a failed computer and start its host instances'),
  operands: [{ name: 'computer', need: 'one' }],
  options: [],
  async run(call) {
    const name = call.operands[0] ?? '';
    const result = await withGroup(call, (client) => client.call('repairComputer', { name }));
    if (call.json) call.print.json(result);
    else
      call.print.line(
        call.t('Computer {name} is repaired. Started: {list}', { name, list: oneLine(result.started.join(', ')) || call.t('none') }),
      );
    return EXIT.ok;
  },
};

/** `add-computer` */
export const addComputerCommand: Command = {
  name: 'add-computer',
  summary: term('Add a virtual computer to the running group'),
  operands: [{ name: 'computer', need: 'one' }],
  options: [],
  async run(call) {
    const result = await withGroup(call, (client) => client.call('addComputer', { name: call.operands[0] ?? '' }));
    if (call.json) call.print.json(result);
    else call.print.line(call.t('Computer {name} is added.', { name: oneLine(result.name) }));
    return EXIT.ok;
  },
};

/** `add-instance` */
export const addInstanceCommand: Command = {
  name: 'add-instance',
  summary: term('Add an instance of a host on a computer and start it'),
  operands: [
    { name: 'host', need: 'one' },
    { name: 'computer', need: 'one' },
  ],
  options: [],
  async run(call) {
    const [host = '', computer = ''] = call.operands;
    const result = await withGroup(call, (client) => client.call('addHostInstance', { host, computer }));
    if (call.json) call.print.json(result);
    else call.print.line(call.t('Host instance {name}: {state}', { name: oneLine(result.name), state: call.t(result.state) }));
    return EXIT.ok;
  },
};
