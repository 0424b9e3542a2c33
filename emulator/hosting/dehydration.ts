/**
 * When a blocked orchestration leaves memory: the product's formula (docs/behaviour.md, section 8). A receive without history has no
 * estimate, and only the time it has been blocked counts.
 */

export interface DehydrationSettings {
  readonly behavior: 'always' | 'never' | 'custom';
  readonly minThresholdMs: number;
  readonly maxThresholdMs: number;
  /** Those that are active. */
  readonly memory: readonly MemoryCriterion[];
}

/** A kind of memory; below `optimal` there is no pressure, above `maximal` all of it. Its three numbers have one unit. */
export interface MemoryCriterion {
  readonly optimal: number;
  readonly maximal: number;
  /** How much of it is in use now. */
  usage(): number;
}

/** 1 = no memory pressure, 0 = full pressure: the least of all criteria. */
export function memoryFactor(criteria: readonly MemoryCriterion[]): number {
  return criteria.reduce((least, criterion) => Math.min(least, alpha(criterion.usage(), criterion)), 1);
}

function alpha(usage: number, { optimal, maximal }: MemoryCriterion): number {
  if (usage < optimal) return 1;
  if (usage > maximal) return 0;
  return (maximal - usage) / (maximal - optimal);
}

/** How long an idle time may be, in ms. */
export function thresholdOf({ minThresholdMs, maxThresholdMs, memory }: DehydrationSettings): number {
  return minThresholdMs + memoryFactor(memory) * (maxThresholdMs - minThresholdMs);
}

/** An instance may have been blocked for so many thresholds, whatever was expected of it. */
const BLOCKED_FACTOR = 2;

/** The time after which a blocked instance leaves, in ms since it was blocked. */
export function longestStay(thresholdMs: number): number {
  return BLOCKED_FACTOR * thresholdMs;
}

/**
 * True when a blocked instance leaves memory.
 *
 * @param estimatedIdleMs the remaining time of a wait on time, the average of the last waits of a receive; `undefined` without history
 */
export function leavesMemory(thresholdMs: number, blockedMs: number, estimatedIdleMs: number | undefined): boolean {
  return (estimatedIdleMs !== undefined && estimatedIdleMs > thresholdMs) || blockedMs >= longestStay(thresholdMs);
}
