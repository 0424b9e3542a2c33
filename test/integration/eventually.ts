import { setTimeout as wait } from 'node:timers/promises';

/**
 * Repeats a check until it passes. What the API mirrors from the user interface arrives a round trip after the promise of the call.
 * @throws what the check threw last, after the deadline (ms)
 */
export async function eventually<T>(check: () => T | Promise<T>, deadlineMs = 10_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > end) throw error;
      await wait(50);
    }
  }
}
