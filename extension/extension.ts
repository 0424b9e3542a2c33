/** The composition root: makes everything, wires it, starts nothing. */
import * as vscode from 'vscode';
import { nodeClock } from '../emulator/clock.ts';
import { SohError } from '../emulator/errors.ts';
import { ControlClient } from '../emulator/control/client.ts';
import { checkGroup } from '../emulator/group/checkGroup.ts';
import type { ScaledOutHostsApi, ScaledOutHostsExports } from './api.ts';
import { registerCodeLens } from './clusterFiles/codeLens.ts';
import { KnownGroups } from './clusterFiles/knownGroups.ts';
import { type GroupChecker, showClusterFileProblems } from './clusterFiles/problems.ts';
import { registerCommands } from './commands/register.ts';
import { contextKeys } from './contextKeys.ts';
import { DashboardPanel } from './dashboard/dashboardPanel.ts';
import { tellGroupNotices } from './groupNotices.ts';
import { InstanceDocuments } from './documents/instanceDocument.ts';
import { RunEditor } from './runs/runEditor.ts';
import { cleanEnvironment } from './session/environment.ts';
import { GroupPlaces } from './session/groupPlaces.ts';
import { GroupSession } from './session/groupSession.ts';
import { followLog } from './session/followLog.ts';
import { HostInstanceLogs } from './session/hostInstanceLogs.ts';
import { startSupervisor } from './session/supervisorProcess.ts';
import { createStatusBar } from './statusBar.ts';
import { ErrorReporter } from './text/errors.ts';
import { Views } from './views/views.ts';

let running: GroupSession | undefined;

export function activate(context: vscode.ExtensionContext): ScaledOutHostsExports {
  const started = performance.now();
  const log = vscode.window.createOutputChannel('Scaled-Out Hosts', { log: true });
  const errors = new ErrorReporter(log);
  const onError = (error: unknown): void => void errors.show(error);
  const places = new GroupPlaces(context);
  const session = createSession(context, places, log);
  running = session;
  const known = new KnownGroups(vscode.Uri.joinPath(context.extensionUri, 'samples', 'order-process', 'cluster.json'));
  const views = new Views(session, known, context.workspaceState, onError);
  const dashboard = new DashboardPanel(session, context.extensionUri, log, onError);
  const documents = new InstanceDocuments(session);
  const logs = new HostInstanceLogs(session, log);
  const services = { session, places, known, views, dashboard, documents, log, logs, extension: context.extension };
  context.subscriptions.push(
    log,
    logs,
    known,
    views,
    dashboard,
    documents,
    createStatusBar(session),
    followLog(session, log),
    registerCommands(services, async (error) => errors.show(error)),
    showClusterFileProblems(groupChecker(context)),
    registerCodeLens(session),
    RunEditor.register(context.extensionUri, log),
    session.onDidFail.add(onError),
    tellGroupNotices(session, onError),
    publishPhase(session),
  );
  const api = createApi(session, places, context);
  return {
    activationMs: performance.now() - started,
    getApi: (version) => {
      if (version !== api.version) throw new RangeError(`There is no version ${String(version)} of this API, only ${String(api.version)}.`);
      return api;
    },
  };
}

/** Lets go of the group. Whether it stays is the supervisor's own decision: a reload of the window comes here too. */
export async function deactivate(): Promise<void> {
  await running?.dispose();
}

/** Checks group files as the command line does, with the same program. */
function groupChecker(context: vscode.ExtensionContext): GroupChecker {
  return (group) => {
    const node = vscode.workspace.getConfiguration('scaledOutHosts').get('nodePath', '');
    const bundles = vscode.Uri.joinPath(context.extensionUri, 'dist').fsPath;
    // Code of the workspace runs only where it is trusted.
    const modules = vscode.workspace.isTrusted;
    return checkGroup({
      ...group,
      modules,
      bundles,
      clock: nodeClock,
      env: cleanEnvironment(process.env),
      ...(node === '' ? {} : { node }),
    });
  };
}

function createSession(context: vscode.ExtensionContext, places: GroupPlaces, log: vscode.LogOutputChannel): GroupSession {
  return new GroupSession({
    connect: async (folder) => ControlClient.connect(folder, nodeClock),
    stopAny: async (folder) => ControlClient.stopAny(folder, nodeClock),
    spawn: async (place) => {
      const settings = vscode.workspace.getConfiguration('scaledOutHosts');
      const node = settings.get('nodePath', '');
      return startSupervisor(place, {
        program: vscode.Uri.joinPath(context.extensionUri, 'dist', 'supervisor.mjs').fsPath,
        node: node === '' ? process.execPath : node,
        stopWithWindow: settings.get('stopWithWindow', true),
      });
    },
    candidates: async () => places.all(),
    wait: async (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    now: () => performance.now(),
    log: (text) => log.info(text),
  });
}

function publishPhase(session: GroupSession): vscode.Disposable {
  let shown: string | undefined;
  const publish = (): void => {
    if (shown === session.phase) return;
    shown = session.phase;
    void vscode.commands.executeCommand('setContext', contextKeys.state, shown);
  };
  publish();
  return vscode.Disposable.from(session.onDidChange.add(publish));
}

function createApi(session: GroupSession, places: GroupPlaces, context: vscode.ExtensionContext): ScaledOutHostsApi {
  const changed = new vscode.EventEmitter<void>();
  context.subscriptions.push(
    changed,
    session.onDidChange.add(() => changed.fire()),
  );
  return {
    version: 1,
    get phase() {
      return session.phase;
    },
    get status() {
      return session.status;
    },
    onDidChange: changed.event,
    start: async (clusterFile) => {
      if (!vscode.workspace.isTrusted) throw new SohError('workspace.notTrusted');
      return session.start(await places.of(clusterFile ?? null));
    },
    stop: async () => session.stop(),
  };
}
