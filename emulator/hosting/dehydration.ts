/**
 * When a blocked orchestration leaves memory: the product's formula (docs/behaviour.md, section 8). History is kept per subscription and
 * host instance, as there; a receive without history has no estimate, and only the time it has been blocked counts.
 */

export interface DehydrationSettings {
  readonly behavior: 'always' | 'never' | 'custom';
  readonly minThresholdMs: number;
  readonly maxThresholdMs: number;
}

/** One memory criterion; below `optimal` there is no pressure, above `maximal` all of it. Same unit for all three. */
export interface MemoryReading {
  readonly usage: number;
  readonly optimal: number;
  readonly maximal: number;
}

/** 1 = no memory pressure, 0 = full pressure: the least of all criteria. */
export function memoryFactor(readings: readonly MemoryReading[]): number {
  return readings.reduce((least, { usage, optimal, maximal }) => Math.min(least, alpha(usage, optimal, maximal)), 1);
}

function alpha(usage: number, optimal: number, maximal: number): number {
  if (usage < optimal) return 1;
  if (usage > maximal) return 0;
  return (maximal - usage) / (maximal - optimal);
}

const WAITS_REMEMBERED = 10;

/** Average of the last waits of each subscription, in ms. */
export class WaitHistory {
  readonly #waits = new Map<string, number[]>();

  note(subscription: string, waitedMs: number): void {
    const waits = this.#waits.get(subscription) ?? [];
    waits.push(waitedMs);
    if (waits.length > WAITS_REMEMBERED) waits.shift();
    this.#waits.set(subscription, waits);
  }

  estimate(subscription: string): number | undefined {
    const waits = this.#waits.get(subscription);
    return waits && waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
  }
}

/**
 * How long a blocked instance may stay in memory from now, in ms; 0 = dehydrate at once, `undefined` = never.
 *
 * @param estimatedIdleMs the remaining time of a wait on time, the historic average of a receive; `undefined` without history
 */
export function staysInMemoryFor(settings: DehydrationSettings, factor: number, estimatedIdleMs: number | undefined): number | undefined {
  if (settings.behavior === 'always') return 0;
  if (settings.behavior === 'never') return undefined;
  const threshold = settings.minThresholdMs + factor * (settings.maxThresholdMs - settings.minThresholdMs);
  return estimatedIdleMs !== undefined && estimatedIdleMs > threshold ? 0 : 2 * threshold;
}
