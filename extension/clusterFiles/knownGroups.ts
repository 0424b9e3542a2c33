import * as vscode from 'vscode';
import { isCode, SohError } from '../../emulator/errors.ts';
import { parseClusterFile } from '../../emulator/cluster/loadClusterFile.ts';
import { Listeners } from '../session/listeners.ts';
import { t } from '../text/text.ts';
import type { KnownGroup } from '../views/orchestrationTree.ts';
import { isOurs } from './recognise.ts';

const PATTERN = '**/cluster.json';
const EXCLUDED = '**/{node_modules,dist,out}/**';
const LIMIT = 50;

/** The groups a user could start: the sample and the group files of the workspace. Looks at the disk only when asked to. */
export class KnownGroups implements vscode.Disposable {
  readonly onDidChange = new Listeners<undefined>();
  readonly #sample: vscode.Uri;
  #groups: readonly KnownGroup[] = [];
  #watcher: vscode.FileSystemWatcher | undefined;

  /** @param sample the group file of the sample */
  constructor(sample: vscode.Uri) {
    this.#sample = sample;
  }

  get groups(): readonly KnownGroup[] {
    return this.#groups;
  }

  /** Looks for group files, and goes on looking when files change. */
  async find(): Promise<readonly KnownGroup[]> {
    this.#watch();
    const uris = await vscode.workspace.findFiles(PATTERN, EXCLUDED, LIMIT);
    uris.sort((a, b) => a.path.localeCompare(b.path));
    const found = await Promise.all(uris.map(async (uri) => this.#read(uri, vscode.workspace.asRelativePath(uri), uri.fsPath)));
    const sample = await this.#read(this.#sample, t('Sample group'), null);
    this.#groups = [...found, sample].filter((group) => group !== undefined);
    this.onDidChange.fire(undefined);
    return this.#groups;
  }

  dispose(): void {
    this.#watcher?.dispose();
  }

  #watch(): void {
    if (this.#watcher !== undefined) return;
    this.#watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    const again = (): void => void this.find();
    this.#watcher.onDidChange(again);
    this.#watcher.onDidCreate(again);
    this.#watcher.onDidDelete(again);
  }

  /** `undefined` = not a group file. A file with mistakes is listed without its orchestrations; its mistakes are shown in the file. */
  async #read(uri: vscode.Uri, label: string, path: string | null): Promise<KnownGroup | undefined> {
    const text = await readText(uri);
    if (text === undefined) return path === null ? { path, label, orchestrations: [] } : undefined;
    if (!isOurs(text)) return undefined;
    try {
      return { path, label, orchestrations: parseClusterFile(text, label).orchestrations.map(({ name, host }) => ({ name, host })) };
    } catch (error) {
      if (error instanceof SohError && !isCode(error, 'unexpected')) return { path, label, orchestrations: [] };
      throw error;
    }
  }
}

async function readText(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (error instanceof vscode.FileSystemError) return undefined;
    throw error;
  }
}
