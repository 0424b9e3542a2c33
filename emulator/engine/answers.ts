/** The tokens of ports that correlate by themselves, as a state has them, and what their Receives subscribe with. */
import type { PropertyValue } from '../orchestration/message.ts';
import type { Answer, PortOfFrame } from './instruction.ts';
import type { EngineState } from './state.ts';

/** The token that a port was given, or has itself. */
export function tokenOf({ frames }: EngineState, { frame, port }: PortOfFrame): PropertyValue | undefined {
  const tokens = frames.get(frame)?.tokens ?? {};
  return Object.hasOwn(tokens, port) ? tokens[port] : undefined;
}

/** The n-th token of a port ends with n. */
export function timesOf(token: PropertyValue | undefined): number {
  return token === undefined ? 0 : Number(/\d+$/.exec(String(token))?.[0] ?? 0);
}

/** Id of the subscription of Receives: the first of them, which of the calls the port is of, and which of its tokens. */
export function answerSubscription(state: EngineState, { first, port }: Answer): string {
  const activation = state.frames.get(port.frame)?.activation ?? 0;
  return `${String(first)}.${String(activation)}.${String(timesOf(tokenOf(state, port)))}`;
}
