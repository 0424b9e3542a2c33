/** Messages that receive adapters hand in: each is taken once, published or kept as suspended. */
import { catalogue } from '../../errorCatalogue.ts';
import { fillIn } from '../../errors.ts';
import { BTS } from '../../orchestration/message.ts';
import type { MessageBoxFrame, SubmitFrame } from '../protocol/frames.ts';
import { receiveLocationId } from '../protocol/serviceIds.ts';
import type { Dispatch } from './dispatch.ts';
import type { Enlistment } from './enlistment.ts';
import type { SubmitRecord } from './records.ts';
import { route } from './routing.ts';
import type { Session } from './sessions.ts';
import type { Store } from './store.ts';

const STORAGE_FULL = 'messageBox.storageFull';

export class Submissions {
  readonly #store: Store;
  readonly #dispatch: Dispatch;
  readonly #enlistment: Enlistment;

  constructor(store: Store, dispatch: Dispatch, enlistment: Enlistment) {
    this.#store = store;
    this.#dispatch = dispatch;
    this.#enlistment = enlistment;
  }

  /** A receive adapter hands in a message: published, or kept as suspended, in one record (docs/behaviour.md, sections 15 and 16). */
  take(session: Session, frame: SubmitFrame): void {
    const store = this.#store;
    if (store.state.receiveIds.has(frame.receiveId)) {
      session.connection.send({ kind: 'submitted', request: frame.request, duplicate: true } satisfies MessageBoxFrame);
      return;
    }
    if (this.#enlistment.paused) {
      const refused = { code: STORAGE_FULL, message: fillIn(catalogue[STORAGE_FULL].message, { folder: 'the MessageBox' }) };
      session.connection.send({ kind: 'submitted', request: frame.request, duplicate: false, refused } satisfies MessageBoxFrame);
      return;
    }
    const service = receiveLocationId(frame.location);
    const waiting = frame.twoWay && !frame.malformed ? this.#waiting(service, frame.twoWay.timeoutMs) : undefined;
    const message = waiting
      ? { ...frame.message, properties: { ...frame.message.properties, [BTS.correlationToken]: waiting.instance } }
      : frame.message;
    const id = this.#store.newInstanceId();
    const unrouted = { id, type: message.type, properties: message.properties, ...bodyOf(message), to: [] };
    const routed = frame.malformed ? unrouted : route(store, id, message);
    const base = {
      kind: 'submit',
      at: store.now,
      location: frame.location,
      hostInstance: session.hostInstance,
      receiveId: frame.receiveId,
      message: routed,
    } as const;
    const kept = routed.to.length === 0;
    const error = frame.malformed ?? routingFailure(message.type);
    const record: SubmitRecord = {
      ...base,
      ...(kept ? { suspended: { instance: this.#store.newInstanceId(), service, error, resumable: !frame.malformed && !waiting } } : {}),
      ...(waiting && !kept ? { waiting } : {}),
    };
    store.record(record);
    session.traffic.published++;
    this.#dispatch.deliverRoutes([routed]);
    const owner = waiting && !kept ? store.state.instances.get(waiting.instance) : undefined;
    const lock = owner ? this.#dispatch.take(session, owner).lock : undefined;
    session.connection.send({
      kind: 'submitted',
      request: frame.request,
      duplicate: false,
      ...(owner && lock ? { instance: owner.id, lock } : {}),
      ...(kept ? { suspended: error } : {}),
    } satisfies MessageBoxFrame);
  }

  #waiting(service: string, timeoutMs: number): NonNullable<SubmitRecord['waiting']> {
    const instance = this.#store.newInstanceId();
    const filter = [[{ property: BTS.correlationToken, operator: '==', value: instance } as const]];
    return { instance, service, subscribe: { id: 'response', filter }, timer: { id: 'timeout', due: this.#store.now + timeoutMs } };
  }
}

function bodyOf(message: { readonly body?: string; readonly bodyHash?: string }): { body?: string; bodyHash?: string } {
  return {
    ...(message.body === undefined ? {} : { body: message.body }),
    ...(message.bodyHash === undefined ? {} : { bodyHash: message.bodyHash }),
  };
}

function routingFailure(type: string): { code: string; message: string } {
  return { code: 'message.routingFailure', message: fillIn(catalogue['message.routingFailure'].message, { type }) };
}
