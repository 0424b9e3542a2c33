import * as vscode from 'vscode';
import { dashboardHtml, panelPolicy } from '../../emulator/group/dashboardPage.ts';
import { pageStrings } from '../../emulator/group/pageStrings.ts';
import { t } from '../text/text.ts';

/** Folder of the built page; the only one a webview may read from. */
export function pageFolder(extensionUri: vscode.Uri): vscode.Uri {
  return vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
}

/** Puts the dashboard page into a webview. Whoever listens to its messages has to be there before. */
export function showPage(webview: vscode.Webview, folder: vscode.Uri): void {
  const uri = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = dashboardHtml({
    surface: 'panel',
    scriptUri: uri('main.js'),
    styleUri: uri('main.css'),
    locale: pageStrings(vscode.env.language).locale,
    title: t('Scaled-Out Hosts'),
    policy: panelPolicy(webview.cspSource),
  });
}
