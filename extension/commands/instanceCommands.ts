import * as vscode from 'vscode';
import type { InstanceFilter, OperationResult } from '../../emulator/control/instances.ts';
import { fromWire } from '../../emulator/errors.ts';
import type { Services } from '../services.ts';
import { t } from '../text/text.ts';
import { operationsFor, parseFilter, printFilter } from '../views/instanceFilter.ts';
import { shortId } from '../views/instanceTree.ts';
import { instanceStateText } from '../views/stateText.ts';
import type { Handler, HandlersOf } from './handler.ts';
import { nameOf, targetsOf } from './target.ts';

type Operation = 'suspend' | 'resume' | 'terminate';

/** Service instances: show, suspend, resume, terminate (one, the selection, or a whole state), and the filter of their view. */
export function instanceCommands(services: Services): HandlersOf<'instance' | 'instances'> {
  const { views, documents } = services;
  const operate = (operation: Operation): Handler => {
    return async (...parameters) => {
      const filter = await filterFor(services, operation, parameters);
      if (filter === undefined) return undefined;
      if (operation === 'terminate' && !(await confirmTermination(filter))) return undefined;
      return report(services, await services.session.call(operation, { filter }));
    };
  };
  return {
    'scaledOutHosts.instance.show': async (...parameters) => {
      const [target] = targetsOf(parameters, 'instance');
      const id = nameOf(parameters) ?? target?.id ?? (await pickInstance(services, undefined));
      if (id !== undefined) await documents.show(id);
    },
    'scaledOutHosts.instance.suspend': operate('suspend'),
    'scaledOutHosts.instance.resume': operate('resume'),
    'scaledOutHosts.instance.terminate': operate('terminate'),
    'scaledOutHosts.instances.filter': async () => {
      const value = await vscode.window.showInputBox({
        title: t('Filter Instances'),
        prompt: t('Text to find, type:orchestration, owner:"host instance"'),
        value: printFilter(views.filter),
        ignoreFocusOut: true,
      });
      if (value !== undefined) await views.filterBy(parseFilter(value));
    },
    'scaledOutHosts.instances.clearFilter': async () => views.filterBy({}),
  };
}

/** What is meant: the selected instances, the selected states under the view's filter, an id, or the one the user picks. */
async function filterFor(services: Services, operation: Operation, parameters: readonly unknown[]): Promise<InstanceFilter | undefined> {
  const given = nameOf(parameters);
  if (given !== undefined) return { ids: [given] };
  const ids = targetsOf(parameters, 'instance').map(({ id }) => id);
  if (ids.length > 0) return { ids };
  const states = targetsOf(parameters, 'instanceState').map(({ state }) => state);
  if (states.length > 0) return { ...services.views.filter, states };
  const id = await pickInstance(services, operation);
  return id === undefined ? undefined : { ids: [id] };
}

async function pickInstance({ session }: Services, operation: Operation | undefined): Promise<string | undefined> {
  const { instances } = await session.call('instances', { limit: 200 });
  const possible = instances.filter(({ state }) => operation === undefined || operationsFor(state)[operation]);
  if (possible.length === 0) {
    void vscode.window.showInformationMessage(t('No instance is in a state for that.'));
    return undefined;
  }
  const items = possible.map(({ id, orchestration, state, owner }) => ({
    label: orchestration,
    description: `${shortId(id)} · ${instanceStateText(state, t)}${owner === null ? '' : ` · ${owner}`}`,
    id,
  }));
  const choice = await vscode.window.showQuickPick(items, {
    title: t('Orchestration Instance'),
    placeHolder: t('Which instance?'),
    matchOnDescription: true,
  });
  return choice?.id;
}

/** A terminated instance never goes on: the one thing here that cannot be undone. */
async function confirmTermination(filter: InstanceFilter): Promise<boolean> {
  const question =
    filter.ids === undefined
      ? t('Terminate all instances that are {states}?', {
          states: (filter.states ?? []).map((state) => instanceStateText(state, t)).join(', '),
        })
      : filter.ids.length === 1
        ? t('Terminate the instance {id}?', { id: shortId(filter.ids[0] ?? '') })
        : t('Terminate {count} instances?', { count: filter.ids.length });
  const detail = [
    t('Their work ends here and cannot be resumed.'),
    ...(printFilter(filter) === '' ? [] : [t('Filter: {filter}', { filter: printFilter(filter) })]),
  ];
  const terminate = t('Terminate');
  return (await vscode.window.showWarningMessage(question, { modal: true, detail: detail.join('\n') }, terminate)) === terminate;
}

/** Says what did not happen at once; what did shows in the view. */
function report({ log }: Services, result: OperationResult): OperationResult {
  const [first] = result.refused;
  const { done, pending, refused } = result.counts;
  log.info(`done: ${String(done)}, at the next persistence point: ${String(pending)}, refused: ${String(refused)}`);
  if (first !== undefined && done + pending === 0) throw fromWire(first.error);
  if (first !== undefined) {
    void vscode.window.showWarningMessage(t('Done for {done} instances, refused for {refused}.', { done: done + pending, refused }));
  } else if (pending > 0) {
    vscode.window.setStatusBarMessage(t('{count} instances follow at their next persistence point.', { count: pending }), 5000);
  }
  return result;
}
