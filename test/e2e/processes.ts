import { existsSync, globSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CodeServer } from '../host/codeServer.ts';

export interface GroupProcess {
  readonly pid: number;
  readonly parent: number;
  readonly role: 'supervisor' | 'messageBox' | 'hostInstance';
}

function read(pid: string, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    // It ended between two reads.
    return undefined;
  }
}

/** Every process of a group that runs the programs installed in that VS Code, whoever its parent is by now. Zombies do not count. */
export function groupProcesses({ extensionsFolder }: CodeServer): GroupProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const words = read(pid, 'cmdline')?.split('\0') ?? [];
      const program = words.find(
        (word) => word.startsWith(extensionsFolder) && /dist\/(?:supervisor|messageBox|hostInstance)\.mjs$/.test(word),
      );
      const status = read(pid, 'status');
      if (program === undefined || status === undefined || /^State:\s+Z/m.test(status)) return [];
      const role = /(\w+)\.mjs$/.exec(program)?.[1] as GroupProcess['role'];
      return [{ pid: Number(pid), parent: Number(/^PPid:\s+(\d+)$/m.exec(status)?.[1]), role }];
    });
}

/** Extension hosts of that VS Code: the processes that load extensions. */
export function extensionHosts({ userDataFolder }: CodeServer): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const line = read(pid, 'cmdline') ?? '';
      return line.includes('--type=extensionHost') && (read(pid, 'environ') ?? '').includes(dirname(userDataFolder));
    })
    .map(Number);
}

/** True while there is a process of that id that is not a zombie. */
export function lives(pid: number): boolean {
  const status = read(String(pid), 'status');
  return status !== undefined && !/^State:\s+Z/m.test(status);
}

/** The processes of a group that still live. */
export function living(group: readonly GroupProcess[]): GroupProcess[] {
  return group.filter(({ pid }) => lives(pid));
}

/** Data folders of the groups that were started in that VS Code, in its own storage. */
export function dataFolders({ userDataFolder }: CodeServer): string[] {
  return globSync('User/globalStorage/scaled-out-hosts.scaled-out-hosts/groups/*/*', { cwd: userDataFolder })
    .map((folder) => join(userDataFolder, folder))
    .filter((folder) => existsSync(folder));
}
