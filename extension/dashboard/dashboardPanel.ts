import * as vscode from 'vscode';
import { isCode, SohError } from '../../emulator/errors.ts';
import { createPageBridge, type PageBridge, type PageGroup } from '../../emulator/control/pageBridge.ts';
import type { HostMessage } from '../../emulator/control/pageProtocol.ts';
import { pageStrings } from '../../emulator/group/pageStrings.ts';
import { openRunOf } from '../../emulator/replay/runs.ts';
import { exportRunWithDialog, runOf } from '../runs/exportRun.ts';
import type { GroupSession } from '../session/groupSession.ts';
import { t } from '../text/text.ts';
import { pageFolder, showPage } from './page.ts';
import { sourceFile } from './sourceFile.ts';

const VIEW_TYPE = 'scaledOutHosts.dashboard';

interface Open {
  readonly panel: vscode.WebviewPanel;
  readonly bridge: PageBridge;
}

/** The dashboard in an editor: at most one, restored after a reload. The page is the one the supervisor serves to browsers. */
export class DashboardPanel implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #session: GroupSession;
  readonly #root: vscode.Uri;
  readonly #log: vscode.LogOutputChannel;
  readonly #onError: (error: unknown) => void;
  readonly #subscriptions: { dispose(): unknown }[];
  #open: Open | undefined;

  /** @param extensionUri folder of the extension */
  constructor(session: GroupSession, extensionUri: vscode.Uri, log: vscode.LogOutputChannel, onError: (error: unknown) => void) {
    this.#session = session;
    this.#root = pageFolder(extensionUri);
    this.#log = log;
    this.#onError = onError;
    let phase = session.phase;
    this.#subscriptions = [
      vscode.window.registerWebviewPanelSerializer(VIEW_TYPE, this),
      session.onFrame.add((frame) => {
        // A hidden page is gone; when it is shown again it asks for everything.
        if (this.#open?.panel.visible === true) this.#open.bridge.frame(frame);
      }),
      session.onDidChange.add(() => {
        if (session.phase === phase) return;
        phase = session.phase;
        this.#tellPhase();
      }),
    ];
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** Shows the dashboard; creates it when there is none. */
  show(): void {
    if (this.#open !== undefined) return this.#open.panel.reveal();
    this.#attach(vscode.window.createWebviewPanel(VIEW_TYPE, t('Scaled-Out Hosts'), vscode.ViewColumn.Active));
  }

  /** A panel from before the reload of the window. */
  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    this.#attach(panel);
    await this.#session.adopt();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#open?.panel.dispose();
  }

  #attach(panel: vscode.WebviewPanel): void {
    const { webview } = panel;
    const bridge = createPageBridge({
      group: this.#group(),
      openRun: () => openRunOf(...runOf(this.#session), Date.now()),
      exportRun: () => exportRunWithDialog(this.#session),
      send: (message: HostMessage) => void webview.postMessage(message),
      strings: pageStrings(vscode.env.language),
      openSource: async (instance, shape) => this.#openSource(instance, shape),
      log: (text) => this.#log.warn(`dashboard: ${text}`),
    });
    this.#open = { panel, bridge };
    panel.iconPath = new vscode.ThemeIcon('server-process');
    webview.onDidReceiveMessage((message: unknown) => void this.#receive(bridge, message));
    panel.onDidDispose(() => {
      if (this.#open?.panel === panel) this.#open = undefined;
    });
    showPage(webview, this.#root);
  }

  async #receive(bridge: PageBridge, message: unknown): Promise<void> {
    await bridge.receive(message);
    // What a page did not hear while it looked at the past, or before it was there.
    const kind = (message as { kind?: unknown } | null)?.kind;
    if (kind === 'ready' || kind === 'moment') this.#tellPhase();
  }

  /** What the page may do: the group's commands where the workspace is trusted; the feed comes from what this window knows already. */
  #group(): PageGroup {
    const session = this.#session;
    return {
      call: async (command, parameters) => {
        if (!vscode.workspace.isTrusted && !reads.has(command)) throw new SohError('workspace.notTrusted');
        return session.call(command, parameters);
      },
      startFeed: async () => {
        await session.adopt();
        const snapshot = session.model.snapshot();
        // Without a group the next frame is the snapshot of the one that will be started.
        if (snapshot !== undefined) this.#open?.bridge.frame(snapshot);
      },
    };
  }

  /** Beside the dashboard, so that one sees the shape and its code. */
  async #openSource(instance: string, shape: number): Promise<void> {
    try {
      const [status, detail] = await Promise.all([this.#session.call('status', {}), this.#session.call('show', { instance })]);
      const { path, line } = await sourceFile(status, detail, shape);
      const start = new vscode.Position(line - 1, 0);
      const selection = new vscode.Range(start, start);
      await vscode.window.showTextDocument(vscode.Uri.file(path), { viewColumn: vscode.ViewColumn.Beside, selection });
    } catch (error) {
      this.#onError(error);
    }
  }

  #tellPhase(): void {
    if (this.#open === undefined) return;
    const { phase, error } = this.#session;
    if (phase === 'running') this.#open.bridge.connection('connected');
    else if (phase === 'failed') this.#open.bridge.connection('lost', isCode(error, 'group.connectionLost') ? undefined : error);
    else if (phase === 'stopped') this.#open.bridge.connection('stopped');
  }
}

const reads: ReadonlySet<string> = new Set(['status', 'instances', 'show', 'lanes', 'failovers']);
