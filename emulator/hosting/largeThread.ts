/**
 * The thread for large messages: what takes long with them would keep the thread of the host instance from saying that it lives
 * (docs/failure-model.md, P20). One question after the other, so only one large message is in its memory as more than its bytes.
 */
import { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../clock.ts';
import { hasCode, SohError } from '../errors.ts';
import type { LargeAnswers, LargeQuestion } from './largeQuestions.ts';

/** It ends when it has had nothing to do for so long: what it read last would stay in memory, ms. */
const IDLE_MS = 10_000;

interface Waiting {
  readonly question: LargeQuestion;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class LargeThread {
  readonly #file: URL;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #queue: Waiting[] = [];
  #worker: Worker | undefined;
  #current: Waiting | undefined;
  #stayIdle: Cancel = () => undefined;

  /** @param file the bundle of `disassemblyThread.ts` */
  constructor(file: URL, clock: Pick<Clock, 'after'>) {
    this.#file = file;
    this.#clock = clock;
  }

  /**
   * Memory that is not shared is given away with the question. Rejects when the thread has ended over it: with 'message.unreadable' when its memory
   * was not enough, which would be the same the next time.
   */
  ask<Q extends LargeQuestion>(question: Q): Promise<LargeAnswers[Q['kind']]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ question, resolve: resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    this.#stayIdle();
    if (this.#current) return;
    this.#current = this.#queue.shift();
    if (!this.#current) {
      // Nothing waits for it when the process is about to end.
      this.#worker?.unref();
      this.#stayIdle = this.#clock.after(IDLE_MS, () => {
        void this.#worker?.terminate();
        this.#worker = undefined;
      });
      return;
    }
    this.#worker ??= this.#start();
    this.#worker.ref();
    const { question } = this.#current;
    const given = 'bytes' in question && question.bytes.buffer instanceof ArrayBuffer ? [question.bytes.buffer] : [];
    this.#worker.postMessage(question, given);
  }

  #start(): Worker {
    const worker = new Worker(this.#file);
    worker.on('message', (answer: unknown) => {
      this.#answered(({ resolve }) => {
        resolve(answer as never);
      });
    });
    worker.on('error', (error: Error) => {
      // It would need as much memory again with the same message, which is not tried again therefore.
      const large = hasCode(error, 'ERR_WORKER_OUT_OF_MEMORY');
      this.#lost(worker, large ? new SohError('message.unreadable', { reason: error.message }, error) : error);
    });
    worker.on('exit', () => {
      this.#lost(worker, new Error('the thread that reads large messages has ended'));
    });
    return worker;
  }

  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#answered(({ reject }) => {
      reject(error);
    });
  }

  #answered(answer: (waiting: Waiting) => void): void {
    const waiting = this.#current;
    this.#current = undefined;
    if (waiting) answer(waiting);
    this.#next();
  }
}
