/**
 * A whole group in this thread: the real core of the MessageBox, real host instances, links in memory, one simulated clock. Whatever a
 * seed makes of it, it makes of it again.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { messageType, number, orchestration, receivePort, sendPort } from '../../../emulator/authoring/index.ts';
import type { Cancel, Clock } from '../../../emulator/clock.ts';
import type { SendPortSettings } from '../../../emulator/cluster/clusterFile.ts';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import type { EngineServices } from '../../../emulator/engine/door.ts';
import { type SeededRandom, seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { HostInstance } from '../../../emulator/hosting/hostInstance.ts';
import { MemoryWatch } from '../../../emulator/hosting/memoryWatch.ts';
import { OrchestrationWork } from '../../../emulator/hosting/orchestrationWork.ts';
import { SendPortWork } from '../../../emulator/hosting/sendPortWork.ts';
import { apply } from '../../../emulator/messagebox/core/apply.ts';
import { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { operate, type Operation } from '../../../emulator/messagebox/core/operations.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import { emptyState, type Instance } from '../../../emulator/messagebox/core/state.ts';
import { Store } from '../../../emulator/messagebox/core/store.ts';
import {
  type HostFrame,
  type MessageBoxFrame,
  PROTOCOL_VERSION,
  readHostFrame,
  type Service,
} from '../../../emulator/messagebox/protocol/frames.ts';
import type { Link, LinkEnd } from '../../../emulator/messagebox/protocol/link.ts';
import { BODY_CHUNK_BYTES, INLINE_BODY_CHARACTERS } from '../../../emulator/messagebox/protocol/limits.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
import { activations } from '../../../emulator/orchestration/subscriptions.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedLinks } from '../../../emulator/simulation/simulatedLink.ts';
import { atOnce } from '../../../emulator/slices.ts';
import { services as plain } from '../engine/group.ts';
import { noAnswers } from './scripted.ts';

const order = messageType({ name: 'Order', format: 'json', promoted: { Ledger: '/ledger' }, distinguished: { steps: number('/steps') } });
const step = messageType({ name: 'Step', format: 'json', promoted: { Ledger: '/ledger' }, distinguished: { amount: number('/amount') } });
const receipt = messageType({ name: 'Receipt', format: 'json', promoted: { Ledger: '/ledger' }, distinguished: {} });

/** Every fourth body is large, so that small ones follow it closely. */
const filling = (amount: number): object => (amount % 4 === 0 ? { filling: 'x'.repeat(INLINE_BODY_CHARACTERS + amount) } : {});

/** Counts its steps by messages to itself, two of them under way at a time, with waits in between; the total shows what was lost or came twice. */
const ledger = compile(
  orchestration(
    'Ledger',
    {
      messages: { Order: order, Step: step, Receipt: receipt },
      variables: { id: '', sent: 0, taken: [] as number[] },
      correlationSets: { Ledger: ['Ledger'] },
      ports: { Orders: receivePort(), Steps: sendPort(), In: receivePort(), Receipts: sendPort() },
    },
    (o) => [
      o.receive('order', { port: 'Orders', message: 'Order', activate: true, initializes: ['Ledger'] }),
      o.expression('open', ({ variables, messages }) => {
        variables.id = messages.Order.field('Ledger') ?? '';
      }),
      o.loop('steps', ({ variables, messages }) => variables.taken.length < (messages.Order.field('steps') ?? 0), [
        o.loop(
          'send two',
          ({ variables, messages }) => variables.sent < Math.min(variables.taken.length + 2, messages.Order.field('steps') ?? 0),
          [
            o.construct('write', 'Step', ({ variables }) => {
              variables.sent += 1;
              return { body: { ledger: variables.id, amount: variables.sent, ...filling(variables.sent) } };
            }),
            o.send('send', { port: 'Steps', message: 'Step', follows: ['Ledger'] }),
          ],
        ),
        o.parallel('take one and wait', [
          o.branch('take', [
            o.receive('take', { port: 'In', message: 'Step', follows: ['Ledger'] }),
            o.expression('note', ({ variables, messages }) => {
              variables.taken.push(messages.Step.field('amount') ?? NaN);
            }),
          ]),
          o.branch('wait', [o.delay('think', ({ variables }) => (variables.taken.length % 3) * 40)]),
        ]),
      ]),
      o.construct('close', 'Receipt', ({ variables: { id, taken } }) => ({ body: { ledger: id, taken } })),
      o.send('receipt', { port: 'Receipts', message: 'Receipt', follows: ['Ledger'] }),
    ],
  ),
);

