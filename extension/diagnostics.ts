import * as vscode from 'vscode';
import { arch, homedir, platform, release } from 'node:os';
import type { Services } from './services.ts';

/** What a bug report needs, as text: versions, states, the newest events. No tokens, no messages, no variables, no name of the user. */
export function diagnostics({ session, extension }: Services): string {
  const { phase, error, status } = session;
  const report = {
    extension: (extension.packageJSON as { version?: unknown }).version,
    vscode: vscode.version,
    host: `${vscode.env.appHost}${vscode.env.remoteName === undefined ? '' : ' (remote)'}`,
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    trusted: vscode.workspace.isTrusted,
    group: { phase, error: error === undefined ? null : { code: error.code, message: error.message } },
    status: status ?? null,
    events: session.model.snapshot()?.events.slice(-50) ?? [],
  };
  return JSON.stringify(report, null, 2).replaceAll(JSON.stringify(homedir()).slice(1, -1), '~');
}
