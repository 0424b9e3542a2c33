/** Declaring message types and ports. */
import type { FieldLocation, FieldValue } from '../orchestration/message.ts';
import { markSource } from '../orchestration/source.ts';
import { callerOf } from './caller.ts';

/** Where a field is: a path (its value is text then), or a path and a type. */
export type FieldOption = string | FieldLocation;
type FieldOptions = Readonly<Record<string, FieldOption>>;
type Located<F> = F extends FieldOptions
  ? { readonly [K in keyof F]: F[K] extends FieldLocation ? F[K] : { readonly path: string; readonly type: 'string' } }
  : never;

interface MessageTypeOptions {
  /** `namespace#root` for XML, any name for JSON; '' takes any message. */
  readonly name: string;
  readonly format: 'xml' | 'json';
  /** Prefixes for the XPath expressions. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Routable values: XPath 1.0 for XML, JSON pointer for JSON. */
  readonly promoted?: FieldOptions;
  /** Values that only expressions read. */
  readonly distinguished?: FieldOptions;
  /**
   * JSON only: the top-level members that every body has, by which it is told from other types. Without it those that fields are in, of which
   * a body may lack some.
   */
  readonly members?: readonly string[];
}

// A type without fields has no names to offer, which only the empty object says.
// eslint-disable-next-line @typescript-eslint/no-generated-empty-object-type
type Fields<O, K extends 'promoted' | 'distinguished'> = O extends Record<K, infer F> ? Located<F> : Readonly<Record<never, FieldLocation>>;

/** A message type that knows the names and types of its fields. */
export interface DeclaredMessageType<O extends MessageTypeOptions> {
  readonly name: O['name'];
  readonly format: O['format'];
  readonly namespaces: Readonly<Record<string, string>>;
  readonly promoted: Fields<O, 'promoted'>;
  readonly distinguished: Fields<O, 'distinguished'>;
  readonly members?: readonly string[];
}

/**
 * Declares a message type ("schema").
 *
 * @throws TypeError for `members` that are no names, or of a type in XML
 */
export function messageType<const O extends MessageTypeOptions>(options: O): DeclaredMessageType<O> {
  checkMembers(options);
  const type = {
    name: options.name,
    format: options.format,
    namespaces: options.namespaces ?? {},
    promoted: locate(options.promoted),
    distinguished: locate(options.distinguished),
    ...(options.members && { members: options.members }),
  };
  return markSource(type, callerOf(messageType)) as unknown as DeclaredMessageType<O>;
}

function checkMembers({ name, format, members }: MessageTypeOptions): void {
  if (members === undefined) return;
  const names: unknown = members;
  if (format !== 'json') throw new TypeError(`Message type "${name}" is in XML and recognised by its root: it has no members.`);
  if (!Array.isArray(names) || names.length === 0 || !names.every((member) => typeof member === 'string'))
    throw new TypeError(`The members of message type "${name}" have to be a list of names.`);
}

function locate(fields: FieldOptions = {}): Record<string, FieldLocation> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, typeof field === 'string' ? { path: field, type: 'string' } : field]),
  );
}

/** A field that holds a number: in code a number of JavaScript, which is exact up to 15 digits. */
export function number<const P extends string>(path: P): { readonly path: P; readonly type: 'number' } {
  return { path, type: 'number' };
}

/** A field that holds a decimal number: 28 digits, as .NET has them. */
export function decimal<const P extends string>(path: P): { readonly path: P; readonly type: 'decimal' } {
  return { path, type: 'decimal' };
}

/** A field that holds true or false. */
export function flag<const P extends string>(path: P): { readonly path: P; readonly type: 'boolean' } {
  return { path, type: 'boolean' };
}

/** A port that messages come in through. */
export function receivePort(): { readonly direction: 'receive'; readonly twoWay: false } {
  return { direction: 'receive', twoWay: false };
}

interface TwoWayOptions {
  /**
   * Names of messages the port may answer with instead of its response. Who receives one gets an exception of that message's type; its handler
   * has the message.
   */
  readonly faults?: readonly string[];
}

/** A request-response port: requests come in, each response, or fault, is sent through the same port. */
export function requestResponsePort(options: TwoWayOptions = {}): TwoWayOptions & { readonly direction: 'receive'; readonly twoWay: true } {
  return { direction: 'receive', twoWay: true, ...options };
}

/** A solicit-response port: requests go out, the response to each is received from the same port. */
export function solicitResponsePort(options: TwoWayOptions = {}): TwoWayOptions & { readonly direction: 'send'; readonly twoWay: true } {
  return { direction: 'send', twoWay: true, ...options };
}

/** A port for answers: it is given to orchestrations that are started, which send through it to the very instance that started them. */
export function selfCorrelatingPort(): { readonly direction: 'receive'; readonly twoWay: false; readonly selfCorrelating: true } {
  return { direction: 'receive', twoWay: false, selfCorrelating: true };
}

interface SendOptions {
  /**
   * The scope around a Send ends only when the message has left the bound send port, else the orchestration. When the port has tried in vain, that
   * scope gets a `DeliveryFailureException`. Not for direct and dynamic ports.
   */
  readonly deliveryNotification?: boolean;
}

/** A port that messages go out through. */
export function sendPort(options: SendOptions = {}): SendOptions & { readonly direction: 'send'; readonly twoWay: false } {
  return { direction: 'send', twoWay: false, ...options };
}

/** XML text; inserted values are escaped. */
export function xml(parts: TemplateStringsArray, ...values: readonly FieldValue[]): string {
  return parts.reduce((text, part, index) => text + escapeXml(String(values[index - 1] ?? '')) + part);
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
