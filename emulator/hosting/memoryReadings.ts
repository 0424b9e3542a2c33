/** Where the memory criteria of section 8 (docs/behaviour.md) come from: the group file, and what Node can say of the memory in use. */
import { totalmem } from 'node:os';
import type { HostSettings } from '../cluster/clusterFile.ts';
import type { ProfileTimes } from '../cluster/profiles.ts';
import type { DehydrationSettings, MemoryCriterion } from './dehydration.ts';

/** Memory in use now. */
export interface MemoryReadings {
  /** MB */
  virtual(): number;
  /** MB */
  private(): number;
  /** Percent of the machine's, or of what a container may have. */
  physical(): number;
}

const MB = 1024 * 1024;

/**
 * A process of ours starts above the product's "optimal", and reserves more addresses than any machine has: only what the work adds counts,
 * what the heap has taken from the system (virtual) and what of it is in use (private), each with what lies outside of it.
 */
export const nodeMemory: MemoryReadings = {
  virtual: () => {
    const { heapTotal, external } = process.memoryUsage();
    return (heapTotal + external) / MB;
  },
  private: () => {
    const { heapUsed, external } = process.memoryUsage();
    return (heapUsed + external) / MB;
  },
  // Where nothing limits the process Node says 0, or more than there is.
  physical: () => 100 * (1 - process.availableMemory() / Math.min(totalmem(), process.constrainedMemory() || Infinity)),
};

/** The host's own settings, else those of the profile. */
export function dehydrationOf(
  { behavior, minThresholdMs, maxThresholdMs, memory }: HostSettings['dehydration'],
  times: ProfileTimes,
  readings = nodeMemory,
): DehydrationSettings {
  const { virtual, private: own, physical } = memory;
  const criteria: readonly (MemoryCriterion & { readonly active: boolean })[] = [
    {
      active: virtual.active,
      optimal: virtual.optimalMb,
      maximal: virtual.maximalMb,
      usage: () => virtual.readingMb ?? readings.virtual(),
    },
    { active: own.active, optimal: own.optimalMb, maximal: own.maximalMb, usage: () => own.readingMb ?? readings.private() },
    {
      ...{ active: physical.active, optimal: physical.optimalPercent, maximal: physical.maximalPercent },
      usage: () => physical.readingPercent ?? readings.physical(),
    },
  ];
  return {
    behavior,
    minThresholdMs: minThresholdMs ?? times.dehydrateMinMs,
    maxThresholdMs: maxThresholdMs ?? times.dehydrateMaxMs,
    memory: criteria.filter(({ active }) => active),
  };
}
