import * as vscode from 'vscode';
import { isAbsolute, join } from 'node:path';
import { dataFolder, dataFolders, workspaceName } from './dataFolders.ts';
import type { GroupPlace } from './ports.ts';

const LAST = 'lastDataFolder';

/**
 * Where groups of this window keep their data: the setting, else a folder for the workspace in the extension's storage. Not the storage of
 * the workspace: on a server a second window on the same folder gets another one, and would not find the group of the first.
 */
export class GroupPlaces {
  readonly #context: vscode.ExtensionContext;

  constructor(context: vscode.ExtensionContext) {
    this.#context = context;
  }

  get base(): string {
    const chosen = vscode.workspace.getConfiguration('scaledOutHosts').get('dataFolder', '');
    if (isAbsolute(chosen)) return chosen;
    const { workspaceFile, workspaceFolders = [] } = vscode.workspace;
    const workspace = (workspaceFile === undefined ? workspaceFolders.map(({ uri }) => uri) : [workspaceFile]).map(String);
    return join(this.#context.globalStorageUri.fsPath, 'groups', workspaceName(workspace));
  }

  /** The place of a group; it is remembered as the last one. */
  async of(clusterFile: string | null): Promise<GroupPlace> {
    const folder = dataFolder(this.base, clusterFile);
    await this.#context.workspaceState.update(LAST, folder);
    return { folder, clusterFile };
  }

  /** The data folder that was used last. */
  get last(): string | undefined {
    return this.#context.workspaceState.get<string>(LAST);
  }

  /** Every data folder there is, the last one first. */
  async all(): Promise<string[]> {
    return dataFolders(this.base, this.last);
  }
}