const services: EngineServices = {
  promote: (_type, body) => ({ Ledger: (JSON.parse(body) as { ledger: string }).ledger }),
  field: (type, message, location) => plain.field(type, message, location),
  sendProperties: (port) => (port === 'Receipts' ? { [BTS.sendPort]: port } : {}),
  receiveProperties: () => ({}),
};

const SERVICES: readonly Service[] = [
  {
    ...{ id: `Ledger@${ledger.hash}`, name: 'Ledger', kind: 'orchestration', host: 'H', outline: ledger.outline },
    activations: activations(ledger, () => ({})),
  },
  {
    ...{ id: 'Receipts', name: 'Receipts', kind: 'sendPort', host: 'H', outline: [] },
    activations: [{ id: '0', filter: [[{ property: BTS.sendPort, operator: '==', value: 'Receipts' }]], follows: [] }],
  },
];
const RECEIPTS: SendPortSettings = {
  name: 'Receipts',
  host: 'H',
  transport: { adapter: 'FILE', folder: 'out', fileName: '%MessageID%', retryCount: 20, retryIntervalMs: 30 },
  filter: [],
};
const times = profiles.demo;

/** The clock of one process: with the process everything planned on it is gone. */
class ProcessClock implements Clock {
  readonly #clock: Clock;
  #alive = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  end(): void {
    this.#alive = false;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, run: () => void): Cancel {
    return this.#clock.after(ms, () => {
      if (this.#alive) run();
    });
  }

  every(ms: number, run: () => void): Cancel {
    return this.#clock.every(ms, () => {
      if (this.#alive) run();
    });
  }

  soon(run: () => void): Cancel {
    return this.after(0, run);
  }
}

export interface SimulatedHost {
  readonly name: string;
  readonly instance: HostInstance;
  readonly clock: ProcessClock;
  readonly links: SimulatedLinks<HostFrame, MessageBoxFrame>;
}

export class SimulatedGroup {
  readonly clock = new SimulatedClock(1_000_000_000);
  readonly random: SeededRandom;
  readonly hosts: SimulatedHost[] = [];
  /** Bodies of the receipts by the id of their message, and how often each was handed over. */
  readonly receipts = new Map<string, { readonly body: string; times: number }>();
  readonly log: string[] = [];
  messageBox: MessageBox;
  #bodies = new Map<string, Buffer>();
  #arriving = new Map<string, Buffer[]>();
  readonly #records: JournalRecord[] = [];
  readonly #servers = new Set<() => void>();
  readonly #delayMs: number;
  #orders = 0;
  #client: Session | undefined;

  constructor(seed: number) {
    this.random = seededRandom(seed);
    this.#delayMs = this.random.below(40);
    this.messageBox = this.#open();
    this.clock.every(times.sweepMs, () => {
      this.messageBox.sweep();
      this.#settleSoon();
    });
    this.clock.every(20, () => {
      this.messageBox.fireTimers();
      this.#settleSoon();
    });
  }

