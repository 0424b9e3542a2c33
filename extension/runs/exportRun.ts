import * as vscode from 'vscode';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import { SohError } from '../../emulator/errors.ts';
import type { ExportAnswer } from '../../emulator/control/pageProtocol.ts';
import { exportRun } from '../../emulator/replay/runFile.ts';
import { runFileName } from '../../emulator/replay/runs.ts';
import { folderSource } from '../../emulator/replay/runSource.ts';
import type { GroupSession } from '../session/groupSession.ts';
import { t } from '../text/text.ts';

/**
 * Data folder of the group that runs, or ran last in this window, and the number of its last durable record.
 * @throws SohError 'group.notRunning'
 */
export function runOf({ place, status }: GroupSession): [dataFolder: string, last: number] {
  if (place === undefined) throw new SohError('group.notRunning', { folder: '' });
  return [place.folder, status?.messageBox.sequence ?? Infinity];
}

/** Asks where to, exports with progress, and offers to open the file. `null`: the person changed their mind. */
export async function exportRunWithDialog(session: GroupSession): Promise<ExportAnswer> {
  const [folder, last] = runOf(session);
  const now = Date.now();
  const target = await askForFile(runFileName(session.model.status?.name ?? basename(folder), now));
  if (target === undefined) return { file: null };
  const title = t('Exporting the run');
  const done = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      try {
        return await exportRun({
          source: folderSource(folder, last),
          file: target.fsPath,
          withoutContent: false,
          now,
          signal: abort.signal,
          progress: (records) => progress.report({ message: t('{records} records', { records }) }),
        });
      } catch (error) {
        if (abort.signal.aborted) return undefined;
        throw error;
      }
    },
  );
  if (done === undefined) return { file: null };
  void offerToOpen(target);
  return { file: target.fsPath };
}

async function askForFile(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.joinPath(folder, name),
    filters: { [t('Recorded run')]: ['sohrun'] },
    title: t('Export Run'),
  });
  if (target !== undefined && target.scheme !== 'file')
    throw new SohError('run.notWritten', { file: target.toString(), reason: t('A run can be written only to a folder of this machine.') });
  return target;
}

async function offerToOpen(file: vscode.Uri): Promise<void> {
  const open = t('Open Run');
  const message = t('The run was exported to {file}', { file: basename(file.fsPath) });
  if ((await vscode.window.showInformationMessage(message, open)) === open) await vscode.commands.executeCommand('vscode.open', file);
}
