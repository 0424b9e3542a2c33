import * as vscode from 'vscode';

/** Lets the user choose; with one choice there is nothing to ask. `undefined` = cancelled. */
export async function pick<T extends vscode.QuickPickItem>(
  items: readonly T[],
  title: string,
  placeHolder: string,
): Promise<T | undefined> {
  if (items.length === 1) return items[0];
  return vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true, matchOnDescription: true });
}
