/** The HTML document of the dashboard: the same for a webview panel and for a browser; only addresses and the source of trust differ. */

export interface DashboardPage {
  /** `browser`: the page brings a theme of its own. `panel`: VS Code supplies the theme. */
  readonly surface: 'browser' | 'panel';
  readonly scriptUri: string;
  readonly styleUri: string;
  /** Language of the page, a BCP 47 tag. */
  readonly locale: string;
  readonly title: string;
  /** Content security policy; see {@link browserPolicy}. A panel builds its own from `webview.cspSource`. */
  readonly policy: string;
}

/** The policy of the page in a browser: our own files, our own socket, nothing inline, no frames. `host` = `127.0.0.1:<port>`. */
export function browserPolicy(host: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    'img-src data:',
    `connect-src ws://${host}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** The policy of the page in a webview panel; `source` = `webview.cspSource`. */
export function panelPolicy(source: string): string {
  return `default-src 'none'; script-src ${source}; style-src ${source}; font-src ${source}; img-src ${source} data:`;
}

/** The document. Every value is escaped; the page's content is made by its script. */
export function dashboardHtml({ surface, scriptUri, styleUri, locale, title, policy }: DashboardPage): string {
  // `frame-ancestors` works only as a header, which the browser's server sends; a <meta> with it would only log a warning.
  const metaPolicy = policy.replace(/; frame-ancestors 'none'/, '');
  return `<!doctype html>
<html lang="${escape(locale)}" data-surface="${surface}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escape(metaPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${escape(styleUri)}">
<title>${escape(title)}</title>
</head>
<body>
<soh-dashboard></soh-dashboard>
<script type="module" src="${escape(scriptUri)}"></script>
</body>
</html>
`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
