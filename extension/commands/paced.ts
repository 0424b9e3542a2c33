/** What pacing needs from outside. */
export interface PacedPorts {
  /** Monotonic, ms. */
  now(): number;
  wait(ms: number): Promise<void>;
  /** Asked before each turn; what was sent stays sent. */
  over(): boolean;
  send(count: number): Promise<unknown>;
  sent(total: number): void;
}

const TURN_MS = 100;

/**
 * Sends that many copies evenly over time and gives the number that was sent. A slow receiver is not hurried afterwards by more than the
 * copies of one second. Throws what `send` throws.
 */
export async function sendPaced(count: number, perSecond: number, ports: PacedPorts): Promise<number> {
  const started = ports.now();
  let sent = 0;
  while (sent < count && !ports.over()) {
    const due = 1 + Math.floor(((ports.now() - started) * perSecond) / 1000);
    const turn = Math.min(due - sent, perSecond, count - sent);
    if (turn > 0) {
      await ports.send(turn);
      sent += turn;
      ports.sent(sent);
    }
    if (sent < count) await ports.wait(TURN_MS);
  }
  return sent;
}
