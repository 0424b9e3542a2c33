/** What the first bytes of a record say, without parsing it: a commit may carry a state of megabytes behind them. */

export interface CommitHead {
  readonly instance: string;
  readonly hostInstance: string;
  readonly version: number;
  /** The instance is over with it, or something decides about it that only the whole record tells. */
  readonly ends: boolean;
  /** It may have activated other instances. */
  readonly begins: boolean;
}

/** The fields every commit begins with, in the order in which the MessageBox writes them. */
const COMMIT =
  /^\{"kind":"commit","at":\d+,"id":"[^"\\]*","instance":"([^"\\]*)","hostInstance":"([^"\\]*)","version":(\d+),"points":\[[^\]]*\],"outcome":"(\w+)"/;
const COMMIT_BYTES = 1000;
/** As it stands outside of a text: in one, its quotes are escaped. */
const ACTIVATES = Buffer.from('"service":"');
const KEEPS = Buffer.from('"unrouted":[');
const OPERATED = Buffer.from('"operated":"terminate"');

/** `undefined` when it is no commit, or one that has to be parsed to be understood. */
export function commitHead(json: Buffer): CommitHead | undefined {
  const found = COMMIT.exec(json.toString('utf8', 0, COMMIT_BYTES));
  if (!found) return undefined;
  const [, instance = '', hostInstance = '', version, outcome] = found;
  return {
    instance,
    hostInstance,
    version: Number(version),
    ends: outcome === 'completed' || outcome === 'terminated' || json.includes(OPERATED),
    begins: json.includes(ACTIVATES) || json.includes(KEEPS),
  };
}
