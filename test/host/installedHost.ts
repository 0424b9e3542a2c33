import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The VS Code host that `npm run host:install` put on this machine. */
export interface InstalledHost {
  /** The script that starts code-server. */
  readonly entry: string;
  /** The Node it runs on, and with it the extension host. */
  readonly node: string;
}

/** The installed host, or undefined. CODE_SERVER_HOME names another folder than .vscode-test/code-server. */
export function installedHost(): InstalledHost | undefined {
  const home = resolve(process.env['CODE_SERVER_HOME'] ?? '.vscode-test/code-server');
  const entry = join(home, 'code-server', 'out', 'node', 'entry.js');
  const node = join(home, 'node');
  return existsSync(entry) && existsSync(node) ? { entry: realpathSync(entry), node: realpathSync(node) } : undefined;
}
