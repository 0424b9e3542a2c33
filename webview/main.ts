/** Start of the dashboard page, in a webview panel and in a browser. */
import './theme.css';
import './page.css';
import { browserTransport } from './host/browserTransport.ts';
import { vscodeTransport } from './host/vscodeTransport.ts';
import { Dashboard } from './view/dashboard.ts';

for (const dashboard of document.querySelectorAll('soh-dashboard')) {
  if (dashboard instanceof Dashboard) dashboard.start(vscodeTransport(window) ?? browserTransport(window));
}
