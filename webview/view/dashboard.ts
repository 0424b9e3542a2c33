/** The page: holds the session, hands the model to the parts, turns their requests into commands and says what went wrong. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Commands } from '../../emulator/control/commands.ts';
import type { InstanceDetail, InstanceSummary, OperationResult } from '../../emulator/control/instances.ts';
import type { GroupStatus } from '../../emulator/control/status.ts';
import type { PageCommand } from '../../emulator/control/pageProtocol.ts';
import { CommandFailed, FIRST_STATE, Session, type SessionState } from '../host/session.ts';
import type { Transport } from '../host/transport.ts';
import type { ListFilter } from '../model/filter.ts';
import { readLayout, type Tab, type View } from '../model/layout.ts';
import type { SavedFilter } from '../model/savedFilters.ts';
import { errorText, t, useStrings } from '../strings.ts';
import type { ACTION, Action } from './shared/action.ts';
import type { Operate } from './list/batchBar.ts';
import { dashboardStyles } from './dashboardStyles.ts';
import './failover/events.ts';
import './failover/failoverBanner.ts';
import type { AskFailovers } from './failover/failoverReport.ts';
import './failover/failoverReport.ts';
import './header/header.ts';
import { connectionBox, exportedBox, failoverBanner, noticeBox, problemBox, type Notice } from './header/messages.ts';
import { InstanceDetailView } from './instance/instanceDetail.ts';
import { InstanceList } from './list/instanceList.ts';
import type { AskInstances } from './list/instanceSource.ts';
import type { AskLanes } from './lanes/lanes.ts';
import './lanes/lanes.ts';
import './balance/loadBalance.ts';
import './balance/loadCharts.ts';
import { Pace, REST } from './shared/pace.ts';
import { shared } from './shared/styles.ts';
import './time/timeBar.ts';
import './topology/topology.ts';

/** How often the leases are drawn again between two frames (ms). */
const TICK = 250;

