import * as vscode from 'vscode';
import { basename } from 'node:path';
import { SohError } from '../../emulator/errors.ts';
import { createPageBridge, type PastRun } from '../../emulator/control/pageBridge.ts';
import type { HostMessage } from '../../emulator/control/pageProtocol.ts';
import { pageStrings } from '../../emulator/group/pageStrings.ts';
import { RecordedRun } from '../../emulator/replay/recordedRun.ts';
import { fileSource } from '../../emulator/replay/runFile.ts';
import { pageFolder, showPage } from '../dashboard/page.ts';

const VIEW_TYPE = 'scaledOutHosts.run';

/** Exported runs, read-only, in the dashboard page: nothing of them runs, so they open in untrusted workspaces too. */
export class RunEditor implements vscode.CustomReadonlyEditorProvider {
  readonly #page: vscode.Uri;
  readonly #log: vscode.LogOutputChannel;

  private constructor(extensionUri: vscode.Uri, log: vscode.LogOutputChannel) {
    this.#page = pageFolder(extensionUri);
    this.#log = log;
  }

  /** @param extensionUri folder of the extension */
  static register(extensionUri: vscode.Uri, log: vscode.LogOutputChannel): vscode.Disposable {
    // Without its page a hidden editor begins at the same moment again: the page keeps it in its layout.
    return vscode.window.registerCustomEditorProvider(VIEW_TYPE, new RunEditor(extensionUri, log), {
      supportsMultipleEditorsPerDocument: true,
    });
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    return { uri, dispose: () => undefined };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, { webview }: vscode.WebviewPanel): void {
    let opened: Promise<PastRun> | undefined;
    const bridge = createPageBridge({
      group: null,
      openRun: () => (opened ??= openRunFile(uri)),
      exportRun: () => Promise.reject(new SohError('run.past')),
      send: (message: HostMessage) => void webview.postMessage(message),
      strings: pageStrings(vscode.env.language),
      log: (text) => this.#log.warn(`${basename(uri.path)}: ${text}`),
    });
    webview.onDidReceiveMessage((message: unknown) => void bridge.receive(message));
    showPage(webview, this.#page);
  }
}

async function openRunFile(uri: vscode.Uri): Promise<PastRun> {
  const source = await fileSource(await vscode.workspace.fs.readFile(uri), basename(uri.path));
  return RecordedRun.open({ source, revision: 0 });
}
