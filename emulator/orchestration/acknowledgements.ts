/**
 * Positive and negative acknowledgements: what a send port publishes of a message that asks for one (docs/behaviour.md, sections 14 and 16).
 * They are for whoever subscribes; when nobody does there is none.
 */
import { BTS, type Message, type Properties } from './message.ts';

/** What is published about a message. */
export interface Acknowledgement {
  readonly type: string;
  readonly properties: Properties;
  readonly body: string;
}

/** The type of a negative acknowledgement; a positive one has none, and no body. */
const FAULT_TYPE = 'http://schemas.xmlsoap.org/soap/envelope/#Envelope';

/** True when somebody wants to know what becomes of a message. */
export function wantsAcknowledgement({ properties }: Pick<Message, 'properties'>): boolean {
  return properties[BTS.ackRequired] === true;
}

/** True for a message that is an acknowledgement. */
export function isAcknowledgement({ properties }: Pick<Message, 'properties'>): boolean {
  return properties[BTS.ackType] !== undefined;
}

/**
 * What is published of a message that was sent, or could not be.
 *
 * @param port name of the send port
 * @param failure why it was not sent
 */
export function acknowledge(
  { id, properties: { [BTS.correlationToken]: token, [BTS.ackOwner]: owner } }: Pick<Message, 'id' | 'properties'>,
  port: string,
  failure?: { readonly code: string; readonly message: string },
): Acknowledgement {
  const properties = {
    [BTS.ackType]: failure ? 'NACK' : 'ACK',
    [BTS.ackId]: id,
    [BTS.ackSendPort]: port,
    ...(owner !== undefined && { [BTS.ackOwner]: owner }),
    ...(token !== undefined && { [BTS.correlationToken]: token }),
    ...(failure && { [BTS.ackFailureCode]: failure.code, [BTS.ackDescription]: failure.message }),
  };
  return failure ? { type: FAULT_TYPE, properties, body: faultOf(failure.message) } : { type: '', properties, body: '' };
}

/** SOAP 1.1, as the product's. */
function faultOf(reason: string): string {
  const text = reason.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? character);
  return `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault><faultcode>s:Server</faultcode><faultstring>${text}</faultstring></s:Fault></s:Body></s:Envelope>`;
}
