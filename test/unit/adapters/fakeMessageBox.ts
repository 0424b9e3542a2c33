/** A MessageBox for adapter tests: recognises receive ids, and can be told to fail before or after it has taken a message. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SohError } from '../../../emulator/errors.ts';
import type { KeptId, ReceiveAdapter, ReceiveContext, Submission, SubmitResult } from '../../../emulator/hosting/adapters/door.ts';
import { received } from '../../../emulator/hosting/disassembly.ts';
import type { LocationNotices } from '../../../emulator/hosting/settings.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';

/** Shorter than in production, so that tests need not wait. */
export const PATIENCE = { keepMs: 500, keepMalformedMs: 2000, noticeMs: 300, stopMs: 500, leaveMs: 200 } as const;

export class FakeMessageBox {
  /** Messages taken, each once unless a receive id was forgotten too early. */
  readonly taken: Submission[] = [];
  readonly known = new Set<string>();
  readonly duplicates: string[] = [];
  readonly logged: string[] = [];
  /** What every location has told, in order; and what stands now. */
  readonly news: SohError[] = [];
  standing: LocationNotices = { notices: [], more: 0 };
  /** How often it was asked what it remembers. */
  looks = 0;
  connected = true;
  maxBytes = 64 * 1024 * 1024;
  /** 'before': the submission never arrives. 'after': it arrives, the acknowledgement does not. 'late': the acknowledgement waits for `release`. */
  fault: 'none' | 'before' | 'after' | 'late' = 'none';
  /** What every submission is refused with. */
  refusal: Error | undefined;
  suspend = false;
  instances = 0;
  inFlight = 0;
  mostInFlight = 0;
  clock = Date.now();
  claimTimeoutMs = 10_000;
  paused = false;
  #release: () => void = () => undefined;
  readonly #released = new Promise<void>((resolve) => (this.#release = resolve));
  readonly #types = new MessageTypes(new Map());

  context(hostInstance = 'ReceivingHost@A'): ReceiveContext {
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- a getter of another object has to see it
    const box = this;
    return {
      submit: (submission) => this.#submit(submission),
      forget: (ids) => {
        for (const id of ids) this.known.delete(id);
      },
      keptIds: () => this.#keptIds(),
      read: (bytes, hint) => Promise.resolve(received(this.#types, bytes, hint)),
      get connected() {
        return box.connected;
      },
      maxBytes: this.maxBytes,
      notices: (standing, news) => {
        this.standing = standing;
        this.news.push(...news);
      },
      log: (level, text) => this.logged.push(`${level}: ${text}`),
      now: () => this.clock,
      hostInstance,
      token: 'secret-token',
      claimTimeoutMs: this.claimTimeoutMs,
      paused: () => this.paused,
    };
  }

  release(): void {
    this.#release();
  }

  bodies(): string[] {
    return this.taken.map(bodyOf).sort();
  }

  lastBody(): string {
    const last = this.taken.at(-1);
    return last ? bodyOf(last) : '';
  }

  async *#keptIds(): AsyncGenerator<readonly KeptId[]> {
    this.looks++;
    const ids = [...this.known];
    // Pages of two, so that there are several.
    for (let at = 0; at < ids.length; at += 2) yield ids.slice(at, at + 2).map((id) => ({ id, at: this.clock }));
  }

  async #submit(submission: Submission): Promise<SubmitResult> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      await new Promise(setImmediate);
      return await this.#take(submission);
    } finally {
      this.inFlight--;
    }
  }

  async #take(submission: Submission): Promise<SubmitResult> {
    if (this.refusal) throw this.refusal;
    if (this.fault === 'before') throw new Error('connection lost');
    const duplicate = this.known.has(submission.receiveId);
    if (duplicate) this.duplicates.push(submission.receiveId);
    else this.taken.push(submission);
    this.known.add(submission.receiveId);
    if (this.fault === 'after') throw new Error('connection lost');
    if (this.fault === 'late') await this.#released;
    return {
      duplicate,
      ...(submission.malformed ? { suspended: submission.malformed } : {}),
      ...(this.suspend ? { suspended: { code: 'message.routingFailure', message: 'nobody subscribes' } } : {}),
      ...(submission.twoWay && !duplicate ? { instance: `i${String(++this.instances)}` } : {}),
    };
  }
}

function bodyOf({ message }: Submission): string {
  return 'bytes' in message ? new TextDecoder().decode(message.bytes) : (message.body ?? '');
}

const started = new WeakMap<TestContext, ReceiveAdapter[]>();

/** A folder that is gone after the test, once the adapters of the test have stopped. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'soh-adapter-'));
  t.after(async () => {
    for (const adapter of started.get(t) ?? []) await adapter.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Starts an adapter that is stopped after the test. */
export async function start(t: TestContext, adapter: ReceiveAdapter): Promise<void> {
  started.set(t, [...(started.get(t) ?? []), adapter]);
  await adapter.start();
}

/** Waits until something is so, at most 10 s. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `never happened: ${what}`);
    await sleep(5);
  }
}
