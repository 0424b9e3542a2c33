/** The journal the pretended group would write, as the real projections see it. */
import type { Observation } from '../../emulator/control/events.ts';
import type { HostInstanceStatus } from '../../emulator/control/status.ts';
import type { FailoversFrame, LanesFrame } from '../../emulator/control/lanes.ts';
import type { Outcome } from '../../emulator/engine/door.ts';
import type { Service } from '../../emulator/messagebox/protocol/frames.ts';
import type { JournalRecord } from '../../emulator/messagebox/core/records.ts';
import type { RunSource } from '../../emulator/replay/runSource.ts';
import type { ReadRecord } from '../../emulator/tracking/journalReader.ts';
import { Failovers } from '../../emulator/tracking/failovers.ts';
import { Lanes } from '../../emulator/tracking/lanes.ts';

const SHAPES = ['ReceiveOrder', 'PriceOrder', 'SendRequest', 'CheckStock', 'DecideCredit', 'SendInvoice'];
const SERVICE = 'ProcessOrder@1';

const ORDERS: Service = {
  ...{ id: SERVICE, name: 'ProcessOrder', kind: 'orchestration', host: 'ProcessingHost', activations: [] },
  outline: SHAPES.map((name) => ({ kind: 'expression', name, parent: -1 })),
};

export class FakeJournal {
  readonly #records: ReadRecord<JournalRecord>[] = [];
  readonly #lanes = new Lanes({ instances: 1000, windowMs: 3_600_000, revision: 0 });
  readonly #failovers = new Failovers();
  #sequence = 0;
  #sessions = 0;

  constructor() {
    this.#lanes.enlist([ORDERS]);
  }

  lanes(since: number | undefined, now: number): LanesFrame {
    // As over a socket: what is sent does not change any more.
    return JSON.parse(JSON.stringify({ ...this.#lanes.frame(since, now), unseen: 0 })) as LanesFrame;
  }

  failovers(): FailoversFrame {
    return { from: null, failovers: this.#failovers.list() };
  }

  started(hostInstances: readonly HostInstanceStatus[], at: number): void {
    const what: Observation = {
      kind: 'groupStarted',
      name: 'Order process',
      profile: 'demo',
      computers: ['A', 'B'],
      hostInstances: hostInstances.map(({ name, host, computer }) => ({ name, host, computer })),
      receiveLocations: [{ name: 'Orders folder', host: 'ReceivingHost', adapter: 'FILE' }],
    };
    this.#add({ kind: 'generation', at, generation: 1, origin: 'fake' });
    this.#add({ kind: 'observed', at, seenAt: at, what });
  }

  session({ name, host, computer, pid }: HostInstanceStatus, at: number): void {
    this.#sessions += 1;
    this.#add({ kind: 'session', at, session: `1.${name}`, hostInstance: name, host, computer, pid: pid ?? 0 });
  }

  submitted(instance: string, at: number): void {
    const to = [{ instance, entry: `m>${instance}`, subscription: '0', service: SERVICE, subscribe: [] }];
    const message = { id: `m-${instance}`, type: 'Order', properties: {}, to };
    this.#add({ kind: 'submit', at, location: 'ReceiveOrders', hostInstance: 'ReceivingHost@A', receiveId: instance, message });
  }

  granted(instance: string, { name, credit }: HostInstanceStatus, at: number): void {
    this.#add({ kind: 'grant', at, hostInstance: name, credit, instances: [instance] });
  }

  committed(instance: string, hostInstance: string, version: number, outcome: Outcome, at: number): void {
    const id = `${instance}#${version}`;
    const trace = [[version, 0]] as const;
    this.#add({ kind: 'commit', at, id, instance, hostInstance, version, points: version < 5 ? ['send'] : ['end'], outcome, trace });
  }

  lost(
    hostInstance: string,
    reason: 'socket closed' | 'lease expired',
    held: readonly { id: string; commits: number }[],
    transmitting: readonly string[],
    at: number,
  ): void {
    const lost = held.map(({ id, commits }) => ({ instance: id, version: commits, attempt: 1, atRisk: [[commits + 1, 0]] as const }));
    const ports = transmitting.map((instance) => ({ instance, version: 0, attempt: 1, atRisk: [], sendPort: true as const }));
    this.#add({ kind: 'sessionEnd', at, session: `1.${hostInstance}`, hostInstance, reason, lost: [...lost, ...ports] });
  }

  /** What happened so far, to look back at. */
  source(): RunSource {
    const records = [...this.#records];
    return {
      name: 'the pretended run',
      foreign: false,
      services: () => Promise.resolve([ORDERS]),
      records: () => {
        let place = 0;
        return (limit) => Promise.resolve(records.slice(place, (place += limit)));
      },
      async *find(needle) {
        yield* records.filter(({ record }) => JSON.stringify(record).includes(needle));
        return Promise.resolve();
      },
    };
  }

  #add(record: JournalRecord): void {
    const read = { sequence: ++this.#sequence, record };
    this.#records.push(read);
    this.#lanes.add(read);
    this.#failovers.add(read);
  }
}