  /** Time passes, in steps of 1 ms. */
  async run(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed++) {
      this.clock.advance(1);
      await breathe();
    }
  }

  /** At most `ms` pass until something is so. */
  async until(what: string, holds: () => boolean, ms = 120_000): Promise<void> {
    for (let passed = 0; !holds(); passed += 10) {
      assert.ok(passed < ms, `never happened: ${what}\n${this.#report()}`);
      await this.run(10);
    }
  }

  get instances(): Instance[] {
    return [...this.messageBox.store.state.instances.values()];
  }

  add(name: string): SimulatedHost {
    const clock = new ProcessClock(this.clock);
    const links = new SimulatedLinks<HostFrame, MessageBoxFrame>({
      clock: this.clock,
      random: this.random,
      delayMs: this.#delayMs,
      accept: (link) => this.#accept(link),
    });
    const behavior = this.random.chance(0.3) ? 'always' : 'custom';
    // Memory fills and empties by chance.
    const pressure = [{ optimal: 1, maximal: 3, usage: () => this.random.below(4) }];
    const memory = new MemoryWatch({ behavior, minThresholdMs: 5, maxThresholdMs: 60, memory: pressure }, clock);
    const instance: HostInstance = new HostInstance({
      name,
      host: { name: 'H', concurrency: 4 },
      computer: name,
      services: SERVICES,
      connect: links.connect,
      clock,
      random: () => this.random.next(),
      begin: (grant, workplace) =>
        grant.service === 'Receipts'
          ? new SendPortWork({ settings: RECEIPTS, adapter: this.#adapter(clock), workplace, disassembly: noAnswers }, grant)
          : new OrchestrationWork({ compiled: ledger, services, workplace, memory }, grant),
      other: () => undefined,
      connected: () => undefined,
      log: (line) => this.log.push(`${name}: ${line}`),
    });
    const host = { name, instance, clock, links };
    this.hosts.push(host);
    instance.client.start();
    return host;
  }

  /** The process is gone between two turns of its event loop. */
  kill(host: SimulatedHost): void {
    this.hosts.splice(this.hosts.indexOf(host), 1);
    host.clock.end();
    host.links.cut();
  }

  /** A controlled stop. */
  async drain(host: SimulatedHost): Promise<void> {
    let ended = false;
    const drained = host.instance.drain().then(() => (ended = true));
    await this.until(`${host.name} stops`, () => ended);
    await drained;
    this.kill(host);
  }

  /** The MessageBox process dies and comes back; what no message refers to is forgotten. */
  restartMessageBox(): void {
    for (const lost of this.#servers) lost();
    this.#servers.clear();
    for (const { links } of this.hosts) links.cut();
    this.#client = undefined;
    this.messageBox = this.#open();
    this.#arriving = new Map();
    const referred = new Set([...this.messageBox.store.state.messages.values()].map(({ bodyHash }) => bodyHash));
    this.#bodies = new Map([...this.#bodies].filter(([hash]) => referred.has(hash)));
  }

  submit(steps: number): void {
    const id = `L${String(++this.#orders)}`;
    const message = { type: 'Order', properties: { Ledger: id, [BTS.messageType]: 'Order' }, body: JSON.stringify({ ledger: id, steps }) };
    this.messageBox.frame(this.#submitter(), { kind: 'submit', request: 1, location: 'L', receiveId: id, message });
    this.#settleSoon();
  }

  operate(operation: Operation, ids: readonly string[]): void {
    atOnce(operate(this.messageBox, operation, { ids }));
    this.#settleSoon();
  }

  /** Ledger to what its receipt says it took. */
  taken(): Map<string, number[][]> {
    const found = new Map<string, number[][]>();
    for (const { body } of this.receipts.values()) {
      const { ledger: id, taken } = JSON.parse(body) as { ledger: string; taken: number[] };
      found.set(id, [...(found.get(id) ?? []), taken]);
    }
    return found;
  }

  #open(): MessageBox {
    const state = emptyState();
    this.#records.forEach((record, index) => {
      apply(state, record, index + 1);
    });
    const append = (record: JournalRecord): number => this.#records.push(structuredClone(record));
    const store = new Store(state, { append }, { monotonic: () => this.clock.monotonic(), wall: () => this.clock.wall() }, () => undefined);
    store.record({ kind: 'generation', at: store.now, generation: state.generation + 1, origin: 'sim' });
    return new MessageBox(store, times);
  }

  #submitter(): Session {
    if (this.#client && this.messageBox.sessions.live.has(this.#client.id)) return this.#client;
    const hello = {
      kind: 'hello',
      protocol: PROTOCOL_VERSION,
      hostInstance: 'C@X',
      host: 'C',
      computer: 'X',
      pid: 1,
      services: SERVICES,
      resume: [],
    } as const;
    const session = this.messageBox.hello({ send: () => undefined, close: () => undefined }, hello);
    assert.ok(session);
    session.onHold = true;
    session.draining = true;
    this.#client = session;
    return session;
  }

  #settleSoon(): void {
    this.clock.soon(() => {
      this.messageBox.settle();
    });
  }

  #accept(link: Link<MessageBoxFrame>): LinkEnd<HostFrame> {
    const { messageBox } = this;
    let session: Session | undefined;
    let turn: MessageBoxFrame[] = [];
    const say = (frame: MessageBoxFrame): void => {
      if (frame.kind === 'rejected') this.log.push(`rejected: ${JSON.stringify(frame)}`);
      if (turn.push(frame) > 1) return;
      this.clock.soon(() => {
        link.send(turn);
        turn = [];
      });
    };
    const connection = {
      send: (frame: object) => {
        say(frame as MessageBoxFrame);
      },
      close: () => {
        this.clock.soon(() => {
          link.close();
        });
      },
    };
    const lost = (): void => {
      this.#servers.delete(lost);
      if (session && messageBox === this.messageBox) messageBox.closed(session);
      this.#settleSoon();
    };
    this.#servers.add(lost);
    const heard = (frame: HostFrame): void => {
      if (frame.kind === 'hello') session = messageBox.hello(connection, frame);
      else if (frame.kind === 'putBody' || frame.kind === 'getBody') say(this.#body(frame));
      else if (session && (frame.kind === 'commit' || messageBox.sessions.live.has(session.id))) messageBox.frame(session, frame);
    };
    return {
      heard: (frames) => {
        if (messageBox !== this.messageBox) return;
        for (const frame of frames) {
          const read = readHostFrame(frame);
          assert.ok('value' in read, `not a frame: ${JSON.stringify(read)}`);
          heard(read.value);
        }
        this.#settleSoon();
      },
      lost,
    };
  }

  #body(frame: Extract<HostFrame, { kind: 'putBody' | 'getBody' }>): MessageBoxFrame {
    const { request, hash, offset } = frame;
    if (frame.kind === 'getBody') {
      const body = this.#bodies.get(hash);
      const chunk = body?.subarray(offset, offset + BODY_CHUNK_BYTES);
      const last = (chunk?.length ?? 0) < BODY_CHUNK_BYTES;
      return { kind: 'body', request, data: chunk?.toString('base64') ?? '', last, ...(body ? {} : { error: 'no such body' }) };
    }
    const chunks = offset === 0 ? [] : (this.#arriving.get(hash) ?? []);
    this.#arriving.set(hash, [...chunks, Buffer.from(frame.data, 'base64')]);
    if (frame.last) {
      const body = Buffer.concat(this.#arriving.get(hash) ?? []);
      assert.equal(createHash('sha256').update(body).digest('hex'), hash);
      this.#bodies.set(hash, body);
    }
    return { kind: 'bodyStored', request };
  }

  /** Takes its time, and fails now and then. */
  #adapter(clock: Clock): ConstructorParameters<typeof SendPortWork>[0]['adapter'] {
    return {
      transmit: ({ id, body }, signal) =>
        new Promise((resolve, reject) => {
          clock.after(this.random.below(20), () => {
            if (signal.aborted) return;
            if (this.random.chance(0.2)) {
              reject(new Error('nobody is there'));
              return;
            }
            const known = this.receipts.get(id);
            if (known) known.times++;
            else this.receipts.set(id, { body, times: 1 });
            resolve(undefined);
          });
        }),
    };
  }

  #report(): string {
    const held = this.hosts.map(
      ({ name, instance }) => `${name} ${instance.client.connected ? 'connected' : 'away'} holds ${instance.held.join(' ')}`,
    );
    const live = this.instances.map(({ id, service, status, version, operation, attempt, queue, timers, waits, error }) =>
      JSON.stringify({
        id,
        service,
        status,
        version,
        operation,
        attempt,
        queue: queue.length,
        timers,
        waits,
        error,
        owner: this.messageBox.store.holdings.ownerOf(this.messageBox.store.state.instances.get(id) ?? assert.fail()),
      }),
    );
    return [...held, ...live, ...this.log.slice(-10)].join('\n');
  }
}
