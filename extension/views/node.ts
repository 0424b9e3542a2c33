import type { ServiceInstanceState } from '../../emulator/control/status.ts';

/** What a tree item stands for; commands read it. */
export type NodeTarget =
  | { readonly kind: 'messageBox' }
  | { readonly kind: 'host'; readonly name: string }
  | { readonly kind: 'computer'; readonly name: string }
  | { readonly kind: 'hostInstance'; readonly name: string }
  | { readonly kind: 'service'; readonly name: string; readonly location: string | undefined }
  | { readonly kind: 'clusterFile'; readonly path: string | null }
  | { readonly kind: 'instance'; readonly id: string }
  | { readonly kind: 'instanceState'; readonly state: ServiceInstanceState }
  | { readonly kind: 'more' };

/** A codicon and the colour of the theme it is drawn in. */
export interface NodeIcon {
  readonly id: string;
  readonly color?: string;
}

/** One tree item as it should look now. Plain data: built from a snapshot, compared with the one before. */
export interface NodeSpec {
  /** Stable: never the label, the same as long as the thing exists. */
  readonly id: string;
  readonly target: NodeTarget;
  readonly label: string;
  readonly description?: string;
  readonly icon: NodeIcon;
  readonly contextValue: string;
  /** Name, kind, state and count in one sentence for a screen reader. */
  readonly accessibility: string;
  /** Shown on hover; read when needed, a change of it alone refreshes nothing. */
  readonly tooltip?: string;
  /** How a parent is shown the first time; later the user's choice is remembered by VS Code. */
  readonly open?: boolean;
  /** Missing = can have none. */
  readonly children?: readonly NodeSpec[];
  /** Command of a click, called with the node. */
  readonly command?: string;
}

/** The grammar of `contextValue`: kind, then what can be done, in this order: `hostInstance.kill.freeze.stop`. */
export function contextValue(kind: NodeTarget['kind'], can: Readonly<Record<string, boolean>> = {}): string {
  return [kind, ...Object.keys(can).filter((name) => can[name] === true)].join('.');
}
