/**
 * The link between a host instance and the MessageBox as a port: a WebSocket in production (webSocketLink.ts), in memory in a simulation.
 * What is said arrives whole, in order and once, up to the moment the link is lost.
 */
import type { HostFrame, MessageBoxFrame } from './frames.ts';

/** What one side can do with a link. */
export interface Link<Out> {
  /**
   * Says the frames of one turn; what is said before the link stands waits for it.
   *
   * @param left called when they are out of this process, so that its end does not unsay them; never when the link is lost before
   */
  send(frames: readonly Out[], left?: () => void): void;
  /** Ends it after what was said; `lost` follows. */
  close(): void;
}

/** What a link tells the side it belongs to; never inside one of its own calls. */
export interface LinkEnd<In> {
  heard(frames: readonly In[]): void;
  /** It is gone, or could not be made: the last that is heard of it. */
  lost(reason?: string): void;
}

/** Begins a link to the MessageBox. */
export type Connect = (end: LinkEnd<MessageBoxFrame>) => Link<HostFrame>;
