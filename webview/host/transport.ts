/** The page's only way out. One implementation for a webview panel, one for a browser, one scripted in the tests. */
import type { PageMessage } from '../../emulator/control/pageProtocol.ts';
import type { ListFilter } from '../model/filter.ts';
import type { SavedFilter } from '../model/savedFilters.ts';

/** What the page remembers over a reload: where one was, never what the group said. */
export interface Layout {
  readonly version: 2;
  readonly filter: ListFilter;
  readonly saved: readonly SavedFilter[];
  /** Instance that is open. */
  readonly selected: string | null;
  /** What is shown of it. */
  readonly tab: string;
}

export interface TransportEvents {
  /** The host can be reached (again): it is time to say `ready`. */
  readonly opened: () => void;
  /** Unparsed, as it came. */
  readonly received: (message: unknown) => void;
  readonly closed: () => void;
}

export interface Transport {
  /** Starts it; called once. */
  connect(events: TransportEvents): void;
  /** Sends, or drops while there is no connection. */
  send(message: PageMessage): void;
  loadLayout(): unknown;
  saveLayout(layout: Layout): void;
}
