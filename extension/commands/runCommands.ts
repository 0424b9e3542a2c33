import * as vscode from 'vscode';
import type { Services } from '../services.ts';
import { exportRunWithDialog } from '../runs/exportRun.ts';
import { t } from '../text/text.ts';
import type { HandlersOf } from './handler.ts';

/** Recorded runs: export the one of this window's group, open an exported one. */
export function runCommands({ session }: Services): HandlersOf<'run'> {
  return {
    'scaledOutHosts.run.export': async () => {
      await session.adopt();
      await exportRunWithDialog(session);
    },
    'scaledOutHosts.run.open': async () => {
      const [file] = (await vscode.window.showOpenDialog({ filters: { [t('Recorded run')]: ['sohrun'] }, title: t('Open Run') })) ?? [];
      if (file !== undefined) await vscode.commands.executeCommand('vscode.open', file);
    },
  };
}
