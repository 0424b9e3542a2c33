/**
 * The claims of a FILE receive location: files it took out of the folder, under a name that says everything another host instance
 * needs to finish them.
 *
 *     .claimed/<claim>.<owner>.<time>.<takeovers>~<file name>     taken, not yet known to be in the MessageBox
 *     .claimed/<claim>.<owner>.<time>.<takeovers>.<hash>~<file name>   in the MessageBox; waits to be deleted
 *
 * Every step is a rename, so exactly one host instance makes it. The receive id consists of location, claim, file name and content
 * hash: the parts no step changes.
 */
import { createHash, randomBytes } from 'node:crypto';

/** Folder inside the receive folder. */
export const CLAIMED = '.claimed';
/** Files the location will not take; never deleted. */
export const REFUSED = '.refused';

export interface Claim {
  /**
   * Random; a file of the same name and content that comes later is another message. The end says which file system it was made on (old
   * claims have no such end).
   */
  readonly id: string;
  /** Hash of the name of the host instance that holds it. */
  readonly owner: string;
  /** When the owner took it, UTC ms. */
  readonly at: number;
  readonly takeovers: number;
  readonly fileName: string;
  /** Set when the MessageBox has it. */
  readonly contentHash?: string;
}

const claimName = /^([0-9a-f]{16}(?:[0-9a-f]{8})?)\.([0-9a-f]{8})\.([0-9a-z]{1,11})\.(\d{1,4})(?:\.([0-9a-f]{32}))?~(.+)$/s;

/** @param device `deviceTag` of the folder's file system */
export function newClaim(fileName: string, owner: string, now: number, device = ''): Claim {
  return { id: randomBytes(8).toString('hex') + device, owner, at: now, takeovers: 0, fileName };
}

export function formatClaim(claim: Claim): string {
  const hash = claim.contentHash === undefined ? '' : `.${claim.contentHash}`;
  return `${claim.id}.${claim.owner}.${claim.at.toString(36)}.${String(claim.takeovers)}${hash}~${claim.fileName}`;
}

/** `undefined` for a file that is no claim. */
export function parseClaim(name: string): Claim | undefined {
  const [, id, owner, at, takeovers, contentHash, fileName] = claimName.exec(name) ?? [];
  if (id === undefined || owner === undefined || at === undefined || fileName === undefined) return undefined;
  return {
    id,
    owner,
    at: Number.parseInt(at, 36),
    takeovers: Number(takeovers),
    fileName,
    ...(contentHash === undefined ? {} : { contentHash }),
  };
}

/** Longest file name, in bytes, that fits into the name of a claim. */
export const MAX_CLAIMED_NAME_BYTES = 170;

/** How an owner appears in claim names. */
export function ownerHash(hostInstance: string): string {
  return createHash('sha256').update(hostInstance).digest('hex').slice(0, 8);
}

/** How a file system appears in claim ids. */
export function deviceTag(device: string): string {
  return createHash('sha256').update(device).digest('hex').slice(0, 8);
}

/** Half of a SHA-256, because it has to fit into a file name; the random claim id stands next to it. */
export function inName(contentHash: string): string {
  return contentHash.slice(0, 32);
}

/** The hash of a content as it stands in the name of a claim. */
export function hashOf(bytes: Uint8Array): string {
  return inName(createHash('sha256').update(bytes).digest('hex'));
}

/** docs/failure-model.md, P15: location + file identity + content hash. */
export function receiveIdOf(location: string, claim: Claim, contentHash: string): string {
  return `${location}/${claim.id}/${claim.fileName}/${contentHash}`;
}

/** What a receive id says of the claim it was made for; `undefined` when it is none of a FILE location. */
export function claimOfReceiveId(location: string, receiveId: string): { readonly id: string; readonly device: string } | undefined {
  const [, id, device = ''] = /^([0-9a-f]{16}([0-9a-f]{8})?)\//.exec(receiveId.slice(location.length + 1)) ?? [];
  return id === undefined || !receiveId.startsWith(`${location}/`) ? undefined : { id, device };
}
