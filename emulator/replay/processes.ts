/** The computers and host instances of a recorded run at one moment: what the supervisor saw of them, and their sessions. */
import type { Profile } from '../cluster/clusterFile.ts';
import type { GroupStatus, HostInstanceState, HostInstanceStatus } from '../control/status.ts';
import { profiles } from '../cluster/profiles.ts';
import type { JournalRecord, ObservedRecord } from '../messagebox/core/records.ts';
import type { SessionReport } from '../messagebox/protocol/supervisorFrames.ts';

interface Process {
  readonly name: string;
  readonly host: string;
  readonly computer: string;
  state: HostInstanceState;
  /** UTC ms */
  since: number;
  pid: number | null;
  sessions: number;
}

export class Processes {
  name = '';
  profile: Profile = 'default';
  receiveLocations: GroupStatus['receiveLocations'] = [];
  readonly #computers = new Map<string, 'running' | 'failed'>();
  readonly #processes = new Map<string, Process>();

  get size(): number {
    return this.#computers.size + this.#processes.size;
  }

  add(record: JournalRecord): void {
    if (record.kind === 'observed') this.#observed(record.what, record.at);
    else if (record.kind === 'session') {
      const process = this.#process(record.hostInstance, record.host, record.computer);
      Object.assign(process, { pid: record.pid, sessions: process.sessions + 1 });
      // A session that begins again after a stall of the MessageBox says nothing of the process.
      if (process.state !== 'frozen') Object.assign(process, { state: 'running', since: record.at });
    } else if (record.kind === 'sessionEnd') {
      const process = this.#processes.get(record.hostInstance);
      if (process?.state === 'running' && record.reason !== 'replaced')
        Object.assign(process, { state: record.reason === 'bye' ? 'stopped' : 'lost', since: record.at });
    }
  }

  computers(): GroupStatus['computers'] {
    return [...this.#computers].map(([name, state]) => ({ name, state }));
  }

  /** `at`: UTC ms. A running one renews its lease, which is not in the journal; a frozen one does not, and its age is known. */
  hostInstances(reports: readonly SessionReport[], at: number): readonly HostInstanceStatus[] {
    const sessions = new Map(reports.map((report) => [report.hostInstance, report]));
    const { leaseMs } = profiles[this.profile];
    return [...this.#processes.values()].map(({ name, host, computer, state, since, pid, sessions: begun }) => {
      const session = sessions.get(name);
      const lives = session !== undefined && session.leaseAgeMs !== null;
      return {
        ...{ name, host, computer, pid: lives || state === 'frozen' ? pid : null, state },
        ...{ active: session?.active ?? 0, credit: session?.credit ?? 0 },
        ...{ committed: session?.committed ?? 0, delivered: session?.delivered ?? 0, published: session?.published ?? 0 },
        leaseAgeMs: lives ? (state === 'frozen' ? at - since : 0) : null,
        ...{ leaseMs, rssMb: null, restarts: Math.max(0, begun - 1), addresses: {} },
      };
    });
  }

  #observed(what: ObservedRecord['what'], at: number): void {
    switch (what.kind) {
      case 'groupStarted':
        this.name = what.name;
        this.profile = what.profile;
        this.receiveLocations = what.receiveLocations.map((location) => ({ ...location, address: '' }));
        for (const computer of what.computers) this.#computers.set(computer, 'running');
        for (const { name, host, computer } of what.hostInstances) {
          const process = this.#process(name, host, computer);
          Object.assign(process, { state: 'stopped', since: at });
        }
        return;
      case 'computerState':
        this.#computers.set(what.computer, what.state);
        return;
      case 'hostInstanceState': {
        const [host = '', computer = ''] = what.hostInstance.split('@');
        Object.assign(this.#process(what.hostInstance, host, computer), { state: what.state, since: at });
        return;
      }
      case 'fault':
      case 'clockJumped':
      case 'storage':
    }
  }

  #process(name: string, host: string, computer: string): Process {
    let process = this.#processes.get(name);
    if (!process) this.#processes.set(name, (process = { name, host, computer, state: 'stopped', since: 0, pid: null, sessions: 0 }));
    if (!this.#computers.has(computer)) this.#computers.set(computer, 'running');
    return process;
  }
}
