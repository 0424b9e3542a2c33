import type { Decimal } from './decimal.ts';

/**
 * A message as the MessageBox routes it: immutable once published, one stored copy for all subscribers
 * (docs/behaviour.md, section 4.2).
 */
export interface Message {
  /** Unique in the group. A published message's id is instance/version/index, so a retried commit publishes the same id. */
  readonly id: string;
  /** `namespace#root` for XML, the declared name for JSON, '' for an untyped message. */
  readonly type: string;
  /** The text of the body part. Of a large one it is made when it is asked for, and costs what a text of that size costs. */
  readonly body: string;
  /** Set when the MessageBox has the body under this name: whoever sends it on need not bring it. */
  readonly bodyHash?: string;
  /** Promoted context properties: the values subscriptions are matched with. */
  readonly properties: Properties;
}

export type Properties = Readonly<Record<string, PropertyValue>>;
/** Made, compared and shown by `propertyValue.ts`: a number that a double would change is a text behind a mark. */
export type PropertyValue = string | number | boolean;
/** What code reads of a field of a body. */
export type FieldValue = string | number | boolean | Decimal;

/** Names the port by which two partners meet, of which one sends to the other (docs/behaviour.md, section 10). */
export const PARTNER_PORT = 'ScaledOutHosts.PartnerPort';

/** Context property names the product itself uses; names follow the real BTS property schema. */
export const BTS = {
  messageType: 'BTS.MessageType',
  receivePort: 'BTS.ReceivePortName',
  sendPort: 'BTS.SPName',
  operation: 'BTS.Operation',
  /** Routes a response to whoever waits for it: a two-way receive location, or the port of an orchestration. */
  correlationToken: 'BTS.CorrelationToken',
  /** The response is a fault message. */
  isFault: 'BTS.IsFault',
  /** Address of a dynamic send port. */
  outboundAddress: 'BTS.OutboundTransportLocation',
  inboundAddress: 'BTS.InboundTransportLocation',
  /** Whoever sends the message publishes what became of it. */
  ackRequired: 'BTS.AckRequired',
  /** 'ACK' or 'NACK': the message is an acknowledgement. */
  ackType: 'BTS.AckType',
  /** Id of the message that it acknowledges. */
  ackId: 'BTS.AckID',
  /** Id of the instance that sent that one. */
  ackOwner: 'BTS.AckOwnerID',
  ackSendPort: 'BTS.AckSendPortName',
  ackFailureCode: 'BTS.AckFailureCode',
  ackDescription: 'BTS.AckDescription',
  receivedFileName: 'FILE.ReceivedFileName',
} as const;

/** Where a promoted property or distinguished field is found in a body: XPath 1.0 for XML, JSON pointer for JSON. */
export interface FieldLocation {
  readonly path: string;
  readonly type: 'string' | 'number' | 'decimal' | 'boolean';
}

/** The declared type ("schema") of a message. */
export interface MessageType {
  /** `namespace#root` or the JSON message's name. */
  readonly name: string;
  readonly format: 'xml' | 'json';
  /** Prefixes usable in the XPath expressions below. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Routable values, kept in the message context. */
  readonly promoted: Readonly<Record<string, FieldLocation>>;
  /** Values expressions may read; not routable. */
  readonly distinguished: Readonly<Record<string, FieldLocation>>;
  /** JSON only: top-level members that every body has and by which it is recognised; without it, those its fields are in. */
  readonly members?: readonly string[];
}
