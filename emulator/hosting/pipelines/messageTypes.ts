/**
 * The message types of the group: which fields are promoted, and what a received body is. Everything here is deterministic, so it is
 * also what the engine reads messages with.
 */
import type { InstanceError } from '../../engine/door.ts';
import { SohError, messageOf, toWire } from '../../errors.ts';
import type { NewMessage } from '../../messagebox/protocol/frames.ts';
import {
  BTS,
  type FieldLocation,
  type FieldValue,
  type MessageType,
  type Properties,
  type PropertyValue,
} from '../../orchestration/message.ts';
import { isReservedName } from '../../orchestration/propertyValue.ts';
import { type BodyLimits, DEFAULT_LIMITS } from './bodyLimits.ts';
import { ENCODING, formatOf } from './decode.ts';
import { decode } from './encodings.ts';
import { toFieldValue, toProperty, type Found } from './fieldValue.ts';
import { compileJsonPath, findJson, parseJson, type JsonPath } from './json.ts';
import { MESSAGE_STEPS, PathSteps, type StepLimit } from './pathSteps.ts';
import { positionOf } from './position.ts';
import { type DeclaredMessageType, otherThan, Recognition } from './recognition.ts';
import { parseXml, xmlMessageType } from './xml.ts';
import { compileXmlPath, type XmlPath } from './xmlPath.ts';

/** What the receive location knows about a body before it is read. */
export interface BodyHint {
  /** Type of a JSON body, instead of recognising it. */
  readonly type?: string;
  /** Encoding of the body, as the transport said it. */
  readonly charset?: string;
  /** Context properties of the transport and the receive port. */
  readonly properties?: Properties;
}

/** A received body made a message. A malformed one is untyped, carries nothing promoted and is kept as suspended. */
export interface Disassembled {
  readonly message: NewMessage & { readonly body: string };
  readonly malformed?: InstanceError;
}

/** Longest reason of a malformed message, in characters; what is wrong with it may quote it. */
const MAX_REASON = 400;
/** A root with a longer name is no message type: that would be in every frame, record and list of its message. Such a message is untyped. */
const MAX_TYPE = 2048;

type CompiledPath = { readonly format: 'xml'; readonly find: XmlPath } | { readonly format: 'json'; readonly find: JsonPath };

export class MessageTypes {
  /** How much a body may hold. */
  readonly limits: BodyLimits;
  readonly #types: ReadonlyMap<string, DeclaredMessageType>;
  readonly #recognition: Recognition;
  /** By type and path: the same path means something else under other prefixes. */
  readonly #paths = new WeakMap<MessageType, Map<string, CompiledPath>>();

  /**
   * @param types those of `cluster.json` and those the user's modules export, by name.
   * @throws SohError `message.badPath` for the first path that cannot be compiled, `message.reservedProperty`.
   */
  constructor(types: ReadonlyMap<string, DeclaredMessageType>, limits: BodyLimits = DEFAULT_LIMITS) {
    this.limits = limits;
    this.#types = types;
    this.#recognition = new Recognition(types.values());
    for (const type of types.values()) {
      const property = Object.keys(type.promoted).find(isReservedName);
      if (property !== undefined) throw new SohError('message.reservedProperty', { property, type: type.name });
      for (const [field, location] of Object.entries({ ...type.promoted, ...type.distinguished })) this.#compile(type, field, location);
    }
  }

  get(name: string): DeclaredMessageType | undefined {
    return this.#types.get(name);
  }

  /** All types by name. */
  entries(): Iterable<readonly [string, DeclaredMessageType]> {
    return this.#types;
  }

