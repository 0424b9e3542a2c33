/**
 * Delivery notification (docs/behaviour.md, section 14): a Send through such a port goes on at once, and the nearest scope around it that is in
 * no atomic one, else the orchestration, ends only when it is known that the message has left. When it could not, that scope gets a
 * DeliveryFailureException.
 */
import { isAcknowledgement } from '../orchestration/acknowledgements.ts';
import { BTS, type Message, type Properties } from '../orchestration/message.ts';
import { textProperty } from '../orchestration/propertyValue.ts';
import { timesOf } from './answers.ts';
import { Raised } from './code.ts';
import type { Instance } from './instance.ts';
import { ORCHESTRATION, type Around, type InstructionOf, type Scope } from './instruction.ts';
import { instructionAt } from './places.ts';
import type { Delivery, EngineState } from './state.ts';

/** Id of the subscription to acknowledgements of everything that an instance sends. */
export const DELIVERIES = 'deliveries';

/** What is sent now has to be acknowledged. @returns the properties by which that is known */
export function expectDelivery(instance: Instance, { place, around }: InstructionOf<'send'>): Properties {
  const { state, id, pending } = instance;
  if (state.deliveries === undefined) {
    const filter = [
      [
        { property: BTS.ackOwner, operator: '==', value: textProperty(id) },
        { property: BTS.ackType, operator: 'exists' },
      ],
    ] as const;
    pending.subscribe.push({ id: DELIVERIES, filter });
  }
  const { sent, awaited } = state.deliveries ?? { sent: 0, awaited: [] };
  const number = sent + 1;
  state.deliveries = { sent: number, awaited: [...awaited, { number, shape: place, scope: scopeFor(around) }] };
  return { [BTS.ackRequired]: true, [BTS.ackOwner]: id, [BTS.correlationToken]: `${id}#${DELIVERIES}.${String(number)}` };
}

/** In an atomic scope nothing is published before its end, so what is around it waits. */
function scopeFor({ scopes }: Around): number {
  const atomic = scopes.findLastIndex(({ transaction }) => transaction === 'atomic');
  return scopes[atomic + 1]?.number ?? ORCHESTRATION;
}

/** Takes note of the acknowledgements that have come, so that they do not pile up while a loop sends. */
export function noteDeliveries(instance: Instance): void {
  for (let entry; (entry = instance.inbox.take(DELIVERIES));) {
    instance.changed = true;
    instance.pending.consumed.push(entry.id);
    note(instance.state, entry.message);
  }
}

/** What was sent again by hand may be acknowledged after all. */
function note(state: EngineState, message: Message): void {
  const { deliveries } = state;
  const number = timesOf(message.properties[BTS.correlationToken]);
  if (!deliveries || !isAcknowledgement(message)) return;
  const failure = message.properties[BTS.ackType] === 'ACK' ? undefined : String(message.properties[BTS.ackDescription] ?? '');
  const awaited = deliveries.awaited.flatMap((one): Delivery[] =>
    one.number !== number ? [one] : failure === undefined ? [] : [{ ...one, failure }],
  );
  state.deliveries = { ...deliveries, awaited };
}

/** Something that was sent in a scope, or in the orchestration, may be on its way. */
export function awaitsDeliveries({ state: { deliveries } }: Instance, scope: Scope | undefined): boolean {
  return deliveries !== undefined && deliveries.awaited.some((one) => one.scope === (scope?.number ?? ORCHESTRATION));
}

/** The body of a scope, or the orchestration, has ended. @returns false while something that was sent in it is on its way. @throws Raised */
export function areDelivered(instance: Instance, { scope }: InstructionOf<'awaitDeliveries'>): boolean {
  noteDeliveries(instance);
  const own = (instance.state.deliveries?.awaited ?? []).filter((one) => one.scope === (scope?.number ?? ORCHESTRATION));
  const failed = own.find(({ failure }) => failure !== undefined);
  if (failed) {
    const name = instructionAt(instance, failed.shape).shape?.name ?? '';
    const message = `The message of Send "${name}" was not delivered: ${failed.failure ?? ''}`;
    throw new Raised({ type: 'DeliveryFailureException', message, bases: ['XLANGsException'], from: name });
  }
  return own.length === 0;
}

/** An exception has ended what would have waited for them. */
export function forgetDeliveries({ state }: Instance, isEnded: (scope: number) => boolean): void {
  const { deliveries } = state;
  if (deliveries) state.deliveries = { ...deliveries, awaited: deliveries.awaited.filter(({ scope }) => !isEnded(scope)) };
}
