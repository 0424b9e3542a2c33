/**
 * Time as a port: the same code runs on the machine's clock and on a simulated one. Only `main.ts` files put a real one in.
 */

/** Ends what was planned; afterwards, and a second time, it does nothing. */
export type Cancel = () => void;

export interface Clock {
  /** ms; only differences count, and it never goes back. */
  monotonic(): number;
  /** UTC ms, as the machine says: may jump both ways. */
  wall(): number;
  /** Once, `ms` from now; a day is as good as a second. */
  after(ms: number, run: () => void): Cancel;
  /** Again and again, the first time `ms` from now. */
  every(ms: number, run: () => void): Cancel;
  /** When what arrived in this turn of the event loop has been handled. */
  soon(run: () => void): Cancel;
}

/** For who only asks what time it is. */
export type TimeSource = Pick<Clock, 'monotonic' | 'wall'>;

/** For who has nothing to do until then. */
export function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}

/** Node's timers wrap around beyond this: a longer time is waited for in parts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export const nodeClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after: (ms, run) => {
    let timer: NodeJS.Timeout;
    const wait = (left: number): void => {
      timer = setTimeout(
        () => {
          if (left > LONGEST_TIMER_MS) wait(left - LONGEST_TIMER_MS);
          else run();
        },
        Math.min(Math.max(0, left), LONGEST_TIMER_MS),
      );
    };
    wait(ms);
    return () => {
      clearTimeout(timer);
    };
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return () => {
      clearInterval(timer);
    };
  },
  soon: (run) => {
    const immediate = setImmediate(run);
    return () => {
      clearImmediate(immediate);
    };
  },
};
