import * as vscode from 'vscode';
import { toWire } from '../../emulator/errors.ts';
import { errorText } from '../../emulator/text/translate.ts';
import { errorAction, type ErrorAction } from './errorActions.ts';
import { t } from './text.ts';

/** Next steps that are for a terminal; in VS Code the button stands for them. */
const terminalOnly = /scaled-out-hosts |--data|--help/;

/** Says what happened and what to do, with a button that does it. One message at a time is shown for the same code. */
export class ErrorReporter {
  readonly #log: vscode.LogOutputChannel;
  readonly #shown = new Set<string>();

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  async show(error: unknown): Promise<void> {
    const wire = toWire(error);
    this.#log.error(`${wire.code}: ${wire.message}`, ...(wire.code === 'unexpected' ? [error] : []));
    if (this.#shown.has(wire.code)) return;
    this.#shown.add(wire.code);
    try {
      const { message, next } = errorText(wire, t);
      const action = errorAction(wire.code, wire.parameters, t);
      const sentence = terminalOnly.test(next) ? message : `${message} ${next}`;
      if ((await vscode.window.showErrorMessage(sentence, action.title)) === action.title) await run(action);
    } finally {
      this.#shown.delete(wire.code);
    }
  }
}

/** Opens the settings where this one counts: the workspace's when it is set there, else those of the machine the group runs on. */
async function openSetting(id: string): Promise<void> {
  const inWorkspace = vscode.workspace.getConfiguration().inspect(id)?.workspaceValue !== undefined;
  const place = inWorkspace ? 'openWorkspaceSettings' : vscode.env.remoteName === undefined ? 'openSettings' : 'openRemoteSettings';
  await vscode.commands.executeCommand(`workbench.action.${place}`, { query: id });
}

async function run(action: ErrorAction): Promise<void> {
  if (action.command === 'workbench.action.openSettings') return openSetting(String(action.arguments[0]));
  if (action.command !== 'vscode.open') {
    await vscode.commands.executeCommand(action.command, ...action.arguments);
    return;
  }
  const { file, line = 1, column = 1 } = action.arguments[0] as { file: string; line?: number; column?: number };
  const position = new vscode.Position(line - 1, column - 1);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(position, position) });
}
