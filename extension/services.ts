import type * as vscode from 'vscode';
import type { DashboardPanel } from './dashboard/dashboardPanel.ts';
import type { InstanceDocuments } from './documents/instanceDocument.ts';
import type { KnownGroups } from './clusterFiles/knownGroups.ts';
import type { GroupSession } from './session/groupSession.ts';
import type { HostInstanceLogs } from './session/hostInstanceLogs.ts';
import type { GroupPlaces } from './session/groupPlaces.ts';
import type { Views } from './views/views.ts';

/** Everything a command may need; made once in extension.ts. */
export interface Services {
  readonly session: GroupSession;
  readonly places: GroupPlaces;
  readonly known: KnownGroups;
  readonly views: Views;
  readonly dashboard: DashboardPanel;
  readonly documents: InstanceDocuments;
  readonly log: vscode.LogOutputChannel;
  readonly logs: HostInstanceLogs;
  readonly extension: vscode.Extension<unknown>;
}
