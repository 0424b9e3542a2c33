import type { Translate } from '../../emulator/text/translate.ts';
import type { CommandId } from '../commandIds.ts';

/** The next step of an error as a button. `command` is one of ours or of VS Code's own. */
export interface ErrorAction {
  readonly title: string;
  readonly command: CommandId | 'vscode.open' | 'workbench.action.openSettings' | 'workbench.trust.manage';
  readonly arguments: readonly unknown[];
}

/** The button that does what the error tells the user to do next; the log when there is nothing better. */
export function errorAction(code: string, parameters: Readonly<Record<string, string | number>>, t: Translate): ErrorAction {
  switch (code) {
    case 'clusterFile.notJson':
    case 'clusterFile.invalid':
    case 'clusterFile.unknownName':
    case 'clusterFile.unknownMember':
    case 'clusterFile.duplicate':
    case 'clusterFile.instanceTwice':
    case 'clusterFile.thresholds':
      return {
        title: t('Open File'),
        command: 'vscode.open',
        arguments: [{ file: parameters['file'], line: parameters['line'], column: parameters['column'] }],
      };
    case 'clusterFile.unreadable':
    case 'workspace.noClusterFile':
      return { title: t('Start Sample Group'), command: 'scaledOutHosts.group.startSample', arguments: [] };
    case 'workspace.notTrusted':
      return { title: t('Manage Workspace Trust'), command: 'workbench.trust.manage', arguments: [] };
    case 'workspace.noSnapshot':
    case 'messageBox.storageFailed':
      return { title: t('Reveal Data Folder'), command: 'scaledOutHosts.dataFolder.reveal', arguments: [] };
    case 'group.notRunning':
      return { title: t('Start Group'), command: 'scaledOutHosts.group.start', arguments: [] };
    case 'group.olderVersion':
      return { title: t('Restart Group'), command: 'scaledOutHosts.group.restart', arguments: [] };
    case 'group.connectionLost':
    case 'group.supervisorGone':
      return { title: t('Start Again'), command: 'scaledOutHosts.group.restart', arguments: [] };
    case 'group.alreadyRunning':
      return { title: t('Stop Group'), command: 'scaledOutHosts.group.stop', arguments: [] };
    case 'group.computerFailed':
      return { title: t('Repair Computer'), command: 'scaledOutHosts.computer.repair', arguments: [parameters['name']] };
    case 'messageBox.badRecord':
    case 'messageBox.damaged':
    case 'messageBox.foreign':
    case 'messageBox.segmentCut':
    case 'messageBox.segmentEmptied':
    case 'messageBox.segmentMissing':
    case 'messageBox.snapshotDamaged':
    case 'messageBox.snapshotForeign':
      return { title: t('Reset Data…'), command: 'scaledOutHosts.dataFolder.reset', arguments: [parameters['file']] };
    case 'messageBox.folderUnusable':
      return { title: t('Choose Another Folder'), command: 'workbench.action.openSettings', arguments: ['scaledOutHosts.dataFolder'] };
    default:
      // What a host instance cannot do is put right in the group file.
      if (parameters['clusterFile'] !== undefined)
        return { title: t('Open File'), command: 'vscode.open', arguments: [{ file: parameters['clusterFile'] }] };
      return { title: t('Show Log'), command: 'scaledOutHosts.log.show', arguments: [] };
  }
}
