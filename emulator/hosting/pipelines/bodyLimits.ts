import type { ClusterFile } from '../../cluster/clusterFile.ts';

/** How much a body may hold: `limits` of the group file (docs/files.md, "Sizes"; docs/failure-model.md, P20 and P30). */
export type BodyLimits = Omit<ClusterFile['limits'], 'messageBytes'>;

/** What they are when the group file says nothing. */
export const DEFAULT_LIMITS: BodyLimits = {
  depth: 256,
  xmlNodes: 150_000,
  xmlAttributes: 1000,
  xmlReferences: 100_000,
  jsonValues: 500_000,
};
