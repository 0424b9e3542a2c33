/** Draws a component again and again because of the time left to something, but only while it can be seen and something is due. */
import type { LitElement } from 'lit';
import { REST } from './pace.ts';
import { WhileSeen } from './whileSeen.ts';

/** Between two looks at the clock (ms). */
const TICK = 250;

/** @param isDue asked at each look */
export function tick(host: LitElement, isDue: () => boolean): void {
  let took = 0;
  const turn = async (): Promise<boolean> => {
    if (!isDue()) return true;
    const began = performance.now();
    host.requestUpdate();
    await host.updateComplete;
    took = performance.now() - began;
    return true;
  };
  new WhileSeen(host, { every: () => Math.max(TICK, REST * took), afterFailure: TICK, turn });
}
