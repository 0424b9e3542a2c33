/**
 * A group for one module of the guide: the real MessageBox's core, host instances and engine with everything between two processes in memory, and a
 * clock that goes on by itself. Bodies come in as text and are recognised, promoted and routed as in a real group.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import type { ClusterFile } from '../../../emulator/cluster/clusterFile.ts';
import { parseClusterFile } from '../../../emulator/cluster/loadClusterFile.ts';
import { profiles } from '../../../emulator/cluster/profiles.ts';
import { type Artifacts, loadArtifacts, typesOf } from '../../../emulator/hosting/artifacts.ts';
import { HostInstance } from '../../../emulator/hosting/hostInstance.ts';
import { MemoryWatch } from '../../../emulator/hosting/memoryWatch.ts';
import { OrchestrationWork } from '../../../emulator/hosting/orchestrationWork.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import { MessageBox } from '../../../emulator/messagebox/core/messageBox.ts';
import { operate } from '../../../emulator/messagebox/core/operations.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import { emptyState } from '../../../emulator/messagebox/core/state.ts';
import { Store } from '../../../emulator/messagebox/core/store.ts';
import { type HostFrame, type MessageBoxFrame, PROTOCOL_VERSION, type Service } from '../../../emulator/messagebox/protocol/frames.ts';
import type { Link, LinkEnd } from '../../../emulator/messagebox/protocol/link.ts';
import { acknowledge, wantsAcknowledgement } from '../../../emulator/orchestration/acknowledgements.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedLinks } from '../../../emulator/simulation/simulatedLink.ts';
import { atOnce } from '../../../emulator/slices.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});

const START = Date.UTC(2026, 0, 1);

export interface Published {
  /** Name of the Send. */
  readonly shape: string;
  readonly type: string;
  readonly body: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** Services of those who got it. */
  readonly to: readonly string[];
}

export interface Ended {
  readonly orchestration: string;
  readonly outcome: string;
  /** `code: message` */
  readonly error?: string;
}

export class GuideGroup {
  readonly clock = new SimulatedClock(START);
  /** What orchestrations logged: `shape: text`. */
  readonly log: string[] = [];
  readonly #records: JournalRecord[] = [];
  readonly #messageBox: MessageBox;
  readonly #artifacts: Artifacts;
  readonly #types: MessageTypes;
  readonly #submitter: Session;
  readonly #acknowledged = new Set<string>();
  #submitted = 0;

  /**
   * Everything the module exports, with a receive location and a send port for each of its ports.
   *
   * @param behavior of its host: whether what waits leaves the memory
   * @param direct names of ports that are bound to nothing
   */
  static async load(code: string, folder: string, behavior: 'always' | 'never', direct: readonly string[] = []): Promise<GuideGroup> {
    const file = `module${String(Math.random()).slice(2)}.ts`;
    writeFileSync(join(folder, file), code);
    const cluster = parseClusterFile(JSON.stringify(await clusterFor(join(folder, file), file, direct)), 'cluster.json');
    const log: string[] = [];
    const said = (_instance: string, shape: string, text: string): void => void log.push(`${shape}: ${text}`);
    const artifacts = await loadArtifacts(cluster, 'Processing', folder, undefined, said);
    const { services } = await loadArtifacts(cluster, 'Messaging', folder);
    const group = new GuideGroup(cluster, artifacts, services, behavior, log);
    await group.pass(100);
    return group;
  }

  private constructor(
    cluster: ClusterFile,
    artifacts: Artifacts,
    messaging: readonly Service[],
    behavior: 'always' | 'never',
    log: string[],
  ) {
    this.log = log;
    this.#artifacts = artifacts;
    const declared = Object.fromEntries(artifacts.services.map(({ name, messageTypes = [] }) => [name, messageTypes]));
    this.#types = new MessageTypes(typesOf(cluster, declared), cluster.limits);
    const time = { monotonic: () => this.clock.monotonic(), wall: () => this.clock.wall() };
    const append = (record: JournalRecord): number => this.#records.push(structuredClone(record));
    const store = new Store(emptyState(), { append }, time, () => undefined);
    store.record({ kind: 'generation', at: store.now, generation: 1, origin: 'guide' });
    // The fewest heartbeats: days pass.
    this.#messageBox = new MessageBox(store, profiles['biztalk-classic']);
    this.#submitter = this.#messaging(messaging);
    this.#host(cluster, behavior).client.start();
  }

