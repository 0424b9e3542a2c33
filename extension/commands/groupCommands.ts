import * as vscode from 'vscode';
import { SohError } from '../../emulator/errors.ts';
import { checkClusterFile } from '../../emulator/cluster/loadClusterFile.ts';
import type { CommandId } from '../commandIds.ts';
import type { Services } from '../services.ts';
import { offerDashboard } from '../offerDashboard.ts';
import type { GroupPlace } from '../session/ports.ts';
import { t } from '../text/text.ts';
import type { HandlersOf } from './handler.ts';
import { pick } from './pick.ts';
import { targetsOf } from './target.ts';

/** Starting and stopping the group, and how the Group view arranges it. */
export function groupCommands(services: Services): HandlersOf<'group'> {
  const { session, places, views, dashboard } = services;
  const startAt = async (place: GroupPlace): Promise<unknown> => {
    const wasRunning = await session.adopt();
    const status = await vscode.window.withProgress({ location: { viewId: 'scaledOutHosts.group' } }, async () => session.start(place));
    await views.show();
    // Not awaited: the question may stay open for long, the start is over.
    if (!wasRunning) void offerDashboard(dashboard, status);
    return status;
  };
  const start = async (clusterFile: string | null): Promise<unknown> => startAt(await places.of(clusterFile));
  const stop = async (): Promise<void> => {
    await vscode.window.withProgress({ location: { viewId: 'scaledOutHosts.group' } }, async () => session.stop());
  };
  return {
    'scaledOutHosts.group.start': async (...parameters) => {
      if (parameters.length === 0 && (await session.adopt())) return session.status;
      const choice = await chooseClusterFile(services, parameters);
      return choice === undefined ? undefined : start(choice.path);
    },
    'scaledOutHosts.group.startSample': async () => start(null),
    'scaledOutHosts.group.stop': stop,
    'scaledOutHosts.group.restart': async () => {
      // Also after it was lost: the same group on the same data.
      const place = session.place ?? (await places.of(null));
      await stop();
      return startAt(place);
    },
    'scaledOutHosts.group.showActions': async () => showActions(services),
    'scaledOutHosts.group.viewByHost': async () => views.group('host'),
    'scaledOutHosts.group.viewByComputer': async () => views.group('computer'),
  };
}

/** The group file that is meant: the one given, the one open, the only one, or the one the user picks. `undefined` = cancelled. */
async function chooseClusterFile(
  services: Services,
  parameters: readonly unknown[],
): Promise<{ readonly path: string | null } | undefined> {
  const [given] = parameters;
  const [node] = targetsOf(parameters, 'clusterFile');
  if (node !== undefined) return node.path === null ? node : checked(vscode.Uri.file(node.path));
  if (given instanceof vscode.Uri) return checked(given);
  const groups = await services.known.find();
  if (!groups.some(({ path }) => path !== null)) throw new SohError('workspace.noClusterFile');
  const items = groups.map(({ path, label, orchestrations }) => ({
    label,
    description: orchestrations.map(({ name }) => name).join(', '),
    path,
  }));
  const choice = await pick(items, t('Start Group'), t('Which group?'));
  if (choice === undefined) return undefined;
  return choice.path === null ? { path: null } : checked(vscode.Uri.file(choice.path));
}

/** The path of a group file without mistakes. Throws the first mistake, `workspace.notOnDisk`. */
async function checked(uri: vscode.Uri): Promise<{ readonly path: string }> {
  if (uri.scheme !== 'file') throw new SohError('workspace.notOnDisk', { file: uri.toString() });
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.isDirty) await document.save();
  const [problem] = checkClusterFile(document.getText(), uri.fsPath);
  if (problem !== undefined) throw problem;
  return { path: uri.fsPath };
}

interface ActionItem extends vscode.QuickPickItem {
  readonly id: CommandId;
}

/** What the status bar offers. */
async function showActions({ session }: Services): Promise<void> {
  await session.adopt();
  const running: ActionItem[] = [
    { label: `$(dashboard) ${t('Open Dashboard')}`, id: 'scaledOutHosts.dashboard.open' },
    { label: `$(mail) ${t('Submit Message…')}`, id: 'scaledOutHosts.message.submit' },
    { label: `$(flame) ${t('Kill Host Instance…')}`, id: 'scaledOutHosts.hostInstance.kill' },
    { label: `$(debug-stop) ${t('Stop Group')}`, id: 'scaledOutHosts.group.stop' },
    { label: `$(debug-restart) ${t('Restart Group')}`, id: 'scaledOutHosts.group.restart' },
  ];
  const stopped: ActionItem[] = [
    { label: `$(beaker) ${t('Start Sample Group')}`, id: 'scaledOutHosts.group.startSample' },
    { label: `$(play) ${t('Start Group…')}`, id: 'scaledOutHosts.group.start' },
    { label: `$(trash) ${t('Reset Data…')}`, id: 'scaledOutHosts.dataFolder.reset' },
  ];
  const always: ActionItem[] = [
    { label: `$(output) ${t('Show Log')}`, id: 'scaledOutHosts.log.show' },
    { label: `$(copy) ${t('Copy Diagnostics')}`, id: 'scaledOutHosts.diagnostics.copy' },
  ];
  const items = [...(session.phase === 'running' ? running : stopped), ...always];
  const choice = await vscode.window.showQuickPick(items, { title: t('Scaled-Out Hosts'), placeHolder: t('What do you want to do?') });
  if (choice !== undefined) await vscode.commands.executeCommand(choice.id);
}
