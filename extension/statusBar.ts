import * as vscode from 'vscode';
import type { GroupSession } from './session/groupSession.ts';
import { t } from './text/text.ts';
import { Coalescer } from './views/coalesce.ts';
import { statusFace } from './views/statusText.ts';

const REFRESH_MS = 250;
const backgrounds = { none: undefined, warning: 'statusBarItem.warningBackground', error: 'statusBarItem.errorBackground' } as const;

/** The one status bar item: host instances running, orchestrations active, suspended. Its click offers what can be done. */
export function createStatusBar(session: GroupSession): vscode.Disposable {
  const item = vscode.window.createStatusBarItem('scaledOutHosts.status', vscode.StatusBarAlignment.Left, 0);
  item.name = t('Scaled-Out Hosts');
  item.command = 'scaledOutHosts.group.showActions';
  const draw = (): void => {
    const face = statusFace(session.phase, session.status, t);
    const background = backgrounds[face.severity];
    item.text = face.text;
    item.tooltip = face.tooltip;
    item.accessibilityInformation = { label: face.accessibility, role: 'button' };
    item.backgroundColor = background === undefined ? undefined : new vscode.ThemeColor(background);
  };
  draw();
  item.show();
  const refresh = new Coalescer(draw, REFRESH_MS);
  const listener = session.onDidChange.add(() => refresh.request());
  return vscode.Disposable.from(item, refresh, listener);
}
