import * as vscode from 'vscode';
import { isAbsolute } from 'node:path';
import { dataFolder, dataFolders } from './dataFolders.ts';
import type { GroupPlace } from './ports.ts';

const LAST = 'lastDataFolder';

/** Where groups of this window keep their data: the setting, else the workspace's storage, else the user's. */
export class GroupPlaces {
  readonly #context: vscode.ExtensionContext;

  constructor(context: vscode.ExtensionContext) {
    this.#context = context;
  }

  get base(): string {
    const chosen = vscode.workspace.getConfiguration('scaledOutHosts').get('dataFolder', '');
    if (isAbsolute(chosen)) return chosen;
    return vscode.Uri.joinPath(this.#context.storageUri ?? this.#context.globalStorageUri, 'groups').fsPath;
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
