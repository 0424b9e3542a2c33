/**
 * What a scope declares for itself stands with what its orchestration knows, because names are unique there. It exists from where the scope is
 * entered to where it is left, by whatever way, and again for its compensation (docs/behaviour.md, section 9.1).
 */
import type { Instance } from './instance.ts';
import type { Scope } from './instruction.ts';
import { newFrameState, type FrameState } from './state.ts';

/** What is the scope's own does not exist any more, and nothing comes to Receives that follow its sets. */
export function forget(instance: Instance, { number, frame, variables, messages, correlationSets }: Scope): void {
  const { frames } = instance.state;
  const known = frames.get(frame.number);
  if (known === undefined) return;
  for (const name of variables) Reflect.deleteProperty(known.variables, name);
  for (const name of messages) known.messages.delete(name);
  if (correlationSets.length === 0) return;
  instance.unsubscribe(frame, undefined, correlationSets);
  frames.delete(number);
  // Another object, because the one of before may be needed again (refusal.ts).
  known.correlation = Object.fromEntries(Object.entries(known.correlation).filter(([set]) => !correlationSets.includes(set)));
}

/** Messages and sets of a scope that commits, for its compensation; `undefined` when it has none. */
export function ownMessages(instance: Instance, { frame, compensation, messages, correlationSets }: Scope): FrameState | undefined {
  if (compensation === undefined || messages.length + correlationSets.length === 0) return undefined;
  const known = instance.known(frame);
  const own = newFrameState(0, {});
  for (const name of messages) {
    const message = known.messages.get(name);
    if (message) own.messages.set(name, message);
  }
  for (const set of correlationSets) {
    const values = Object.hasOwn(known.correlation, set) ? known.correlation[set] : undefined;
    if (values) own.correlation[set] = values;
  }
  return own;
}

/** A scope is compensated: they are as they were when it committed, and its subscriptions are new ones. */
export function recallMessages(instance: Instance, { frame }: Scope, { messages, correlation }: FrameState): void {
  const known = instance.known(frame);
  for (const [name, message] of messages) known.messages.set(name, message);
  for (const [set, values] of Object.entries(correlation)) instance.correlate(frame, set, values);
  instance.subscribeFollowers(frame, Object.keys(correlation));
}
