import * as vscode from 'vscode';
import { nodeClock } from '../../emulator/clock.ts';
import { messageOf } from '../../emulator/errors.ts';
import type { GroupSession } from './groupSession.ts';
import { supervisorLog } from '../../emulator/control/logs.ts';
import { LogTail } from '../../emulator/control/logTail.ts';

/** Copies what the group's processes say into the log channel while a group is there. */
export function followLog(session: GroupSession, log: vscode.LogOutputChannel): vscode.Disposable {
  let tail: LogTail | undefined;
  const stop = (): void => {
    tail?.stop();
    // Its last words are the ones that matter after a failure.
    void tail?.drain();
    tail = undefined;
  };
  const update = (): void => {
    const folder = session.place?.folder;
    const wanted = session.phase !== 'stopped' && session.phase !== 'failed' && folder !== undefined;
    if (!wanted) return stop();
    if (tail !== undefined) return;
    tail = new LogTail(
      supervisorLog(folder),
      (line) => log.info(line),
      (error) => log.debug(`the group's log cannot be read: ${messageOf(error)}`),
    );
    tail.start(nodeClock);
  };
  const listener = session.onDidChange.add(update);
  return new vscode.Disposable(() => {
    listener.dispose();
    tail?.stop();
  });
}
