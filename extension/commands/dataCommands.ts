import * as vscode from 'vscode';
import { basename, join, sep } from 'node:path';
import { nodeClock } from '../../emulator/clock.ts';
import { SohError } from '../../emulator/errors.ts';
import { resetData } from '../../emulator/group/resetData.ts';
import { MESSAGE_BOX_FOLDER } from '../../emulator/messagebox/storage/folders.ts';
import { findRunning } from '../../emulator/control/discovery.ts';
import { diagnostics } from '../diagnostics.ts';
import type { Services } from '../services.ts';
import { t } from '../text/text.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { pick } from './pick.ts';
import { nameOf } from './target.ts';

/** What is on disk and what was said: the MessageBox file, the data folder, the log, diagnostics; and the dashboard. */
export function dataCommands(
  services: Services,
): HandlersOf<'dataFolder' | 'log' | 'diagnostics' | 'dashboard'> & Record<'scaledOutHosts.messageBox.openFile', Handler> {
  const { session, log, dashboard } = services;
  return {
    'scaledOutHosts.messageBox.openFile': async () => openMessageBoxFile(services),
    'scaledOutHosts.dataFolder.reveal': async () => {
      const folder = session.place?.folder ?? (await chooseFolder(services));
      if (folder !== undefined) await revealFolder(folder);
    },
    'scaledOutHosts.dataFolder.reset': async (...parameters) => deleteData(services, nameOf(parameters)),
    'scaledOutHosts.log.show': async () => log.show(),
    'scaledOutHosts.diagnostics.copy': async () => {
      await vscode.env.clipboard.writeText(diagnostics(services));
      vscode.window.setStatusBarMessage(t('Diagnostics copied to the clipboard'), 5000);
    },
    'scaledOutHosts.dashboard.open': async () => dashboard.show(),
  };
}

async function openMessageBoxFile(services: Services): Promise<void> {
  await services.session.adopt();
  const folder = services.session.place?.folder ?? (await chooseFolder(services));
  if (folder === undefined) return;
  const uri = vscode.Uri.file(join(folder, MESSAGE_BOX_FOLDER, 'messagebox.json'));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch (error) {
    throw new SohError('workspace.noSnapshot', { folder }, error);
  }
  await vscode.commands.executeCommand('vscode.open', uri);
}

/** In the desktop application the system's file manager; elsewhere the folder's path, which a terminal can use. */
async function revealFolder(folder: string): Promise<void> {
  if (vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined) {
    await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(folder));
    return;
  }
  const copy = t('Copy Path');
  if ((await vscode.window.showInformationMessage(t('The data folder is {folder}', { folder }), copy)) === copy)
    await vscode.env.clipboard.writeText(folder);
}

/** A data folder of this window; `undefined` when there is none or the user cancelled. */
async function chooseFolder({ places }: Services): Promise<string | undefined> {
  const folders = await places.all();
  if (folders.length === 0) {
    void vscode.window.showInformationMessage(t('There is no data yet: start a group first.'));
    return undefined;
  }
  const items = folders.map((folder) => ({ label: basename(folder), description: folder, folder }));
  return (await pick(items, t('Data Folder'), t('Of which group?')))?.folder;
}

/** @param inside a file of the folder that is meant; without it the user is asked */
async function deleteData(services: Services, inside: string | undefined): Promise<void> {
  const meant = inside === undefined ? undefined : (await services.places.all()).find((folder) => inside.startsWith(join(folder, sep)));
  const folder = meant ?? (await chooseFolder(services));
  if (folder === undefined) return;
  const running = await findRunning(folder);
  if (running !== undefined) throw new SohError('group.alreadyRunning', { folder, pid: running.pid });
  const reset = t('Delete Data');
  const detail = t('All messages, all orchestration instances and their history in {folder} are deleted. This cannot be undone.', {
    folder,
  });
  const question = t('Delete the data of the group "{name}"?', { name: basename(folder) });
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, reset)) !== reset) return;
  await resetData(folder, nodeClock);
  services.log.info(`deleted the data in ${folder}`);
  vscode.window.setStatusBarMessage(t('The data was deleted'), 5000);
}