export class Dashboard extends LitElement {
  static override properties = {
    session: { state: true },
    view: { state: true },
    detail: { state: true },
    notice: { state: true },
    now: { state: true },
    dismissed: { state: true },
    wish: { state: true },
    opening: { state: true },
    exported: { state: true },
  };
  static override styles = [shared, dashboardStyles];
  declare session: SessionState;
  declare view: View;
  declare detail: InstanceDetail | null;
  declare notice: Notice | null;
  /** Page clock, ms */
  declare now: number;
  /** Failover whose banner was closed. */
  declare dismissed: number | null;
  /** A recorded run is being read. */
  /** The moment of a run that was asked for and is not drawn yet. */
  declare wish: number | null;
  declare opening: boolean;
  /** File a run was just exported to. */
  declare exported: string | null;
  #commands: Session | undefined;
  /** Whoever moves through the past waits for each picture. */
  readonly #pace = new Pace<SessionState>(
    (state) => this.#changed(state),
    0,
    ({ moment }) => (moment.at === null ? REST : 1),
  );
  #transport: Transport | undefined;
  /** The wish was answered. */
  #answered = false;
  /** What the feed said of the selected instance when its detail was asked for (its id when the feed does not have it), and the moment. */
  #detailOf: { readonly seen: InstanceSummary | string | null; readonly at: number | null } = { seen: null, at: null };
  #loading = false;

  constructor() {
    super();
    this.session = FIRST_STATE;
    this.view = readLayout(null);
    this.detail = null;
    this.notice = null;
    this.now = performance.now();
    this.dismissed = null;
    this.wish = null;
    this.opening = false;
    this.exported = null;
  }

  readonly #askLanes: AskLanes = (since) => this.#command('lanes', since === null ? {} : { since });
  readonly #askInstances: AskInstances = (parameters) => this.#command('instances', parameters);
  readonly #operate: Operate = (operation, filter) => this.#command(operation, { filter });
  readonly #askFailovers: AskFailovers = () => this.#command('failovers', {});

  /** Rejects with {@link CommandFailed}. */
  async #command<C extends PageCommand>(command: C, parameters: Commands[C]['arguments']): Promise<Commands[C]['result']> {
    if (this.#commands === undefined) throw new CommandFailed(null);
    return this.#commands.command(command, parameters);
  }

  /** Begins to show the group at the other end of the transport. Called once. */
  start(transport: Transport): void {
    this.#transport = transport;
    this.view = readLayout(transport.loadLayout());
    this.#commands = new Session({
      transport,
      now: () => performance.now(),
      changed: (state) => (state.connection === this.session.connection ? this.#pace.offer(state) : this.#pace.now(state)),
      useStrings: (locale, bundle) => {
        useStrings(locale, bundle);
        document.documentElement.lang = locale;
      },
      // eslint-disable-next-line no-console -- the console of the page is its only log
      log: (text) => console.warn(text),
    });
    setInterval(() => {
      // In the past no time passes.
      const passes = this.session.connection === 'connected' && this.session.moment.at === null;
      if (!document.hidden && !this.#pace.resting && passes) this.now = performance.now();
    }, TICK);
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#commands?.refresh();
    });
  }

  #changed(state: SessionState): void {
    // A hidden page draws nothing; when it is seen again it asks for everything.
    if (document.hidden && state.connection === 'connected' && this.session.connection === 'connected') return;
    this.session = state;
    this.#arrived();
    this.now = performance.now();
    const name = state.model.status?.name;
    if (name !== undefined) document.title = `${name} · ${t('Scaled-Out Hosts')}`;
    this.#keepUp();
  }

  /** Asks for the selected instance when there is something new about it, or another moment; one question at a time. */
  #keepUp(): void {
    const { model, moment, connection } = this.session;
    const { selected } = this.view;
    const seen = model.instances.find(({ id }) => id === selected) ?? selected;
    const known = seen === this.#detailOf.seen && moment.at === this.#detailOf.at;
    if (selected === null || known || this.#loading || connection !== 'connected') return;
    this.#detailOf = { seen, at: moment.at };
    void this.#load(selected);
  }

  protected override render(): TemplateResult {
    const { status } = this.session.model;
    return html`<div
      @soh-action=${({ detail }: CustomEvent<Action>) => void this.#run(detail)}
      @soh-select=${({ detail }: CustomEvent<string | null>) => this.#select(detail)}
      @soh-tab=${({ detail }: CustomEvent<Tab>) => this.#show({ tab: detail })}
      @soh-open-source=${({ detail: { instance, shape } }: CustomEvent<{ instance: string; shape: number }>) =>
        this.#commands?.openSource(instance, shape)}
      @soh-filter=${({ detail }: CustomEvent<ListFilter>) => this.#show({ filter: detail })}
      @soh-saved=${({ detail }: CustomEvent<readonly SavedFilter[]>) => this.#show({ saved: detail })}
      @soh-moment=${({ detail }: CustomEvent<number | null>) => void this.#lookAt(detail)}
      @soh-export=${() => void this.#export()}
      @soh-dismiss=${() => (this.dismissed = this.session.model.failovers[0]?.sequence ?? null)}
    >
      ${status === null ? nothing : html`<soh-header .status=${status}></soh-header>`}
      <div class="messages">
        ${connectionBox(this.session)} ${problemBox(status)} ${noticeBox(this.notice, () => (this.notice = null))}
        ${exportedBox(this.exported, () => (this.exported = null))}
        ${failoverBanner(this.session.model.failovers[0] ?? null, this.dismissed)}
      </div>
      ${status === null ? nothing : this.#main(status)}
    </div>`;
  }

  #main(status: GroupStatus): TemplateResult {
    const { model, connection, moment } = this.session;
    const { selected, filter, saved } = this.view;
    const kinds = [connection === 'connected' ? '' : 'stale', selected === null ? '' : 'open', moment.at === null ? '' : 'past'];
    return html`<main class=${kinds.join(' ').trim()}>
      <soh-time-bar class="wide" .moment=${moment} .wish=${this.wish} .opening=${this.opening}></soh-time-bar>
      <soh-topology class="wide" .model=${model} .now=${this.now}></soh-topology>
      <soh-lanes class="wide" .ask=${this.#askLanes} .status=${status} .events=${model.events} .moment=${moment.at}></soh-lanes>
      <soh-instance-list
        .ask=${this.#askInstances}
        .operate=${this.#operate}
        .changed=${model.changed}
        .status=${status}
        .filter=${filter}
        .saved=${saved}
        .selected=${selected}
        .moment=${moment.at}
      ></soh-instance-list>
      <div class="side">
        ${
          selected === null
            ? nothing
            : html`<soh-instance-detail
                .instance=${selected}
                .detail=${this.detail?.id === selected ? this.detail : null}
                .status=${status}
                .canOpenSource=${this.session.canOpenSource}
                .tab=${this.view.tab}
                .moment=${moment.at}
              ></soh-instance-detail>`
        }
        <div>
          <soh-load-balance .status=${status}></soh-load-balance>
          <soh-load-charts .samples=${model.samples} .status=${status} .moment=${moment.at}></soh-load-charts>
        </div>
        <soh-events .events=${model.events}></soh-events>
      </div>
      <soh-failover-report .ask=${this.#askFailovers} .moment=${moment.at}></soh-failover-report>
    </main>`;
  }

  async #run({ command, arguments: parameters, label }: Action): Promise<void> {
    try {
      const result = await this.#commands?.command(command, parameters);
      this.notice = null;
      const refused = (result as Partial<OperationResult> | undefined)?.refused?.[0];
      if (refused !== undefined) this.#complain(label, errorText(refused.error));
    } catch (error) {
      this.#fail(label, error);
    }
  }

  async #lookAt(at: number | null): Promise<void> {
    this.opening = at !== null && this.session.moment.at === null;
    this.wish = at;
    this.#answered = false;
    try {
      // A message may carry no infinite number: the end of the run is far in the future.
      await this.#commands?.lookAt(at === Infinity ? Number.MAX_SAFE_INTEGER : at);
    } catch (error) {
      this.#fail(t('Looking back'), error);
    } finally {
      this.opening = false;
      // All wait for the newest wish, and are answered together.
      this.#answered = true;
      this.#arrived();
    }
  }

  /** A wish is over when its moment is drawn, not when it is told: whoever presses a key in between goes on from it. */
  #arrived(): void {
    if (this.#answered && this.session.moment === this.#commands?.moment) this.wish = null;
  }

  async #export(): Promise<void> {
    try {
      const answer = await this.#commands?.exportRun();
      this.exported = answer?.file ?? null;
    } catch (error) {
      this.#fail(t('Export run'), error);
    }
  }

  #fail(label: string, error: unknown): void {
    if (!(error instanceof CommandFailed)) throw error;
    const lost = { message: t('The connection to the group was lost. What you see is the last known state.'), next: '' };
    this.#complain(label, error.error === null ? lost : errorText(error.error));
  }

  #complain(label: string, { message, next }: Notice): void {
    this.notice = { message: t('{action}: {message}', { action: label, message }), next };
  }

  #select(id: string | null): void {
    const before = this.view.selected;
    this.#show({ selected: id });
    const list = this.renderRoot.querySelector('soh-instance-list');
    if (id === null && before !== null && list instanceof InstanceList) list.focusRow(before);
    if (id !== null) {
      this.#detailOf = { seen: null, at: null };
      this.#keepUp();
      void this.updateComplete.then(() => {
        const detail = this.renderRoot.querySelector('soh-instance-detail');
        if (detail instanceof InstanceDetailView) void detail.updateComplete.then(() => detail.focusHeading());
      });
    }
  }

  async #load(id: string): Promise<void> {
    this.#loading = true;
    try {
      const detail = await this.#commands?.command('show', { instance: id });
      if (detail !== undefined && this.view.selected === id) this.detail = detail;
    } catch (error) {
      // Who goes back in time comes to a moment when it did not exist yet.
      const early = this.session.moment.at !== null && error instanceof CommandFailed && error.error?.code === 'group.unknownInstance';
      if (early) this.detail = null;
      else this.#fail(t('Instance {id}', { id }), error);
    } finally {
      this.#loading = false;
      this.#keepUp();
    }
  }

  #show(part: Partial<View>): void {
    this.view = { ...this.view, ...part };
    this.#transport?.saveLayout({ version: 2, ...this.view });
  }
}

customElements.define('soh-dashboard', Dashboard);

declare global {
  interface HTMLElementEventMap {
    [ACTION]: CustomEvent<Action>;
  }
}
