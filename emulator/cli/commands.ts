import type { Command } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { addComputerCommand, addInstanceCommand, failComputerCommand, repairComputerCommand } from './commands/computers.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { demoCommand } from './commands/demoCommand.ts';
import { freezeCommand, killCommand, startInstanceCommand, stopInstanceCommand, thawCommand } from './commands/hostInstance.ts';
import { instancesCommand } from './commands/instances.ts';
import { logsCommand } from './commands/logs.ts';
import { resumeCommand, suspendCommand, terminateCommand } from './commands/operations.ts';
import { exportCommand, openCommand } from './commands/runs.ts';
import { showCommand } from './commands/show.ts';
import { startCommand } from './commands/start.ts';
import { statusCommand } from './commands/status.ts';
import { stopCommand } from './commands/stop.ts';
import { submitCommand } from './commands/submit.ts';
import { backupCommand, repairCommand, resetCommand, verifyCommand } from './commands/upkeep.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  demoCommand,
  startCommand,
  stopCommand,
  statusCommand,
  dashboardCommand,
  exportCommand,
  openCommand,
  instancesCommand,
  showCommand,
  logsCommand,
  submitCommand,
  killCommand,
  freezeCommand,
  thawCommand,
  stopInstanceCommand,
  startInstanceCommand,
  failComputerCommand,
  repairComputerCommand,
  addComputerCommand,
  addInstanceCommand,
  suspendCommand,
  resumeCommand,
  terminateCommand,
  checkCommand,
  verifyCommand,
  repairCommand,
  backupCommand,
  resetCommand,
];