  /**
   * The promoted properties of a body; a field the body does not have, or has without a value (`xsi:nil`, null), is not there.
   *
   * @throws SohError `message.malformed`, `message.doctype`, `message.tooLarge`, `message.badValue`, `message.promotedTooLong`,
   * `message.pathTooCostly`.
   */
  promote(type: MessageType, body: string, limit: StepLimit = MESSAGE_STEPS): Properties {
    const steps = new PathSteps(limit);
    // Also a type that promotes nothing has to be well formed.
    if (type.format === 'xml') parseXml(body, this.limits);
    else parseJson(body, this.limits);
    const properties: Record<string, PropertyValue> = {};
    for (const [property, location] of Object.entries(type.promoted)) {
      const value = toProperty(this.#find(type, property, body, location, steps), location.type, { type: type.name, field: property });
      if (value !== undefined) properties[property] = value;
    }
    return properties;
  }

  /**
   * The promoted properties of a body that code has made for a message of this type.
   *
   * @throws SohError what `promote` throws, and `message.wrongType` when the body is one of another type.
   */
  promoteMade(type: MessageType, body: string, limit?: StepLimit): Properties {
    const lone = body.isWellFormed() ? -1 : body.search(/\p{Surrogate}/u);
    if (lone >= 0) {
      const reason = 'half of a character, which no encoding can carry';
      throw new SohError('message.malformed', { format: type.format.toUpperCase(), ...positionOf(body, lone), reason });
    }
    const found = this.#otherType(type, body);
    if (found !== undefined) throw new SohError('message.wrongType', { expected: type.name, found });
    return this.promote(type, body, limit);
  }

  /** What a body is instead of the type; `undefined` when it is of the type. An untyped message takes anything well formed. */
  #otherType(type: MessageType, body: string): string | undefined {
    const { name, format } = type;
    if (name === '') return undefined;
    const written = body.startsWith('{') ? 'json' : formatOf(body);
    if (format === 'xml') {
      if (written === 'json') return 'JSON';
      const found = xmlMessageType(parseXml(body, this.limits));
      return found === name ? undefined : found;
    }
    if (written === 'xml') return xmlMessageType(parseXml(body, this.limits));
    return otherThan(this.#types.get(name) ?? type, parseJson(body, this.limits));
  }

  /**
   * One field of a body; `undefined` when the body does not have it, or has it without a value.
   *
   * @throws SohError `message.malformed`, `message.doctype`, `message.tooLarge`, `message.badValue`, `message.inexactNumber`, `message.badPath`,
   * `message.pathTooCostly`.
   */
  field(type: MessageType, body: string, location: FieldLocation): FieldValue | undefined {
    const found = this.#find(type, location.path, body, location, new PathSteps(MESSAGE_STEPS));
    return toFieldValue(found, location.type, { type: type.name, field: location.path });
  }

  /** Makes a message of received bytes. Never throws for what the bytes contain. */
  disassemble(bytes: Uint8Array, hint: BodyHint = {}, limit?: StepLimit): Disassembled {
    const given = hint.properties ?? {};
    let body: string | undefined;
    try {
      body = decode(bytes, hint.charset);
    } catch (error) {
      if (!(error instanceof SohError)) throw error;
      return { ...asBytes(bytes, given), malformed: { code: error.code, message: error.message } };
    }
    if (body === undefined) return notText(bytes, given);
    try {
      const type = this.#typeOf(body, hint);
      const declared = this.#types.get(type);
      const promoted = declared && declared.format === formatOf(body) ? this.promote(declared, body, limit) : {};
      const typed: Properties = type === '' ? {} : { [BTS.messageType]: type };
      return { message: { type, body, properties: { ...promoted, ...given, ...typed } } };
    } catch (error) {
      // Whatever reading it did, it did to this message only.
      const { code, message } = toWire(error);
      return { message: { type: '', body, properties: given }, malformed: { code, message: message.slice(0, MAX_REASON) } };
    }
  }

  #typeOf(body: string, hint: BodyHint): string {
    const format = formatOf(body);
    if (format === 'xml') {
      const type = xmlMessageType(parseXml(body, this.limits));
      return type.length > MAX_TYPE ? '' : type;
    }
    if (format === undefined) return '';
    const value = parseJson(body, this.limits);
    if (hint.type !== undefined) return hint.type;
    const port = hint.properties?.[BTS.receivePort];
    return this.#recognition.typeOf(value, typeof port === 'string' ? port : undefined);
  }

  #find(type: MessageType, field: string, body: string, location: FieldLocation, steps: PathSteps): Found {
    const path = this.#compile(type, field, location);
    return path.format === 'xml' ? path.find(parseXml(body, this.limits), steps) : findJson(body, path.find, this.limits);
  }

  #compile(type: MessageType, field: string, location: FieldLocation): CompiledPath {
    let paths = this.#paths.get(type);
    if (!paths) this.#paths.set(type, (paths = new Map<string, CompiledPath>()));
    const known = paths.get(location.path);
    if (known) return known;
    try {
      const path: CompiledPath =
        type.format === 'xml'
          ? { format: 'xml', find: compileXmlPath(location.path, type.namespaces) }
          : { format: 'json', find: compileJsonPath(location.path) };
      paths.set(location.path, path);
      return path;
    } catch (error) {
      throw new SohError('message.badPath', { path: location.path, field, type: type.name, reason: messageOf(error) }, error);
    }
  }
}

function asBytes(bytes: Uint8Array, given: Properties): Disassembled {
  return { message: { type: '', body: Buffer.from(bytes).toString('base64'), properties: { ...given, [ENCODING]: 'base64' } } };
}

/** Binary content is legal and untyped; bytes that begin like XML or JSON but cannot be read are a broken message. */
function notText(bytes: Uint8Array, given: Properties): Disassembled {
  const kept = asBytes(bytes, given);
  const guess = new TextDecoder().decode(bytes);
  const format = formatOf(guess)?.toUpperCase();
  if (format === undefined) return kept;
  const reason = 'the bytes are not text in the encoding the message declares (UTF-8 when it declares none)';
  const error = new SohError('message.malformed', { format, ...positionOf(guess, Math.max(0, guess.indexOf('\ufffd'))), reason });
  return { ...kept, malformed: { code: error.code, message: error.message } };
}
