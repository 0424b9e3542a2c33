import { readDiscovery, type Discovery } from '../control/discovery.ts';
import { dashboardUrl } from '../group/dashboardServer.ts';
import type { Call } from './command.ts';

/** Opens the dashboard of a running group in the browser; where there is none, the address is what a person needs. */
export async function openDashboard({ port, token }: Discovery, { json, print, t, world }: Call, browser: boolean): Promise<void> {
  const url = dashboardUrl(port, token, world.clock.wall());
  const opened = browser && (await world.openBrowser(url));
  if (json) print.json({ url, opened });
  else if (opened) print.line(t('The dashboard opens in the browser.'));
  else print.line(t('Open this address in a browser within a minute; it works once: {url}', { url }));
}

/** The same for the group that was just started on this folder. */
export async function openDashboardOf(folder: string, call: Call): Promise<void> {
  const discovery = await readDiscovery(folder);
  if (discovery !== undefined) await openDashboard(discovery, call, true);
}
