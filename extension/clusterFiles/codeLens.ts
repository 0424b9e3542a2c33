import * as vscode from 'vscode';
import type { GroupSession } from '../session/groupSession.ts';
import { t } from '../text/text.ts';
import { clusterFileSelector } from './problems.ts';
import { firstLine, isOurs } from './recognise.ts';

/** "Start this group" above a group file; "Stop this group" while it runs. */
export function registerCodeLens(session: GroupSession): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  let phase = session.phase;
  const listener = session.onDidChange.add(() => {
    if (phase === session.phase) return;
    phase = session.phase;
    changed.fire();
  });
  const provider = vscode.languages.registerCodeLensProvider(clusterFileSelector, {
    onDidChangeCodeLenses: changed.event,
    provideCodeLenses(document) {
      const enabled = vscode.workspace.getConfiguration('scaledOutHosts', document.uri).get('codeLens', true);
      const text = document.getText();
      if (!enabled || !isOurs(text) || phase === 'starting' || phase === 'stopping') return [];
      const line = firstLine(text);
      const range = new vscode.Range(line, 0, line, 0);
      if (phase !== 'running') return [lens(range, t('Start this group'), 'scaledOutHosts.group.start', document.uri)];
      const own = session.status?.clusterFile === document.uri.fsPath;
      return own
        ? [
            lens(range, t('Stop this group'), 'scaledOutHosts.group.stop'),
            lens(range, t('Open Dashboard'), 'scaledOutHosts.dashboard.open'),
          ]
        : [];
    },
  });
  return vscode.Disposable.from(provider, changed, listener);
}

function lens(range: vscode.Range, title: string, command: string, ...parameters: unknown[]): vscode.CodeLens {
  return new vscode.CodeLens(range, { title, command, arguments: parameters });
}
