import * as vscode from 'vscode';
import type { InstanceFilter } from '../../emulator/control/instances.ts';
import type { ServiceInstanceState } from '../../emulator/control/status.ts';
import { contextKeys } from '../contextKeys.ts';
import type { GroupSession } from '../session/groupSession.ts';
import type { SessionPhase } from '../session/phase.ts';
import type { KnownGroups } from '../clusterFiles/knownGroups.ts';
import { t } from '../text/text.ts';
import { Coalescer } from './coalesce.ts';
import { groupTree, type Grouping } from './groupTree.ts';
import { isEmpty, printFilter } from './instanceFilter.ts';
import { instanceTree, suspendedCount } from './instanceTree.ts';
import { knownGroupTree, serviceTree } from './orchestrationTree.ts';
import { TreeAdapter } from './treeAdapter.ts';

/** VS Code holds a tree's changes back for as long as they follow each other within 200 ms: twice that, and none waits for the next. */
const REFRESH_MS = 400;
const FILTER_KEY = 'instanceFilter';
const GROUPING_KEY = 'grouping';

/** The three views of the container, and what the user chose to see in them. */
export class Views implements vscode.Disposable {
  readonly #session: GroupSession;
  readonly #known: KnownGroups;
  readonly #memory: vscode.Memento;
  readonly #onError: (error: unknown) => void;
  readonly #group: TreeAdapter;
  readonly #orchestrations: TreeAdapter;
  readonly #instances: TreeAdapter;
  readonly #refresh: Coalescer;
  #drawnPhase: SessionPhase | undefined;
  readonly #subscriptions: { dispose(): unknown }[];

  constructor(session: GroupSession, known: KnownGroups, memory: vscode.Memento, onError: (error: unknown) => void) {
    this.#session = session;
    this.#known = known;
    this.#memory = memory;
    this.#onError = onError;
    const adopt = (): void => void session.adopt().catch(onError);
    this.#group = new TreeAdapter(
      'scaledOutHosts.group',
      () => (session.status === undefined ? [] : groupTree(session.status, this.grouping, t)),
      adopt,
    );
    this.#orchestrations = new TreeAdapter(
      'scaledOutHosts.orchestrations',
      () => this.#orchestrationNodes(),
      () => {
        adopt();
        known.find().catch(onError);
      },
    );
    this.#instances = new TreeAdapter('scaledOutHosts.instances', () => this.#instanceNodes(), adopt);
    this.#refresh = new Coalescer(() => this.#draw(), REFRESH_MS);
    this.#subscriptions = [
      this.#group,
      this.#orchestrations,
      this.#instances,
      this.#refresh,
      session.onDidChange.add(() => this.#refresh.request()),
      known.onDidChange.add(() => this.#refresh.request()),
      this.#instances.view.onDidExpandElement(({ element }) => {
        if (element.spec.target.kind === 'instanceState') this.#fill(element.spec.target.state);
      }),
    ];
    this.#showChoices();
  }

  get grouping(): Grouping {
    return this.#memory.get<Grouping>(GROUPING_KEY, 'host');
  }

  /** Shows the Group view; the keyboard stays where it is. */
  async show(): Promise<void> {
    await this.#group.show();
  }

  async group(by: Grouping): Promise<void> {
    await this.#memory.update(GROUPING_KEY, by);
    this.#showChoices();
    this.#refresh.request();
  }

  get filter(): InstanceFilter {
    return this.#memory.get<InstanceFilter>(FILTER_KEY, {});
  }

  async filterBy(filter: InstanceFilter): Promise<void> {
    await this.#memory.update(FILTER_KEY, filter);
    this.#showChoices();
    this.#refresh.request();
    if (!isEmpty(filter)) this.#fill(undefined);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  #orchestrationNodes(): ReturnType<typeof serviceTree> {
    return this.#session.status === undefined ? knownGroupTree(this.#known.groups, t) : serviceTree(this.#session.status, t);
  }

  #instanceNodes(): ReturnType<typeof instanceTree> {
    const status = this.#session.status;
    return status === undefined ? [] : instanceTree(status, this.#session.model.instances.values(), this.filter, t);
  }

  #draw(): void {
    const samePhase = this.#drawnPhase === this.#session.phase;
    this.#drawnPhase = this.#session.phase;
    for (const tree of [this.#group, this.#orchestrations, this.#instances]) {
      if (samePhase) tree.refresh();
      else tree.redraw();
    }
    const status = this.#session.status;
    const name = status?.name ?? '';
    if (this.#group.view.description !== name) this.#group.view.description = name;
    const suspended = status === undefined ? 0 : suspendedCount(status);
    if ((this.#instances.view.badge?.value ?? 0) !== suspended) {
      this.#instances.view.badge =
        suspended === 0 ? undefined : { value: suspended, tooltip: t('{count} suspended instances', { count: suspended }) };
    }
  }

  #showChoices(): void {
    const filtered = !isEmpty(this.filter);
    this.#instances.view.message = filtered ? t('Filter: {filter}', { filter: printFilter(this.filter) }) : '';
    void vscode.commands.executeCommand('setContext', contextKeys.filtered, filtered);
    void vscode.commands.executeCommand('setContext', contextKeys.grouping, this.grouping);
  }

  /** Asks the group for instances the feed has not brought: of one state, or of all for a filter. */
  #fill(state: ServiceInstanceState | undefined): void {
    if (this.#session.phase !== 'running') return;
    const filter = { ...this.filter, ...(state === undefined ? {} : { states: [state] }) };
    this.#session
      .call('instances', { filter, limit: 200 })
      .then(({ instances }) => {
        this.#session.model.learn(instances);
        this.#refresh.request();
      })
      .catch(this.#onError);
  }
}