  /** A body comes in through a receive port, now. */
  async receive(port: string, body: string, twoWay = false): Promise<void> {
    const { message, malformed } = this.#types.disassemble(Buffer.from(body), { properties: { 'BTS.ReceivePortName': port } });
    const id = String(++this.#submitted);
    this.#messageBox.frame(this.#submitter, {
      ...{ kind: 'submit', request: 1, location: port, receiveId: id, message },
      ...(malformed && { malformed }),
      ...(twoWay && { twoWay: { timeoutMs: 60_000 } }),
    });
    this.#settle();
    await this.pass(500);
  }

  /** The send ports have sent, or given up, what somebody waits for who sent it. */
  async transmit(failure?: { code: string; message: string }): Promise<void> {
    const sent = this.#records.flatMap((record) => (record.kind === 'commit' ? (record.published ?? []) : [])).filter(wantsAcknowledgement);
    for (const published of sent.filter(({ id }) => !this.#acknowledged.has(id))) {
      this.#acknowledged.add(published.id);
      const message = acknowledge(published, String(published.properties['BTS.SPName']), failure);
      this.#messageBox.frame(this.#submitter, { kind: 'submit', request: 1, location: 'Sent', receiveId: published.id, message });
    }
    this.#settle();
    await this.pass(500);
  }

  /** Time passes. */
  async pass(ms: number): Promise<void> {
    const step = Math.max(1, Math.floor(ms / 500));
    // What began in the last step comes to its end.
    const steps = [...Array.from({ length: Math.ceil(ms / step) }, () => step), ...Array.from({ length: 50 }, () => 1)];
    for (const passes of steps) {
      this.clock.advance(passes);
      this.#messageBox.fireTimers();
      await breathe();
    }
  }

  /** Resumes whatever is suspended. */
  async resumeAll(): Promise<void> {
    const ids = [...this.#messageBox.store.state.instances.values()].filter(({ status }) => status === 'suspended').map(({ id }) => id);
    atOnce(operate(this.#messageBox, 'resume', { ids }));
    this.#settle();
    await this.pass(500);
  }

  /** In the order of the journal. */
  get published(): Published[] {
    return this.#records.flatMap((record) => {
      if (record.kind !== 'commit') return [];
      return (record.published ?? []).map(({ type, body = '', properties, shape = -1, to }) => {
        const services = to.map(({ instance }) => this.#messageBox.store.state.instances.get(instance)?.service ?? instance);
        return { shape: this.#outlineOf(record.instance)[shape]?.name ?? '', type, body, properties, to: services };
      });
    });
  }

  /** What nobody subscribed to. */
  get unrouted(): Pick<Published, 'shape' | 'properties'>[] {
    return this.#records.flatMap((record) =>
      record.kind === 'unrouted' ? [{ shape: record.error.shape ?? '', properties: record.message.properties }] : [],
    );
  }

  /** What became of each instance of an orchestration so far, in the order of their last commits. */
  get ended(): Ended[] {
    const last = new Map<string, Ended>();
    for (const record of this.#records) {
      if (record.kind !== 'commit') continue;
      const { instance, outcome, error } = record;
      last.delete(instance);
      last.set(instance, {
        orchestration: this.#serviceOf(instance)?.name ?? '',
        outcome,
        ...(error && { error: `${error.code}: ${error.message}` }),
      });
    }
    return [...last.values()];
  }

  /** Reasons of messages that were not taken. */
  get refused(): string[] {
    return this.#records.flatMap((record) => (record.kind === 'submit' && record.suspended ? [record.suspended.error.code] : []));
  }

  #outlineOf(instance: string): Service['outline'] {
    return this.#serviceOf(instance)?.outline ?? [];
  }

  /** Of an instance that may have ended: where it began is in the journal. */
  #serviceOf(instance: string): Service | undefined {
    for (const record of this.#records) {
      const messages = record.kind === 'submit' ? [record.message] : record.kind === 'commit' ? (record.published ?? []) : [];
      for (const route of messages.flatMap(({ to }) => to))
        if ('service' in route && route.instance === instance) return this.#artifacts.services.find(({ id }) => id === route.service);
    }
    return undefined;
  }

  #settle(): void {
    this.clock.soon(() => {
      this.#messageBox.settle();
    });
  }

  /** Who submits, and whose send ports get what is sent; it runs nothing. */
  #messaging(services: readonly Service[]): Session {
    const hello = {
      kind: 'hello',
      protocol: PROTOCOL_VERSION,
      hostInstance: 'Messaging@A',
      host: 'Messaging',
      computer: 'A',
      pid: 1,
    } as const;
    const session = this.#messageBox.hello(
      { send: () => undefined, close: () => undefined },
      { ...hello, services: [...services], resume: [] },
    );
    assert.ok(session);
    session.onHold = session.draining = true;
    return session;
  }

  #host(cluster: ClusterFile, behavior: 'always' | 'never'): HostInstance {
    const random = seededRandom(1);
    const host = cluster.hosts.find(({ name }) => name === 'Processing');
    assert.ok(host);
    const memory = new MemoryWatch({ behavior, minThresholdMs: 1, maxThresholdMs: 1, memory: [] }, this.clock);
    const accept = (link: Link<MessageBoxFrame>): LinkEnd<HostFrame> => this.#accept(link);
    const links = new SimulatedLinks<HostFrame, MessageBoxFrame>({ clock: this.clock, random, delayMs: 0, accept });
    return new HostInstance({
      ...{ name: 'Processing@A', host, computer: 'A', services: this.#artifacts.services, connect: links.connect, clock: this.clock },
      random: () => random.next(),
      begin: (grant, workplace) => {
        const bound = this.#artifacts.orchestrations.get(grant.service);
        assert.ok(bound);
        return new OrchestrationWork({ ...bound, workplace, memory }, grant);
      },
      other: () => undefined,
      connected: () => undefined,
      log: (line) => assert.fail(line),
    });
  }

  #accept(link: Link<MessageBoxFrame>): LinkEnd<HostFrame> {
    let session: Session | undefined;
    const connection = {
      send: (frame: object) => this.clock.soon(() => link.send([frame as MessageBoxFrame])),
      close: () => assert.fail('the MessageBox closes'),
    };
    return {
      heard: (frames) => {
        for (const frame of frames) {
          if (frame.kind === 'hello') session = this.#messageBox.hello(connection, frame);
          else if (session) this.#messageBox.frame(session, frame);
        }
        this.#settle();
      },
      lost: () => undefined,
    };
  }
}

async function clusterFor(path: string, file: string, direct: readonly string[]): Promise<object> {
  const { orchestrations } = await loadModule(path);
  const ports = Object.assign({}, ...[...orchestrations.values()].map((one) => one.ports)) as Record<
    string,
    { direction: string; twoWay: boolean }
  >;
  const bound = Object.entries(ports).filter(([name]) => !direct.includes(name));
  return {
    computers: ['A'],
    hosts: ['Messaging', 'Processing'].map((name) => ({ name, instances: ['A'] })),
    orchestrations: [...orchestrations.keys()].map((name) => ({ name, module: file, host: 'Processing' })),
    receiveLocations: bound
      .filter(([, { direction }]) => direction === 'receive')
      .map(([name, { twoWay }]) => ({ name, host: 'Messaging', transport: { adapter: 'HTTP', twoWay } })),
    sendPorts: bound
      .filter(([, { direction }]) => direction === 'send')
      .map(([name]) => ({ name, host: 'Messaging', transport: { adapter: 'HTTP' } })),
  };
}
