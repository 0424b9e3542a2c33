/**
 * Which version of a service takes activations, and which the live host instances have. Worked out per service, never per instance, from
 * what is enlisted and from what the sessions announced.
 */
import type { Service } from '../protocol/frames.ts';
import { enlistedAs, type MessageBoxState } from './state.ts';

/** The version in the id of an orchestration. */
export function versionIn(service: string): string {
  return service.slice(service.indexOf('@') + 1);
}

export class Versions {
  readonly #state: Pick<MessageBoxState, 'services' | 'enlisted'>;
  /** Live sessions that can run a service, by its id. */
  readonly #known = new Map<string, number>();
  /** Of those, the ones with any version of a name, by `enlistedAs`. */
  readonly #named = new Map<string, number>();
  /** Told when a session came or went. */
  readonly #changed: () => void;

  constructor(state: Pick<MessageBoxState, 'services' | 'enlisted'>, changed: () => void) {
    this.#state = state;
    this.#changed = changed;
  }

  /** A session that can run these began; what it announced is enlisted already. */
  came(services: ReadonlySet<string>): void {
    this.#count(services, 1);
  }

  /** It ended. */
  went(services: ReadonlySet<string>): void {
    this.#count(services, -1);
  }

  /** The version that takes the activations of the name of this one, which may be itself; `undefined` when the name is not enlisted. */
  current(id: string): Service | undefined {
    const service = this.#state.services.get(id);
    const enlisted = service && this.#state.enlisted.get(enlistedAs(service));
    return enlisted === undefined ? undefined : this.#state.services.get(enlisted);
  }

  /**
   * True when nobody has this version although its host runs: the host instances that are there have another one, or the group file does
   * not have the service any more. While no host instance with any version is there, the version is not what is missing.
   */
  isAway(id: string): boolean {
    const service = this.#state.services.get(id);
    if (!service || service.kind === 'receiveLocation' || (this.#known.get(id) ?? 0) > 0) return false;
    const name = enlistedAs(service);
    return !this.#state.enlisted.has(name) || (this.#named.get(name) ?? 0) > 0;
  }

  #count(services: ReadonlySet<string>, by: 1 | -1): void {
    for (const id of services) {
      this.#known.set(id, (this.#known.get(id) ?? 0) + by);
      const service = this.#state.services.get(id);
      if (service) this.#named.set(enlistedAs(service), (this.#named.get(enlistedAs(service)) ?? 0) + by);
    }
    this.#changed();
  }
}
