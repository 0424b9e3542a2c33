import * as vscode from 'vscode';
import type { HostInstanceAction } from '../../emulator/control/hostInstanceActions.ts';
import type { GroupStatus, HostInstanceStatus } from '../../emulator/control/status.ts';
import { SohError } from '../../emulator/errors.ts';
import type { GroupSession } from '../session/groupSession.ts';
import type { Services } from '../services.ts';
import { t } from '../text/text.ts';
import { actionsOn } from '../views/groupTree.ts';
import { hostInstanceStateText } from '../views/stateText.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { pick } from './pick.ts';
import { nameOf, targetsOf } from './target.ts';

/** Host instances, computers and the MessageBox process: everything that can be broken and repaired. No question is asked: that is the point. */
export function hostInstanceCommands(
  services: Services,
): HandlersOf<'hostInstance' | 'computer'> & Record<'scaledOutHosts.messageBox.kill', Handler> {
  const { session, logs } = services;
  const operate = (operation: HostInstanceAction): Handler => {
    return async (...parameters) => {
      const targets = targetsOf(parameters, 'hostInstance').map(({ name }) => name);
      const given = nameOf(parameters);
      const names = given !== undefined ? [given] : targets.length > 0 ? targets : await pickHostInstance(session, operation);
      return Promise.all(names.map(async (name) => session.call(`${operation}HostInstance`, { name })));
    };
  };
  const computer = (command: 'failComputer' | 'repairComputer', state: 'running' | 'failed'): Handler => {
    return async (...parameters) => {
      const [target] = targetsOf(parameters, 'computer');
      const name = nameOf(parameters) ?? target?.name ?? (await pickComputer(session, state));
      return name === undefined ? undefined : session.call(command, { name });
    };
  };
  return {
    'scaledOutHosts.hostInstance.kill': operate('kill'),
    'scaledOutHosts.hostInstance.freeze': operate('freeze'),
    'scaledOutHosts.hostInstance.thaw': operate('thaw'),
    'scaledOutHosts.hostInstance.stop': operate('stop'),
    'scaledOutHosts.hostInstance.start': operate('start'),
    'scaledOutHosts.hostInstance.showLog': async (...parameters) => {
      const [target] = targetsOf(parameters, 'hostInstance');
      const name = nameOf(parameters) ?? target?.name ?? (await pickLog(session));
      if (name !== undefined) logs.show(name);
    },
    'scaledOutHosts.hostInstance.add': async (...parameters) => addHostInstance(session, parameters),
    'scaledOutHosts.computer.fail': computer('failComputer', 'running'),
    'scaledOutHosts.computer.repair': computer('repairComputer', 'failed'),
    'scaledOutHosts.computer.add': async (...parameters) => addComputer(session, nameOf(parameters)),
    'scaledOutHosts.messageBox.kill': async () => session.call('killMessageBox', {}),
  };
}

async function statusOf(session: GroupSession): Promise<GroupStatus> {
  return session.status ?? session.call('status', {});
}

async function pickHostInstance(session: GroupSession, operation: HostInstanceAction): Promise<string[]> {
  const { hostInstances } = await statusOf(session);
  const possible = hostInstances.filter((instance) => actionsOn(instance)[operation]);
  if (possible.length === 0) {
    void vscode.window.showInformationMessage(t('No host instance is in a state for that.'));
    return [];
  }
  const items = possible.map((instance) => ({ label: instance.name, description: describe(instance) }));
  const choice = await vscode.window.showQuickPick(items, { title: operationTitle(operation), placeHolder: t('Which host instance?') });
  return choice === undefined ? [] : [choice.label];
}

async function pickLog(session: GroupSession): Promise<string | undefined> {
  const { hostInstances } = await statusOf(session);
  const items = hostInstances.map((instance) => ({ label: instance.name, description: describe(instance) }));
  return (await pick(items, t('Show Log of Host Instance'), t('Which host instance?')))?.label;
}

function describe({ state, active }: HostInstanceStatus): string {
  return `${hostInstanceStateText(state, t)} · ${t('{count} active', { count: active })}`;
}

function operationTitle(operation: HostInstanceAction): string {
  switch (operation) {
    case 'kill':
      return t('Kill Host Instance');
    case 'freeze':
      return t('Freeze Host Instance');
    case 'thaw':
      return t('Thaw Host Instance');
    case 'stop':
      return t('Stop Host Instance');
    case 'start':
      return t('Start Host Instance');
  }
}

async function pickComputer(session: GroupSession, state: 'running' | 'failed'): Promise<string | undefined> {
  const { computers } = await statusOf(session);
  const items = computers.filter((computer) => computer.state === state).map(({ name }) => ({ label: name }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage(state === 'failed' ? t('No computer has failed.') : t('Every computer has failed.'));
    return undefined;
  }
  const title = state === 'failed' ? t('Repair Computer') : t('Fail Computer');
  return (await vscode.window.showQuickPick(items, { title, placeHolder: t('Which computer?') }))?.label;
}

async function addComputer(session: GroupSession, given: string | undefined): Promise<unknown> {
  const { computers } = await statusOf(session);
  const validate = (input: string): string | undefined => {
    const name = input.trim();
    if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u.test(name))
      return t('A name of 1 to 80 letters, digits, spaces, dots, dashes or underscores');
    return computers.some((computer) => computer.name === name) ? t('There is already a computer "{name}".', { name }) : undefined;
  };
  const title = t('Add Computer');
  const name =
    given ??
    (await vscode.window.showInputBox({ title, prompt: t('Name of the new computer'), ignoreFocusOut: true, validateInput: validate }));
  return name === undefined ? undefined : session.call('addComputer', { name: name.trim() });
}

async function addHostInstance(session: GroupSession, parameters: readonly unknown[]): Promise<unknown> {
  const { hostInstances, computers } = await statusOf(session);
  const hosts = [...new Set(hostInstances.map(({ host }) => host))];
  const title = t('Add Host Instance');
  const [onHost] = targetsOf(parameters, 'host');
  const [onComputer] = targetsOf(parameters, 'computer');
  const host =
    onHost?.name ??
    (
      await pick(
        hosts.map((label) => ({ label })),
        title,
        t('Which host?'),
      )
    )?.label;
  if (host === undefined) return undefined;
  const free = computers.filter(({ name }) => !hostInstances.some((instance) => instance.host === host && instance.computer === name));
  const [first] = computers;
  // On every computer there is one: the group says why not.
  if (free.length === 0 && first !== undefined) throw new SohError('group.oneInstancePerComputer', { host, computer: first.name });
  const computer =
    onComputer?.name ??
    (
      await pick(
        free.map(({ name }) => ({ label: name })),
        title,
        t('On which computer?'),
      )
    )?.label;
  return computer === undefined ? undefined : session.call('addHostInstance', { host, computer });
}
