/** The receive locations of a host instance: adapters in, messages to the MessageBox, responses back to two-way callers. */
import { SohError, toWire, type WireError } from '../errors.ts';
import type { InstanceError } from '../engine/door.ts';
import type { MessageBoxFrame, SubmitFrame } from '../messagebox/protocol/frames.ts';
import { BTS } from '../orchestration/message.ts';
import type { ReceiveLocationSettings } from '../cluster/clusterFile.ts';
import { createReceiveAdapter } from './adapters/createAdapter.ts';
import type { KeptId, ReceiveAdapter, ReceiveContext, Submission, SubmitResult } from './adapters/door.ts';
import type { Disassembly } from './disassembly.ts';
import type { HostInstance } from './hostInstance.ts';
import { ResponseWork } from './responseWork.ts';
import type { LocationNotices } from './settings.ts';

export interface ReceivingOptions {
  readonly locations: readonly ReceiveLocationSettings[];
  readonly baseFolder: string;
  readonly disassembly: Disassembly;
  readonly maxBytes: number;
  readonly hostInstance: HostInstance;
  readonly name: string;
  readonly token: string;
  readonly claimTimeoutMs: number;
  problem(error: unknown, location: string): void;
  notices(location: string, notices: LocationNotices, news: readonly WireError[]): void;
  started(addresses: Readonly<Record<string, string>>): void;
}

type Answer = Extract<MessageBoxFrame, { kind: 'submitted' }>;
type KeptIds = Extract<MessageBoxFrame, { kind: 'keptIds' }>;

const STORAGE_FULL = 'messageBox.storageFull';

/** A submission that is not answered yet. */
interface Submitting {
  readonly adapter: ReceiveAdapter;
  readonly said: Omit<SubmitFrame, 'kind' | 'request'>;
  readonly resolve: (result: SubmitResult) => void;
  readonly reject: (error: Error) => void;
}

