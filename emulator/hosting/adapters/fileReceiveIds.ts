/**
 * The receive ids the MessageBox remembers for files that are gone. That they can be forgotten is said once, and what is said can be lost
 * with a connection or a process. So whenever that may have happened, what is remembered is compared with the claims there are
 * (docs/failure-model.md, P15).
 */
import type { KeptId } from './door.ts';
import { claimOfReceiveId, parseClaim } from './fileClaims.ts';
import type { Files } from '../../files/files.ts';

/**
 * Claims on another file system may come back with it: a share that is not mounted at the moment. After a day their ids are forgotten all
 * the same, ms.
 */
const ELSEWHERE_MS = 86_400_000;

export interface RememberedIds {
  readonly files: Files;
  readonly location: string;
  /** The folder of the claims, and the tag of its file system. */
  readonly claimed: string;
  readonly device: string;
  /** UTC ms, by the clock of the MessageBox. */
  readonly now: number;
}

/**
 * Of the ids the MessageBox remembered at a time before the call those that can be forgotten: no claim will ever be submitted under them
 * again.
 */
export async function forgettable(ids: readonly KeptId[], { files, location, claimed, device, now }: RememberedIds): Promise<string[]> {
  if (ids.length === 0) return [];
  // Twice: a claim that is renamed while the folder is listed may be missed once.
  const alive = new Set([...(await claimsToCome(files, claimed)), ...(await claimsToCome(files, claimed))]);
  return ids
    .filter(({ id, at }) => {
      const claim = claimOfReceiveId(location, id);
      if (!claim) return true;
      if (claim.device !== '' && claim.device !== device) return now - at > ELSEWHERE_MS;
      return !alive.has(claim.id);
    })
    .map(({ id }) => id);
}

/** Ids of the claims that may still be submitted, whose first owner may still be heard, or that a power cut may bring back. */
async function claimsToCome(files: Files, claimed: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { name } of files.list(claimed)) {
    const claim = parseClaim(name);
    if (claim && (claim.contentHash === undefined || claim.takeovers > 0 || !files.syncsFolders)) ids.push(claim.id);
  }
  return ids;
}
