/** What the demonstration shows: plain lines that read well on a terminal and in a log. */
import type { FeedFrame } from '../control/commands.ts';
import type { GroupStatus } from '../control/status.ts';
import type { Translate } from '../text/translate.ts';
import type { DemoVerdict } from './demoVerdict.ts';
import type { DemoWorld } from './world.ts';

const LINE_MS = 500;
const SHOWN_RESUMPTIONS = 5;

export class DemoPrinter {
  readonly #world: DemoWorld;
  readonly #t: Translate;
  readonly #silent: boolean;
  readonly #began: number;
  #lastLine = 0;
  #started = false;

  constructor(world: DemoWorld, t: Translate, silent: boolean) {
    this.#world = world;
    this.#began = world.clock.monotonic();
    this.#t = t;
    this.#silent = silent;
  }

  started(status: GroupStatus, orders: number, seed: number): void {
    const t = this.#t;
    this.#started = true;
    this.#line(
      t('Group "{name}": {instances} host instances and a MessageBox, each a process of its own.', {
        name: status.name,
        instances: status.hostInstances.length,
      }),
    );
    for (const { name, pid } of status.hostInstances) this.#line(`  ${name.padEnd(20)} ${t('process {pid}', { pid: pid ?? 0 })}`);
    this.#line(`  ${'MessageBox'.padEnd(20)} ${t('process {pid}', { pid: status.messageBox.pid ?? 0 })}`);
    this.#line(t('{orders} XML orders arrive in the receive folder (seed {seed}).', { orders, seed }));
    this.#line('');
  }

  frame(frame: FeedFrame): void {
    if (!this.#started) return;
    const t = this.#t;
    const now = this.#world.clock.monotonic();
    for (const event of frame.events ?? []) {
      if (event.kind === 'hostInstanceState')
        this.#timed(`${event.hostInstance}: ${t(event.state)}${event.detail === undefined ? '' : ` (${event.detail})`}`);
    }
    if (!frame.status || now - this.#lastLine < LINE_MS) return;
    this.#lastLine = now;
    const workers = frame.status.hostInstances
      .filter(({ host }) => host === 'ProcessingHost')
      .map(({ name, active, committed }) =>
        t('{name} {active} active {committed} commits', {
          name,
          active: String(active).padStart(3),
          committed: String(committed).padStart(5),
        }),
      );
    const done = frame.status.services.find(({ name }) => name === 'ProcessOrder')?.counts.Completed ?? 0;
    this.#timed(`${workers.join('   ')}   ${t('{done} orders done', { done })}`);
  }

  killed(victim: string, owned: number): void {
    const t = this.#t;
    this.#timed(t('>>> SIGKILL {victim}: it owns {owned} unfinished orchestrations', { victim, owned }));
  }

  verdict(verdict: DemoVerdict, clean: boolean, folder: string, kept: boolean): void {
    const t = this.#t;
    this.#line('');
    for (const kill of verdict.kills) this.#kill(kill);
    const rows: [string, string][] = [
      [t('orders'), String(verdict.orchestrations)],
      [t('completed'), String(verdict.completed)],
      [t('resumed on another instance'), String(verdict.resumed)],
      [t('lost'), String(verdict.lost)],
      [t('committed twice'), String(verdict.committedTwice)],
      [t('invoices expected / found'), `${String(verdict.outputsExpected)} / ${String(verdict.outputsFound)}`],
      [t('kill to a new owner for all'), milliseconds(verdict.allTakenOverMs)],
      [t('kill to first resumed commit'), milliseconds(verdict.firstResumedMs)],
      [t('kill to last resumed commit'), milliseconds(verdict.allResumedMs)],
    ];
    this.#line(t('Verdict, from the journal and the output files:'));
    for (const [label, value] of rows) this.#line(`  ${label.padEnd(32)} ${value}`);
    for (const anomaly of verdict.anomalies) this.#line(`  ! ${anomaly}`);
    this.#line('');
    this.#line(clean ? t('Nothing was lost and nothing was committed twice.') : t('The run is NOT clean.'));
    if (kept) this.#line(t('The data is in {folder}.', { folder }));
  }

  #kill(kill: DemoVerdict['kills'][number]): void {
    const t = this.#t;
    this.#line(
      t('{victim} owned {owned} instances when it was killed; {resumed} of them were resumed elsewhere:', {
        victim: kill.hostInstance,
        owned: kill.owned,
        resumed: kill.resumed.length,
      }),
    );
    for (const { instance, to, version, afterMs } of kill.resumed.slice(0, SHOWN_RESUMPTIONS)) {
      const from = version === 0 ? t('from the activating message') : t('from persistence point {version}', { version });
      this.#line(`  ${instance.padEnd(10)} -> ${to.padEnd(20)} ${from}, ${t('after {ms} ms', { ms: afterMs })}`);
    }
    if (kill.resumed.length > SHOWN_RESUMPTIONS)
      this.#line(`  ${t('and {count} more', { count: kill.resumed.length - SHOWN_RESUMPTIONS })}`);
    this.#line('');
  }

  #timed(text: string): void {
    const seconds = ((this.#world.clock.monotonic() - this.#began) / 1000).toFixed(1).padStart(5);
    this.#line(`${seconds} s  ${text}`);
  }

  #line(text: string): void {
    if (!this.#silent) this.#world.out(`${text}\n`);
  }
}

function milliseconds(value: number | null): string {
  return value === null ? '-' : `${String(value)} ms`;
}
