import { term } from '../../text/term.ts';
import { EXIT, type Command } from '../command.ts';
import { findGroup } from '../connect.ts';
import { openDashboard } from '../openDashboard.ts';

/** `dashboard` */
export const dashboardCommand: Command = {
  name: 'dashboard',
  summary: term('Open the dashboard of the group in the browser'),
  operands: [],
  options: [{ name: 'no-browser', summary: term('Only print the address') }],
  async run(call) {
    const { discovery } = await findGroup(call);
    await openDashboard(discovery, call, !call.values.has('no-browser'));
    return EXIT.ok;
  },
};
