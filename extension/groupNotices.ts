import * as vscode from 'vscode';
import type { FeedFrame } from '../emulator/control/commands.ts';
import type { GroupEvent } from '../emulator/control/events.ts';
import type { GroupStatus } from '../emulator/control/status.ts';
import { fromWire, type SohError } from '../emulator/errors.ts';
import type { GroupSession } from './session/groupSession.ts';
import { t } from './text/text.ts';
import { clockSentence, storageSentence } from '../emulator/text/machineText.ts';

/**
 * Says what happened to the group by itself and cannot be left to the views: the MessageBox died and came back, a host instance cannot do
 * its work. What a window finds when it adopts a group is old news and is not said again; in a group that it started nothing is.
 */
export function tellGroupNotices(session: GroupSession, onError: (error: SohError) => void): vscode.Disposable {
  let known = new Map<string, string>();
  let messageBoxAway = false;
  const hear = (frame: FeedFrame): void => {
    const news = !session.adopting;
    for (const event of frame.kind === 'delta' ? (frame.events ?? []) : []) messageBoxAway = follow(event, messageBoxAway);
    if (frame.status === undefined) return;
    const now = troubles(frame.status);
    for (const [name, { text, error }] of now) if (news && known.get(name) !== text) onError(error);
    known = new Map([...now].map(([name, { text }]) => [name, text]));
  };
  return vscode.Disposable.from(session.onFrame.add(hear));
}

function follow(event: GroupEvent, away: boolean): boolean {
  if (event.kind === 'clockJumped') void vscode.window.showWarningMessage(clockSentence(event, t));
  if (event.kind === 'storage' && event.state === 'writable') void vscode.window.showInformationMessage(storageSentence(event.state, t));
  if (event.kind !== 'messageBoxState') return away;
  if (event.state === 'running' && away) void tellRestart();
  return event.state === 'restarting';
}

async function tellRestart(): Promise<void> {
  const open = t('Open Dashboard');
  const sentence = t(
    'The MessageBox process ended and was started again. It read its journal: nothing that was acknowledged is lost, and the host instances go on.',
  );
  if ((await vscode.window.showInformationMessage(sentence, open)) === open)
    await vscode.commands.executeCommand('scaledOutHosts.dashboard.open');
}

/** What keeps host instances, or all of them, from working, by their names; the group file is where most of it is put right. */
function troubles({
  hostInstances,
  messageBox,
  clusterFile,
}: GroupStatus): Map<string, { readonly text: string; readonly error: SohError }> {
  const disk = messageBox.full ? [{ name: 'MessageBox', error: messageBox.error }] : [];
  return new Map(
    [...disk, ...hostInstances].flatMap(({ name, error }) => {
      if (error === undefined) return [];
      const parameters = clusterFile === null ? error.parameters : { ...error.parameters, clusterFile };
      return [[name, { text: JSON.stringify(error), error: fromWire({ ...error, parameters }) }]];
    }),
  );
}
