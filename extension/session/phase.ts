/** What this window knows of its group. `failed` = it ended, or never came up, without being asked to stop. */
export type SessionPhase = 'stopped' | 'starting' | 'running' | 'stopping' | 'failed';
