import * as vscode from 'vscode';
import type { GroupSession } from '../session/groupSession.ts';

const SCHEME = 'scaled-out-hosts';
const REFRESH_MS = 1000;

/** Read-only documents `scaled-out-hosts:/<instance>.json`: everything the group knows about one instance, searchable and comparable. */
export class InstanceDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #session: GroupSession;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly #subscriptions: { dispose(): unknown }[];
  readonly #stale = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  readonly onDidChange = this.#changed.event;

  constructor(session: GroupSession) {
    this.#session = session;
    this.#subscriptions = [
      this.#changed,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      session.onFrame.add(({ instances }) => this.#note(instances?.map(({ id }) => id) ?? [])),
    ];
  }

  async show(instance: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${encodeURIComponent(instance)}.json` });
    this.#changed.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const detail = await this.#session.call('show', { instance: instanceOf(uri) });
    return `${JSON.stringify(detail, null, 2)}\n`;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  /** An open document follows its instance, at most once a second. */
  #note(ids: readonly string[]): void {
    const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === SCHEME);
    if (open.length === 0) return;
    for (const { uri } of open) if (ids.includes(instanceOf(uri))) this.#stale.add(uri.toString());
    if (this.#stale.size === 0) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const uri of this.#stale) this.#changed.fire(vscode.Uri.parse(uri, true));
      this.#stale.clear();
    }, REFRESH_MS);
  }
}

function instanceOf(uri: vscode.Uri): string {
  return decodeURIComponent(uri.path.replace(/^\//, '').replace(/\.json$/, ''));
}
