import * as vscode from 'vscode';
import { SohError } from '../../emulator/errors.ts';
import type { CommandId } from '../commandIds.ts';
import type { Services } from '../services.ts';
import { dataCommands } from './dataCommands.ts';
import { groupCommands } from './groupCommands.ts';
import type { Handler } from './handler.ts';
import { hostInstanceCommands } from './hostInstanceCommands.ts';
import { instanceCommands } from './instanceCommands.ts';
import { runCommands } from './runCommands.ts';
import { submitCommand } from './submitCommand.ts';

/** Commands that only show something: they work in Restricted Mode too. */
const showsOnly: ReadonlySet<CommandId> = new Set<CommandId>([
  'scaledOutHosts.group.showActions',
  'scaledOutHosts.group.viewByHost',
  'scaledOutHosts.group.viewByComputer',
  'scaledOutHosts.messageBox.openFile',
  'scaledOutHosts.instance.show',
  'scaledOutHosts.instances.filter',
  'scaledOutHosts.instances.clearFilter',
  'scaledOutHosts.dashboard.open',
  'scaledOutHosts.run.export',
  'scaledOutHosts.run.open',
  'scaledOutHosts.dataFolder.reveal',
  'scaledOutHosts.log.show',
  'scaledOutHosts.hostInstance.showLog',
  'scaledOutHosts.diagnostics.copy',
]);

/** The table of commands: exactly one handler for every id. */
function handlers(services: Services): Record<CommandId, Handler> {
  return {
    ...groupCommands(services),
    ...hostInstanceCommands(services),
    ...instanceCommands(services),
    ...submitCommand(services),
    ...dataCommands(services),
    ...runCommands(services),
  };
}

/** Registers every command. What goes wrong is said once, in one message. */
export function registerCommands(services: Services, onError: (error: unknown) => Promise<void>): vscode.Disposable {
  const table = Object.entries(handlers(services)) as [CommandId, Handler][];
  return vscode.Disposable.from(
    ...table.map(([id, handler]) =>
      vscode.commands.registerCommand(id, async (...parameters: unknown[]) => {
        services.log.debug(`command ${id}`);
        try {
          if (!vscode.workspace.isTrusted && !showsOnly.has(id)) throw new SohError('workspace.notTrusted');
          return await handler(...parameters);
        } catch (error) {
          // Not awaited: the message may stay open for long, the command is over.
          void onError(error);
          return undefined;
        }
      }),
    ),
  );
}
