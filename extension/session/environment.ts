/** Variables of the environment a group's processes may see. Everything else of VS Code's own, and of a debugger's, stays out. */
const allowed = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'LANG',
  'LC_ALL',
  'LC_MESSAGES',
  'TZ',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SYSTEMROOT',
  'SYSTEMDRIVE',
  'WINDIR',
  'COMSPEC',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
  'XDG_RUNTIME_DIR',
];

/** The environment for a supervisor that runs in VS Code's own Node. */
export function cleanEnvironment(own: NodeJS.ProcessEnv): Record<string, string> {
  const clean: Record<string, string> = { ELECTRON_RUN_AS_NODE: '1' };
  for (const [name, value] of Object.entries(own)) {
    // Names are case-insensitive on Windows ("Path").
    if (value !== undefined && allowed.includes(name.toUpperCase())) clean[name] = value;
  }
  return clean;
}
