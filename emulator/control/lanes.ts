/**
 * The shapes of the commands `lanes` and `failovers`: who owned which instance when, and what each loss cost. Made from the journal alone
 * (emulator/tracking). All times are UTC ms by the MessageBox's clock, all durations ms.
 */
import type { PersistencePoint } from '../engine/door.ts';
import type { WireError } from '../errors.ts';
import type { SessionEnd } from './events.ts';
import type { FaultKind } from './events.ts';

/** `running`: a host instance owns it. The others: nobody does, and why. */
export type LaneTone = 'ready' | 'running' | 'dehydrated' | 'suspended' | 'lost';

export interface LaneStretch {
  readonly tone: LaneTone;
  /** The owner; for the other tones the last one. */
  readonly by: string | null;
  readonly from: number;
  /** `null`: it goes on. */
  readonly to: number | null;
  /** Commits the instance had when it began. */
  readonly version: number;
  /** Free credit of the owner when it was granted; not there when the grant is not in the journal. */
  readonly credit?: number;
  /** Another owner was lost before. */
  readonly takeover?: boolean;
  /** Times it only waited in the owner's memory, as far as the trace tells: from, to. */
  readonly waits?: readonly (readonly [number, number])[];
  /** How an ownership ended. */
  readonly end?: 'idle' | 'completed' | 'terminated' | 'suspended' | 'lost' | 'stopped' | 'messagebox restarted';
  /** When the next timer of a dehydrated instance is due. */
  readonly due?: number;
}

/** A commit. Its host instance is that of the last ownership that began with an older version. */
export interface LanePoint {
  readonly at: number;
  readonly version: number;
  readonly points: readonly PersistencePoint[];
  /** Numbers of the shapes that ran again, because the owner before was lost with them at risk. */
  readonly again?: readonly number[];
}

export interface LaneTakeover {
  /** When the owner was lost, and who it was. */
  readonly at: number;
  readonly from: string;
  readonly reason: SessionEnd;
  /** Commit it goes on from. */
  readonly version: number;
  /** Who got it next; the same one after a restart. */
  readonly to: string | null;
  readonly grantedAt: number | null;
  /** First commit of the new owner. */
  readonly resumedAt: number | null;
  /** Numbers of the shapes at risk when the owner was lost. */
  readonly atRisk: readonly number[];
}

export interface InstanceLane {
  readonly instance: string;
  /** Empty when its beginning is older than what was read. */
  readonly orchestration: string;
  /** Key of `LanesFrame.shapes`. */
  readonly service: string;
  /** Instance whose message activated it. */
  readonly parent: string | null;
  readonly begun: number;
  readonly ended: number | null;
  readonly outcome: 'completed' | 'terminated' | null;
  /** In order, without gaps. */
  readonly stretches: readonly LaneStretch[];
  readonly points: readonly LanePoint[];
  readonly takeovers: readonly LaneTakeover[];
  /** Stretches and commits too old to be kept. */
  readonly omitted: number;
}

export interface HostInstanceLane {
  readonly hostInstance: string;
  readonly host: string;
  readonly computer: string;
  readonly sessions: readonly {
    readonly session: string;
    readonly pid: number;
    readonly from: number;
    readonly to: number | null;
    readonly end: SessionEnd | null;
    /** Instances it held when it ended. */
    readonly lost: number;
  }[];
}

/** What is new since a revision; the first frame, and one with `reset`, is everything. */
export interface LanesFrame {
  /** Argument `since` of the next call. */
  readonly revision: number;
  /** Forget all lanes of earlier frames. */
  readonly reset: boolean;
  /** Time now, by the clock of the group. */
  readonly now: number;
  /** Time of the oldest record read; nothing is known before it. */
  readonly from: number | null;
  /** Messages that came in too fast to show the instances they began. */
  readonly unseen: number;
  /** Why a part of the journal could not be read; this is without it. */
  readonly unread?: WireError;
  /** New and changed lanes, each whole, in the order of their beginning. */
  readonly lanes: readonly InstanceLane[];
  /** Instances whose lanes are no longer kept. */
  readonly gone: readonly string[];
  /** Not there when unchanged. */
  readonly hostInstances?: readonly HostInstanceLane[];
  /** Starts of the MessageBox; not there when unchanged. */
  readonly generations?: readonly { readonly generation: number; readonly at: number }[];
  /** Names of the shapes by number, by service; not there when unchanged. */
  readonly shapes?: Readonly<Record<string, readonly string[]>>;
}

export interface FailoverEntry {
  /** Number of the record of the loss. */
  readonly sequence: number;
  /** When the MessageBox noticed. */
  readonly at: number;
  readonly hostInstance: string;
  readonly reason: SessionEnd;
  /** What a person did to cause it, where it was done with this group's own commands. */
  readonly fault: FaultKind | null;
  /** From the fault, or else from the last record the host instance caused, to `at`. */
  readonly detectionMs: number | null;
  /** Instances it held. */
  readonly lost: number;
  /** How many of them another host instance resumed, the same one after its restart, and which were suspended, ended or lost once more. */
  readonly takenOver: number;
  readonly resumedByItself: number;
  readonly givenUp: number;
  /** Neither of these yet. */
  readonly waiting: number;
  /** From `at` to the first grant, to the first and to the last first commit. `null`: not yet, or nothing was lost. */
  readonly firstGrantedMs: number | null;
  readonly firstResumedMs: number | null;
  readonly allResumedMs: number | null;
  readonly by: readonly { readonly hostInstance: string; readonly count: number }[];
  /** Shapes that ran again. */
  readonly again: number;
  /**
   * Send ports' messages granted again after the loss: the first owner may have transmitted them and died before its commit. The receiver
   * can tell by the message id. Everything else that leaves an orchestration leaves with its commit, once.
   */
  readonly retransmitted: number;
  /** From `at` to the next session of this host instance. */
  readonly restartedMs: number | null;
  /** What BizTalk's own times would have been, from the fault to the first resumption (docs/behaviour.md, section 6.2). */
  readonly classic: { readonly fromMs: number; readonly toMs: number };
}

export interface FailoversFrame {
  /** Time of the oldest record read; losses before it are not in the list. */
  readonly from: number | null;
  /** Newest first, at most 50. */
  readonly failovers: readonly FailoverEntry[];
  /** Why a part of the journal could not be read; this is without it. */
  readonly unread?: WireError;
}