export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #adapters = new Map<string, ReceiveAdapter>();
  readonly #submissions = new Map<number, Submitting>();
  /** Questions for receive ids that are not answered yet. */
  readonly #questions = new Map<number, { readonly resolve: (answer: KeptIds) => void; readonly reject: (error: Error) => void }>();
  #requests = 0;
  #started: Promise<void> | undefined;
  #stopped = false;
  #paused = false;

  constructor(options: ReceivingOptions) {
    this.#options = options;
  }

  /** The MessageBox takes messages in, or has no room for them now; it says so with each new session. */
  async enable(on: boolean): Promise<void> {
    this.#paused = !on;
    if (on) await this.start();
  }

  /** The first time every location is started; one that cannot start is reported and does not hold the others (docs/behaviour.md, section 15). */
  start(): Promise<void> {
    if (this.#started) for (const adapter of this.#adapters.values()) adapter.reconnected?.();
    else if (!this.#stopped) this.#started = this.#start();
    return this.#started ?? Promise.resolve();
  }

  /** Also while they are being started: those that are not yet started never are. */
  async stop(): Promise<void> {
    this.#stopped = true;
    // Nobody waits for what they would say: a MessageBox that is frozen would hold the stop up.
    this.#giveUp(this.#questions);
    await this.#started;
    this.#giveUp(this.#questions);
    await Promise.all([...this.#adapters.values()].map((adapter) => adapter.stop()));
  }

  async #start(): Promise<void> {
    const addresses: Record<string, string> = {};
    for (const location of this.#options.locations) {
      if (this.#stopped) return;
      const adapter = createReceiveAdapter(location, this.#options.baseFolder, this.#context(location));
      this.#adapters.set(location.name, adapter);
      try {
        await adapter.start();
        addresses[location.name] = adapter.address;
      } catch (error) {
        this.#adapters.delete(location.name);
        this.#options.problem(error, location.name);
      }
    }
    this.#options.started(addresses);
  }

  submitted(answer: Answer): void {
    const submission = this.#submissions.get(answer.request);
    this.#submissions.delete(answer.request);
    if (!submission) return;
    if (answer.refused) {
      this.#refused(submission, answer.refused);
      return;
    }
    const { hostInstance } = this.#options;
    if (answer.instance !== undefined && answer.lock !== undefined) {
      hostInstance.adopt(new ResponseWork(answer.instance, answer.lock, submission.adapter, hostInstance));
    }
    submission.resolve({
      duplicate: answer.duplicate,
      ...(answer.instance === undefined ? {} : { instance: answer.instance }),
      ...(answer.suspended ? { suspended: answer.suspended } : {}),
    });
  }

  keptIds(answer: KeptIds): void {
    this.#questions.get(answer.request)?.resolve(answer);
    this.#questions.delete(answer.request);
  }

  /** The connection is lost: nothing is known of submissions under way; the adapters submit them again with the same receive ids. */
  disconnected(): void {
    this.#giveUp(this.#submissions);
    this.#giveUp(this.#questions);
  }

  #giveUp(asked: Map<number, { readonly reject: (error: Error) => void }>): void {
    const waiting = [...asked.values()];
    asked.clear();
    for (const { reject } of waiting) reject(new SohError('group.connectionLost'));
  }

  #context(location: ReceiveLocationSettings): ReceiveContext {
    const { hostInstance, disassembly, maxBytes, name, token, claimTimeoutMs } = this.#options;
    const port = location.receivePort ?? location.name;
    return {
      submit: (submission) => this.#submit(location, submission),
      forget: (receiveIds) => {
        hostInstance.send({ kind: 'forget', receiveIds });
      },
      keptIds: () => this.#keptIds(location.name),
      read: (bytes, hint) => disassembly.read(bytes, { ...hint, properties: { ...hint.properties, [BTS.receivePort]: port } }),
      get connected() {
        return hostInstance.client.connected;
      },
      maxBytes,
      notices: (all, news) => {
        for (const { message } of news) hostInstance.log(`warning: ${message}`);
        this.#options.notices(location.name, all, news.map(toWire));
      },
      log: (level, text) => {
        hostInstance.log(`${level}: receive location ${location.name}: ${text}`);
      },
      now: () => hostInstance.now(),
      hostInstance: name,
      token,
      claimTimeoutMs,
      paused: () => this.#paused,
    };
  }

  async #submit(location: ReceiveLocationSettings, submission: Submission): Promise<SubmitResult> {
    const { hostInstance } = this.#options;
    const message = await hostInstance.bodies.arrived(submission.message);
    const adapter = this.#adapters.get(location.name);
    if (!hostInstance.client.connected || !adapter) throw new SohError('group.connectionLost');
    return new Promise((resolve, reject) => {
      this.#say({ adapter, said: { location: location.name, ...submission, message }, resolve, reject });
    });
  }

  /** What the MessageBox remembers of a location, page by page. */
  async *#keptIds(location: string): AsyncGenerator<readonly KeptId[]> {
    const { hostInstance } = this.#options;
    for (let more = true, begin = true; more; begin = false) {
      const answer = await new Promise<KeptIds>((resolve, reject) => {
        if (this.#stopped || !hostInstance.client.connected) throw new SohError('group.connectionLost');
        const request = ++this.#requests;
        this.#questions.set(request, { resolve, reject });
        hostInstance.send({ kind: 'keptIds', request, location, begin });
      });
      more = answer.more;
      yield answer.ids.map(([id, at]) => ({ id, at }));
    }
  }

  #say(submitting: Submitting): void {
    const request = ++this.#requests;
    this.#submissions.set(request, submitting);
    this.#options.hostInstance.send({ kind: 'submit', request, ...submitting.said });
  }

  /** What the MessageBox cannot keep as a message of its type is kept as it came, suspended with the reason; nothing else is touched. */
  #refused(submission: Submitting, error: InstanceError): void {
    const { said, reject } = submission;
    if (error.code === STORAGE_FULL) {
      reject(new SohError(STORAGE_FULL, { folder: 'the MessageBox' }));
      return;
    }
    if (said.malformed) {
      reject(new SohError('messageBox.protocol', { reason: error.message }));
      return;
    }
    const { location, receiveId, message } = said;
    const { body, bodyHash } = message;
    const kept = { type: '', properties: {}, ...(body === undefined ? {} : { body }), ...(bodyHash === undefined ? {} : { bodyHash }) };
    this.#say({ ...submission, said: { location, receiveId, message: kept, malformed: error } });
  }
}
