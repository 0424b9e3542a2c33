import * as vscode from 'vscode';
import type { GroupStatus } from '../emulator/control/status.ts';
import type { DashboardPanel } from './dashboard/dashboardPanel.ts';
import { t } from './text/text.ts';

/** What happens after a start; the setting `scaledOutHosts.openDashboard`. */
type Choice = 'ask' | 'always' | 'never';

/** Opens the dashboard of a group that was just started, or offers to. Asked once: "Always" and "Never" are kept as the setting. */
export async function offerDashboard(dashboard: DashboardPanel, status: GroupStatus): Promise<void> {
  if (dashboard.isOpen) return;
  const settings = vscode.workspace.getConfiguration('scaledOutHosts');
  const choice = settings.get<Choice>('openDashboard', 'ask');
  if (choice === 'never') return;
  if (choice === 'always') return dashboard.show();
  const [open, always, never] = [t('Open Dashboard'), t('Always'), t('Never')];
  const sentence = t('The group "{name}" is running with {count} host instances.', {
    name: status.name,
    count: status.hostInstances.length,
  });
  const answer = await vscode.window.showInformationMessage(sentence, open, always, never);
  if (answer === always || answer === never)
    await settings.update('openDashboard', answer === always ? 'always' : 'never', vscode.ConfigurationTarget.Global);
  if (answer === open || answer === always) dashboard.show();
}
