/**
 * A real host instance on a simulated clock and links in memory, against a MessageBox that says exactly what a test wants it to say, at
 * the moment the test wants.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { SendPortSettings } from '../../../emulator/cluster/clusterFile.ts';
import { seededRandom } from '../../../emulator/faults/seededRandom.ts';
import type { ReceiveAdapter, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import type { DehydrationSettings } from '../../../emulator/hosting/dehydration.ts';
import { HostInstance } from '../../../emulator/hosting/hostInstance.ts';
import { MemoryWatch } from '../../../emulator/hosting/memoryWatch.ts';
import { OrchestrationWork } from '../../../emulator/hosting/orchestrationWork.ts';
import { ResponseWork } from '../../../emulator/hosting/responseWork.ts';
import { SendPortWork } from '../../../emulator/hosting/sendPortWork.ts';
import type { Work, Workplace } from '../../../emulator/hosting/work.ts';
import {
  type CommitFrame,
  type DeliveredEntry,
  type GrantedInstance,
  type HostFrame,
  type MessageBoxFrame,
  readHostFrame,
} from '../../../emulator/messagebox/protocol/frames.ts';
import type { Link } from '../../../emulator/messagebox/protocol/link.ts';
import { INLINE_BODY_CHARACTERS } from '../../../emulator/messagebox/protocol/limits.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { SimulatedLinks } from '../../../emulator/simulation/simulatedLink.ts';
import { services } from '../engine/group.ts';

type FrameOf<K> = Extract<HostFrame, { kind: K }>;
type SaidOf<K> = Extract<MessageBoxFrame, { kind: K }>;

export interface ScriptOptions {
  readonly compiled?: CompiledOrchestration;
  readonly adapter?: SendAdapter;
  readonly concurrency?: number;
  readonly dehydration?: DehydrationSettings;
  readonly retryCount?: number;
}

export const NEVER: DehydrationSettings = { behavior: 'never', minThresholdMs: 1, maxThresholdMs: 1, memory: [] };
export const ALWAYS: DehydrationSettings = { behavior: 'always', minThresholdMs: 1, maxThresholdMs: 1, memory: [] };
const START = 1_000_000;

export class ScriptedMessageBox {
  readonly clock = new SimulatedClock(START);
  readonly host: HostInstance;
  readonly links: SimulatedLinks<HostFrame, MessageBoxFrame>;
  readonly log: string[] = [];
  /** Frames heard on all links, in order. */
  readonly heard: HostFrame[] = [];
  /** Links made. */
  connections = 0;
  link: Link<MessageBoxFrame> | undefined;
  /** Called at the moment a frame is heard. */
  onHeard: (frame: HostFrame) => void = () => undefined;
  /** The link breaks instead of carrying these frames. */
  breaksWith: (frames: readonly HostFrame[]) => boolean = () => false;
  locks = 0;
  readonly #options: ScriptOptions;
  readonly #memory: MemoryWatch;

  constructor(options: ScriptOptions = {}) {
    this.#options = options;
    this.#memory = new MemoryWatch(options.dehydration ?? NEVER, this.clock);
    this.links = new SimulatedLinks<HostFrame, MessageBoxFrame>({
      clock: this.clock,
      random: seededRandom(1),
      accept: (link) => {
        this.connections++;
        this.link = link;
        return {
          // Whatever a host instance says has to pass the door of the MessageBox.
          heard: (frames) => {
            for (const frame of frames) {
              const read = readHostFrame(frame);
              assert.ok('value' in read, `not a frame: ${JSON.stringify(read)}`);
              this.heard.push(read.value);
              this.onHeard(frame);
            }
          },
          lost: () => {
            if (this.link === link) this.link = undefined;
          },
        };
      },
    });
    this.host = new HostInstance({
      name: 'H@A',
      host: { name: 'H', concurrency: options.concurrency ?? 5 },
      computer: 'A',
      services: [],
      connect: (end) => {
        const link = this.links.connect(end);
        const send: typeof link.send = (frames, left) => {
          if (this.breaksWith(frames)) this.links.cut();
          else link.send(frames, left);
        };
        return { ...link, send };
      },
      clock: this.clock,
      random: () => 0.5,
      begin: (grant, workplace) => this.#begin(grant, workplace),
      other: () => undefined,
      connected: () => undefined,
      log: (line) => this.log.push(line),
    });
  }

  /** Connected and welcomed. */
  static async start(options: ScriptOptions = {}): Promise<ScriptedMessageBox> {
    const messageBox = new ScriptedMessageBox(options);
    messageBox.host.client.start();
    await messageBox.settle();
    await messageBox.welcome();
    return messageBox;
  }

  /** Lets everything that is possible without time happen, and then as much time pass. */
  async settle(ms = 0): Promise<void> {
    for (let turn = 0; turn < 12; turn++) {
      this.clock.advance(0);
      await breathe();
    }
    for (let passed = 0; passed < ms; passed++) {
      this.clock.advance(1);
      await breathe();
      await breathe();
    }
  }

  /** Says frames in one message. */
  say(...frames: MessageBoxFrame[]): void {
    assert.ok(this.link, 'there is no connection');
    this.link.send(frames);
  }

  /** Says them and lets them have their effect. */
  async tell(...frames: MessageBoxFrame[]): Promise<void> {
    this.say(...frames);
    await this.settle();
  }

  async welcome(resumed: SaidOf<'welcome'>['resumed'] = []): Promise<void> {
    await this.tell({ kind: 'welcome', session: '1.1', generation: 1, now: this.clock.wall(), heartbeatMs: 1000, leaseMs: 5000, resumed });
  }

  /** The link breaks, and a new one stands: its hello is the last that was heard. */
  async reconnect(): Promise<FrameOf<'hello'>> {
    const before = this.connections;
    this.links.cut();
    await this.settle(150);
    assert.equal(this.connections, before + 1, 'it connects again');
    return this.last('hello');
  }

  grantFrame(fields: Partial<GrantedInstance> = {}): SaidOf<'grant'> {
    const grant: GrantedInstance = {
      ...{
        instance: 'i1',
        service: 'orchestration',
        lock: `1.${String(++this.locks)}`,
        version: 0,
        state: null,
        queue: [],
        held: [],
        timers: [],
      },
      ...{ alone: false, tellAhead: false, takeovers: 0 },
      ...fields,
    };
    return { kind: 'grant', now: this.clock.wall(), instances: [grant] };
  }

  /** Acknowledges the last commit. */
  async acknowledge(released = false): Promise<CommitFrame> {
    const commit = this.last('commit');
    await this.tell(this.ack(commit, released));
    return commit;
  }

  ack({ instance, id, base }: CommitFrame, released = false): SaidOf<'ack'> {
    return { kind: 'ack', instance, id, version: base + 1, now: this.clock.wall(), released };
  }

  deliver(entries: readonly DeliveredEntry[], lock = `1.${String(this.locks)}`, instance = 'i1'): SaidOf<'deliver'> {
    return { kind: 'deliver', instance, lock, entries };
  }

  reject(commit: CommitFrame, code = 'messageBox.protocol'): SaidOf<'rejected'> {
    return { kind: 'rejected', instance: commit.instance, id: commit.id, code, reason: 'because of the test' };
  }

  all<K extends HostFrame['kind']>(kind: K): FrameOf<K>[] {
    return this.heard.filter((frame): frame is FrameOf<K> => frame.kind === kind);
  }

  get commits(): CommitFrame[] {
    return this.all('commit');
  }

  last<K extends HostFrame['kind']>(kind: K): FrameOf<K> {
    const frame = this.all(kind).at(-1);
    assert.ok(frame, `no ${kind} was said`);
    return frame;
  }

  /** Answers the last request for a body. */
  body(text: string): SaidOf<'body'> {
    return { kind: 'body', request: this.last('getBody').request, data: Buffer.from(text).toString('base64'), last: true };
  }

  noBody(): SaidOf<'body'> {
    return { kind: 'body', request: this.last('getBody').request, data: '', last: true, error: 'no such body' };
  }

  #begin(grant: GrantedInstance, workplace: Workplace): Work {
    const { compiled, adapter, retryCount = 0 } = this.#options;
    if (grant.service === 'orchestration' && compiled)
      return new OrchestrationWork({ compiled, services, workplace, memory: this.#memory }, grant);
    if (grant.service === 'port' && adapter) {
      const transport = { adapter: 'FILE', folder: 'out', fileName: '%MessageID%', retryCount, retryIntervalMs: 50 } as const;
      const settings: SendPortSettings = { name: 'Port', host: 'H', transport, filter: [] };
      return new SendPortWork({ settings, adapter, workplace, disassembly: noAnswers }, grant);
    }
    throw new Error(`no service ${grant.service}`);
  }

  /** A two-way request that waits for its response, under the next lock. */
  adopt(adapter: ReceiveAdapter, instance = 'i1'): void {
    this.host.adopt(new ResponseWork(instance, `1.${String(++this.locks)}`, adapter, this.host));
  }
}

/** Of a one-way send port: nothing comes back. */
export const noAnswers = { known: Promise.resolve(), knows: () => false, read: () => Promise.reject(new Error('nothing came back')) };

/** An entry with a message; without a body it is out of line, and is that of `large`. */
export function message(id: string, receive: number, body?: string, large = largeNote(1)): DeliveredEntry {
  const stored = { id: `message-${id}`, type: 'Note', properties: { key: 'k' } };
  return { id, subscription: String(receive), message: body === undefined ? { ...stored, bodyHash: hashOf(large) } : { ...stored, body } };
}

/** An entry of a timer that fired. */
export function fired(id: string, timer: string): DeliveredEntry {
  return { id, subscription: timer, timer };
}

export function note(amount: number): string {
  return JSON.stringify({ key: 'k', amount });
}

/** A body that travels apart from its message. */
export function largeNote(amount: number): string {
  return JSON.stringify({ key: 'k', amount, filling: 'x'.repeat(INLINE_BODY_CHARACTERS) });
}

/** The name of a body out of line. */
export function hashOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
