/** The context keys the manifest's `when` clauses use; nothing else is ever set. */
export const contextKeys = {
  /** 'stopped' | 'starting' | 'running' | 'stopping' | 'failed' */
  state: 'scaledOutHosts.state',
  /** 'host' | 'computer' */
  grouping: 'scaledOutHosts.grouping',
  filtered: 'scaledOutHosts.filtered',
} as const;
