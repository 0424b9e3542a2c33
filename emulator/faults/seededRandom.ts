/** Numbers that look random and come again with the same seed (the mulberry32 generator). */
export interface SeededRandom {
  /** 0 <= value < 1. */
  next(): number;
  /** 0 <= value < `below`, whole. */
  below(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { next, below: (below) => Math.floor(next() * below), chance: (probability) => next() < probability };
}
