/**
 * The verdict over a run, from the journal alone: what was lost, what counted twice, what another host instance resumed. It trusts no
 * counter of the running system, and its tests plant the faults it has to see.
 */
import type { ReadRecord } from './history.ts';
import { conclusionOf, isTakeover } from '../messagebox/core/recordRules.ts';
import type { CommitRecord, RoutedMessage } from '../messagebox/core/records.ts';

export interface Resumption {
  readonly instance: string;
  readonly from: string;
  readonly to: string;
  /** Persistence point it went on from. */
  readonly version: number;
  /** UTC ms */
  readonly lostAt: number;
  readonly resumedAt: number;
}

/** A lost instance that another host instance got. */
export interface Regrant {
  readonly instance: string;
  readonly from: string;
  readonly to: string;
  readonly lostAt: number;
  readonly grantedAt: number;
}

export interface Anomaly {
  readonly sequence: number;
  readonly detail: string;
}

interface Tracked {
  readonly service: string;
  readonly key: string | undefined;
  version: number;
  lost: { readonly hostInstance: string; readonly at: number } | undefined;
  ended: 'completed' | 'terminated' | undefined;
}

/** Reads records in order; ask for the results at the end. */
export class Verdict {
  /** By instance. */
  readonly instances = new Map<string, Tracked>();
  readonly resumptions: Resumption[] = [];
  readonly regrants: Regrant[] = [];
  /** Everything that happened twice although it may only once. */
  readonly twice: Anomaly[] = [];
  /** When sessions ended other than by a controlled stop. */
  readonly losses: { readonly hostInstance: string; readonly at: number; readonly instances: readonly string[] }[] = [];
  readonly #keyOf: (properties: RoutedMessage['properties']) => string | undefined;
  readonly #published = new Set<string>();
  /** Entry -> instance that has it to consume. */
  readonly #entries = new Map<string, string>();

  /** @param keyOf what identifies the business case of an activating message, for example its order id */
  constructor(keyOf: (properties: RoutedMessage['properties']) => string | undefined) {
    this.#keyOf = keyOf;
  }

  add({ sequence, record }: ReadRecord): void {
    switch (record.kind) {
      case 'submit':
        this.#routed(record.message, sequence);
        return;
      case 'commit':
        this.#committed(record, sequence);
        return;
      case 'grant':
        for (const id of record.instances) {
          const lost = this.instances.get(id)?.lost;
          if (lost)
            this.regrants.push({ instance: id, from: lost.hostInstance, to: record.hostInstance, lostAt: lost.at, grantedAt: record.at });
        }
        return;
      case 'timer':
        this.#entries.set(record.entry, record.instance);
        return;
      case 'sessionEnd':
        if (record.reason === 'bye' || record.lost.length === 0) return;
        this.losses.push({ hostInstance: record.hostInstance, at: record.at, instances: record.lost.map(({ instance }) => instance) });
        for (const { instance: id } of record.lost) {
          const instance = this.instances.get(id);
          if (instance) instance.lost = { hostInstance: record.hostInstance, at: record.at };
        }
        return;
      case 'operate':
      case 'suspend':
        if (record.routed) this.#routed(record.routed, sequence);
        return;
      default:
        return;
    }
  }

  /** Instances of an orchestration, by its name. */
  of(orchestration: string): [string, Tracked][] {
    return [...this.instances].filter(([, { service }]) => service.split('@')[0] === orchestration);
  }

  #routed(message: RoutedMessage, sequence: number): void {
    if (this.#published.has(message.id)) this.twice.push({ sequence, detail: `message ${message.id} was published twice` });
    this.#published.add(message.id);
    for (const route of message.to) {
      this.#entries.set(route.entry, route.instance);
      if (!('service' in route)) continue;
      if (this.instances.has(route.instance)) this.twice.push({ sequence, detail: `instance ${route.instance} was created twice` });
      const key = this.#keyOf(message.properties);
      this.instances.set(route.instance, { service: route.service, key, version: 0, lost: undefined, ended: undefined });
    }
  }

  #committed(record: CommitRecord, sequence: number): void {
    const twice = (detail: string): void => void this.twice.push({ sequence, detail });
    const instance = this.instances.get(record.instance);
    for (const message of record.published ?? []) this.#routed(message, sequence);
    for (const entry of record.consumed ?? []) {
      if (this.#entries.get(entry) !== record.instance) twice(`entry ${entry} was consumed twice, or never delivered`);
      this.#entries.delete(entry);
    }
    if (!instance) return;
    if (record.version !== instance.version + 1) twice(`${record.id} follows version ${String(instance.version)}`);
    if (instance.ended) twice(`${record.id} after the instance had ended`);
    if (instance.lost && isTakeover(instance.lost.hostInstance, record.hostInstance)) {
      const { hostInstance: from, at: lostAt } = instance.lost;
      this.resumptions.push({
        instance: record.instance,
        from,
        to: record.hostInstance,
        version: instance.version,
        lostAt,
        resumedAt: record.at,
      });
    }
    instance.lost = undefined;
    instance.version = record.version;
    const conclusion = conclusionOf(record);
    if (conclusion === 'terminated') instance.ended = 'terminated';
    else if (conclusion === 'completed') instance.ended = 'completed';
  }
}
