/**
 * Ports that correlate by themselves (docs/behaviour.md, sections 10 and 11): a token goes out with the request, or with the port when it is
 * given to who is started, and comes back with what the Receives of the port get. Who declares a port keeps its token.
 */
import type { PropertyValue } from '../orchestration/message.ts';
import { isAnswered } from '../orchestration/ports.ts';
import { answerFilter } from '../orchestration/subscriptions.ts';
import { answerSubscription, timesOf, tokenOf } from './answers.ts';
import type { Instance } from './instance.ts';
import type { Answer, Frame, PortOfFrame } from './instruction.ts';
import type { FrameState } from './state.ts';

/** What a message carries that is sent through a port. */
export function tokenToSend(instance: Instance, port: PortOfFrame): PropertyValue | undefined {
  const { direction, twoWay } = port.declaration;
  if (!twoWay) return direction === 'send' ? tokenOf(instance.state, port) : undefined;
  return direction === 'send' ? newToken(instance, port) : takeToken(instance, port);
}

/** From now on the Receives of the port wait for what carries this token. */
export function keepToken(instance: Instance, port: PortOfFrame, token: PropertyValue): void {
  const owner = instance.state.frames.get(port.frame);
  // Another object, because the one of before may be needed again (refusal.ts).
  if (owner) owner.tokens = { ...owner.tokens, [port.port]: token };
  for (const { first } of answersOf(instance, port)) instance.waiting.wake(first);
}

/** The token of the request that a port answers, once. */
function takeToken(instance: Instance, port: PortOfFrame): PropertyValue | undefined {
  const token = tokenOf(instance.state, port);
  const owner = instance.state.frames.get(port.frame);
  if (token === undefined || owner === undefined) return undefined;
  owner.tokens = Object.fromEntries(Object.entries(owner.tokens).filter(([name]) => name !== port.port));
  return token;
}

/**
 * A token that nothing had before, the same when the instance runs again from the same state. What carries it comes to the Receives of the
 * port from the next commit on, and what carries the one before does not any more.
 */
export function newToken(instance: Instance, port: PortOfFrame): PropertyValue {
  const activation = instance.state.frames.get(port.frame)?.activation ?? 0;
  unsubscribeAnswers(instance, port);
  const token = `${instance.id}#${port.port}.${String(activation)}.${String(timesOf(tokenOf(instance.state, port)) + 1)}`;
  keepToken(instance, port, token);
  for (const answer of answersOf(instance, port))
    instance.pending.subscribe.push({
      id: answerSubscription(instance.state, answer),
      filter: answerFilter(answer.type, answer.faults, token),
    });
  return token;
}

/** Nothing comes any more to what a frame's own ports wait for. */
export function unsubscribePorts(instance: Instance, frame: Frame): void {
  for (const port of frame.ports.values()) if (port.frame === frame.number) unsubscribeAnswers(instance, port);
}

/** What a frame knows that begins again: it waits for no answers. */
export function withoutAnswers({ ports }: Frame, then: FrameState): FrameState {
  const kept = Object.entries(then.tokens).filter(([name]) => !isAnswered(ports.get(name)?.declaration));
  return { ...then, tokens: Object.fromEntries(kept) };
}

function unsubscribeAnswers(instance: Instance, port: PortOfFrame): void {
  if (tokenOf(instance.state, port) === undefined) return;
  for (const answer of answersOf(instance, port)) instance.pending.unsubscribe.push(answerSubscription(instance.state, answer));
}

function answersOf({ program }: Instance, { frame, port }: PortOfFrame): Answer[] {
  return [...new Set(program.answers.values())].filter((answer) => answer.port.frame === frame && answer.port.port === port);
}
