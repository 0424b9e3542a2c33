/** What happened to the group, in order: told to who follows, and kept in the journal for who looks back. */
import type { Profile } from '../cluster/clusterFile.ts';
import type { InstanceError } from '../engine/door.ts';
import type { WireError } from '../errors.ts';
import type { HostInstanceState, MessageBoxStatus } from './status.ts';

/** Something worth telling a person, in the order it happened. */
export type GroupEvent = { readonly at: string; readonly sequence: number } & (
  | Exclude<Observation, { kind: 'fault' | 'groupStarted' }>
  | MachineNews
  | { readonly kind: 'ownerLost'; readonly hostInstance: string; readonly reason: string; readonly instances: readonly string[] }
  | {
      readonly kind: 'takenOver';
      readonly instance: string;
      readonly orchestration: string;
      readonly from: string;
      readonly to: string;
      readonly version: number;
      /** ms from the loss to the first commit of the new owner */ readonly resumedAfterMs: number;
    }
  | { readonly kind: 'messageBoxState'; readonly state: MessageBoxStatus['state']; readonly detail?: string }
  /** A file a receive location does not take, or what happened to one that it took: each is told once. */
  | { readonly kind: 'receiveNotice'; readonly location: string; readonly error: WireError }
  | { readonly kind: 'instanceSuspended'; readonly instance: string; readonly orchestration: string; readonly error: InstanceError }
);

/** What the supervisor sees of processes and does to them; kept in the journal so that a run can be looked at afterwards. */
export type Observation =
  | {
      readonly kind: 'groupStarted';
      readonly name: string;
      readonly profile: Profile;
      readonly computers: readonly string[];
      readonly hostInstances: readonly { readonly name: string; readonly host: string; readonly computer: string }[];
      readonly receiveLocations: readonly { readonly name: string; readonly host: string; readonly adapter: 'FILE' | 'HTTP' }[];
    }
  | { readonly kind: 'hostInstanceState'; readonly hostInstance: string; readonly state: HostInstanceState; readonly detail?: string }
  | { readonly kind: 'computerState'; readonly computer: string; readonly state: 'running' | 'failed' }
  /** What a person did to cause a loss, with this group's own commands. */
  | { readonly kind: 'fault'; readonly fault: FaultKind; readonly hostInstance: string };

/** What the MessageBox notices of the machine it runs on; kept in the journal as well. */
export type MachineNews =
  /** The machine's clock moved by more than a minute; the MessageBox's time is so far ahead of it since. */
  | { readonly kind: 'clockJumped'; readonly byMs: number; readonly aheadMs: number }
  /** The disk of the data folder is full, so nothing new begins; or there is room again. */
  | { readonly kind: 'storage'; readonly state: 'full' | 'writable' };

export type FaultKind = 'kill' | 'freeze' | 'computer';

/** Why a session of a host instance ended. */
export type SessionEnd = 'bye' | 'socket closed' | 'lease expired' | 'replaced' | 'messagebox restarted';
