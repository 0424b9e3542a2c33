/**
 * The group file `cluster.json`: computers, hosts, host instances, orchestrations, receive locations, send ports, bindings, profile.
 * The valibot schema here is the only description of its shape; the JSON schema for editors is generated from it.
 */
import * as v from 'valibot';
import { term } from '../text/term.ts';

/** Adds the text an editor shows for this place of the file. */
function about<S extends v.GenericSchema>(text: string, schema: S) {
  return v.pipe(schema, v.description(text));
}

const name = v.pipe(
  v.string(),
  v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u, term('a name of 1 to 80 letters, digits, spaces, dots, dashes or underscores')),
);
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(365 * 86_400_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const path = v.pipe(v.string(), v.minLength(1));

const field = v.strictObject({
  path: about('Where the value is in the body: XPath 1.0 for XML, JSON pointer for JSON.', v.string()),
  type: v.optional(
    about('Type of the value; comparisons in subscriptions use it.', v.picklist(['string', 'number', 'decimal', 'boolean'])),
    'string',
  ),
});

export const messageTypeSchema = v.strictObject({
  format: about('Format of the body.', v.picklist(['xml', 'json'])),
  namespaces: v.optional(about('Prefixes for the XPath expressions: prefix to namespace.', v.record(v.string(), v.string())), {}),
  promoted: v.optional(
    about('Promoted properties: values subscriptions can compare, kept in the message context.', v.record(v.string(), field)),
    {},
  ),
  distinguished: v.optional(about('Distinguished fields: values expressions can read, not routable.', v.record(v.string(), field)), {}),
  members: v.optional(
    about(
      'JSON only: a body is of this type when it has all these top-level members. Missing = what the module that declares it says.',
      v.array(v.string()),
    ),
    [],
  ),
});

const fileReceive = v.strictObject({
  adapter: about('Takes files from a folder.', v.literal('FILE')),
  folder: about('Folder to watch, relative to this file.', path),
  mask: v.optional(
    about('Names of the files to take.', v.pipe(v.string(), v.regex(/^[^/\\]+$/, term('a mask of names, without a folder')))),
    '*.xml',
  ),
  pollingMs: v.optional(about('How often the folder is looked at besides change events, in ms.', milliseconds), 1000),
  settleMs: v.optional(
    about('How long a file must not have changed before it is taken, in ms; more than its writer pauses.', milliseconds),
    50,
  ),
});
const httpReceive = v.strictObject({
  adapter: about('Takes HTTP requests on 127.0.0.1.', v.literal('HTTP')),
  port: v.optional(
    about('TCP port; 0 = any free port, "status" shows which.', v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))),
    0,
  ),
  path: v.optional(
    about('Path of the address.', v.pipe(v.string(), v.regex(/^\/[^\s?#]*$/, term('a path that begins with / and has no blanks, ? or #')))),
    '/',
  ),
  twoWay: v.optional(about('Request-response: the caller waits for the answer of the orchestration.', v.boolean()), false),
  timeoutMs: v.optional(about('How long a two-way caller waits, in ms.', milliseconds), 20 * 60_000),
  anonymous: v.optional(about("Without it a caller has to present the group's token.", v.boolean()), false),
});
const retry = {
  retryCount: v.optional(about('Tries after the first; then the message is suspended.', v.pipe(count, v.maxValue(1000))), 3),
  retryIntervalMs: v.optional(about('Time between two tries, in ms.', milliseconds), 5 * 60_000),
};
const fileSend = v.strictObject({
  adapter: about('Writes files into a folder.', v.literal('FILE')),
  folder: about('Folder to write to, relative to this file.', path),
  fileName: v.optional(about('Name of the file; %MessageID% becomes the id of the message.', v.string()), '%MessageID%.xml'),
  ...retry,
});
const httpSend = v.strictObject({
  adapter: about('Sends by HTTP POST with an Idempotency-Key.', v.literal('HTTP')),
  url: v.optional(
    about(
      'Address. Missing = dynamic: the orchestration gives the address with the message.',
      v.pipe(v.string(), v.url(), v.regex(/^https?:/i, term('an http or https URL'))),
    ),
  ),
  twoWay: v.optional(about('Solicit-response: the body of the answer comes back to whoever sent the request.', v.boolean()), false),
  timeoutMs: v.optional(about('How long to wait for the answer, in ms.', milliseconds), 30_000),
  ...retry,
});

const dynamicSend = v.strictObject({
  adapter: about('The address the orchestration gives with the message decides: http://, https:// or file:name.', v.literal('dynamic')),
  folder: v.optional(
    about('Where the files of file addresses are written, relative to this file. Missing = file addresses are refused.', path),
  ),
  timeoutMs: v.optional(about('How long to wait for the answer to HTTP, in ms.', milliseconds), 30_000),
  ...retry,
});

/** Names JavaScript gives a meaning of its own; no message can have such a property. */
const property = v.pipe(
  v.string(),
  v.check((text) => !['__proto__', 'prototype', 'constructor'].includes(text), term('a property name that is not reserved')),
);

export const predicateSchema = v.union([
  v.strictObject({ property, operator: v.literal('exists') }),
  v.strictObject({
    property,
    operator: v.picklist(['==', '!=', '<', '<=', '>', '>=']),
    value: v.union([v.string(), v.number(), v.boolean()]),
  }),
]);

const partner = v.pipe(
  v.string(),
  v.regex(/^[^.].*\..*[^.]$/, term('the name of an orchestration, a dot, and the name of one of its ports')),
);

const binding = v.union(
  [
    v.strictObject({ receivePort: about('Receive port the messages come from.', name) }),
    v.strictObject({ sendPort: about('Send port the messages go to.', name) }),
    v.strictObject({
      partner: about(
        'Partner: <orchestration>.<port>, the same on both sides. Only messages sent for this name come to who receives for it.',
        partner,
      ),
    }),
    v.strictObject({ direct: about('Direct: whoever subscribes in the MessageBox gets it.', v.literal(true)) }),
  ],
  term('{"receivePort": name}, {"sendPort": name}, {"partner": "<orchestration>.<port>"} or {"direct": true}'),
);

const megabytes = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const percent = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
const active = about('Whether it counts.', v.boolean());

/** A criterion in MB with its defaults. */
const memoryInMb = (optimalMb: number, maximalMb: number) =>
  v.pipe(
    v.strictObject({
      active: v.optional(active, true),
      optimalMb: v.optional(about('With less in use there is no pressure, in MB of 1,048,576 bytes.', megabytes), optimalMb),
      maximalMb: v.optional(about('With more in use the pressure is full, in MB of 1,048,576 bytes.', megabytes), maximalMb),
      readingMb: v.optional(about('Counts as in use, in MB, instead of what is read: to see what happens under pressure.', count)),
    }),
    v.check((memory) => memory.optimalMb < memory.maximalMb, term('an optimalMb below maximalMb')),
  );

const physicalMemory = v.pipe(
  v.strictObject({
    active: v.optional(active, false),
    optimalPercent: v.optional(about('With less in use there is no pressure, in percent.', percent), 70),
    maximalPercent: v.optional(about('With more in use the pressure is full, in percent.', percent), 85),
    readingPercent: v.optional(
      about('Counts as in use, in percent, instead of what is read: to see what happens under pressure.', percent),
    ),
  }),
  v.check((memory) => memory.optimalPercent < memory.maximalPercent, term('an optimalPercent below maximalPercent')),
);

const dehydration = v.strictObject({
  behavior: v.optional(
    about(
      'always, never, or custom = by the thresholds. What no message could reach otherwise leaves in any case.',
      v.picklist(['always', 'never', 'custom']),
    ),
    'custom',
  ),
  minThresholdMs: v.optional(about('Threshold under memory pressure, in ms; missing = that of the profile.', milliseconds)),
  maxThresholdMs: v.optional(about('Threshold without memory pressure, in ms; missing = that of the profile.', milliseconds)),
  memory: v.optional(
    about(
      'Memory pressure, which moves the threshold from the maximal to the minimal one: that of the criterion with most of it.',
      v.strictObject({
        virtual: v.optional(
          about('Memory that a host instance has taken from the system for its work, used or not.', memoryInMb(900, 1300)),
          {},
        ),
        private: v.optional(about('Memory that its work uses.', memoryInMb(50, 350)), {}),
        physical: v.optional(about('Memory of the machine that is in use, by whomever.', physicalMemory), {}),
      }),
    ),
    {},
  ),
});

const host = v.strictObject({
  name: about('Name of the host.', name),
  instances: about('Computers with an instance of this host: at most one each.', v.pipe(v.array(name), v.minLength(1))),
  concurrency: v.optional(
    about('Orchestrations an instance runs at the same time.', v.pipe(count, v.minValue(1), v.maxValue(10_000))),
    100,
  ),
  dehydration: v.optional(about('When a waiting orchestration leaves memory.', dehydration), {}),
  validateCorrelations: v.optional(
    about(
      'A Send or Receive whose message has another value than the correlation set it follows gets a CorrelationValidationException. Without it nothing is checked, and a Send promotes the values of the set.',
      v.boolean(),
    ),
    false,
  ),
  emptyCorrelation: v.optional(
    about(
      'Whether an empty value may initialize a correlation set. accept = as the product: all messages with an empty value belong together, those of different senders too. refuse = a CorrelationException.',
      v.picklist(['accept', 'refuse']),
    ),
    'accept',
  ),
});

const orchestration = v.strictObject({
  name: about('Name of the orchestration as the module exports it.', name),
  module: about('TypeScript or JavaScript module that exports it, relative to this file.', path),
  host: about('Host that runs it.', name),
  bindings: v.optional(
    about(
      'Logical port of the orchestration to receive port, send port, partner or direct. Missing = the one of the same name, else direct.',
      v.record(v.string(), binding),
    ),
    {},
  ),
});

const receiveLocation = v.strictObject({
  name: about('Name of the receive location.', name),
  receivePort: v.optional(about('Receive port it belongs to; missing = one of the same name.', name)),
  host: about('Host that runs it.', name),
  transport: about('Adapter and its settings.', v.variant('adapter', [fileReceive, httpReceive])),
});

const sendPort = v.strictObject({
  name: about('Name of the send port.', name),
  host: about('Host that runs it.', name),
  transport: about('Adapter and its settings.', v.variant('adapter', [fileSend, httpSend, dynamicSend])),
  filter: v.optional(
    about('Extra subscription besides what is bound to the port: groups of AND, joined by OR.', v.array(v.array(predicateSchema))),
    [],
  ),
});

const storage = v.strictObject({
  historyMb: v.optional(about('History that is kept, in MB of 1,048,576 bytes; the oldest goes first.', megabytes), 1024),
  ballastMb: v.optional(
    about('Kept free for what has to be written when the disk is full, in MB of 1,048,576 bytes.', v.pipe(megabytes, v.maxValue(1024))),
    16,
  ),
});

const MiB = 1024 * 1024;
const atMost = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most));

const limits = v.strictObject({
  messageBytes: v.optional(about('Largest message that is taken in, in bytes; at most 64 MiB.', atMost(64 * MiB)), 64 * MiB),
  depth: v.optional(about('Nesting of elements in XML, of objects and arrays in JSON.', atMost(1000)), 256),
  xmlNodes: v.optional(
    about(
      'Elements, attributes, texts, comments and instructions of an XML message together. A million take about half a GB of memory.',
      atMost(2_000_000),
    ),
    150_000,
  ),
  xmlAttributes: v.optional(about('Attributes of one XML element.', atMost(10_000)), 1000),
  xmlReferences: v.optional(about('Character and entity references of an XML message.', atMost(10_000_000)), 100_000),
  jsonValues: v.optional(about('Members and elements of all objects and arrays of a JSON message together.', atMost(10_000_000)), 500_000),
});

export const clusterFileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.optional(about('Name of the group.', name), 'Group'),
  profile: v.optional(
    about(
      'Times of failure detection and dehydration: default, demo (short), or biztalk-classic (as the product has them).',
      v.picklist(['default', 'demo', 'biztalk-classic']),
    ),
    'default',
  ),
  storage: v.optional(about('What the data folder takes of the disk.', storage), {}),
  limits: v.optional(about('How large a message may be; what is larger is refused as too large.', limits), {}),
  computers: about('The virtual computers of the group.', v.pipe(v.array(name), v.minLength(1))),
  hosts: about('Hosts, and the computers with an instance of each.', v.pipe(v.array(host), v.minLength(1))),
  messageTypes: v.optional(
    about(
      'Message types that no module declares, by name: namespace#root for XML, any name for JSON.',
      v.record(v.string(), messageTypeSchema),
    ),
    {},
  ),
  orchestrations: v.optional(about('Orchestrations of the group.', v.array(orchestration)), []),
  receiveLocations: v.optional(about('Where messages come in.', v.array(receiveLocation)), []),
  sendPorts: v.optional(about('Where messages go out.', v.array(sendPort)), []),
});

export type ClusterFile = v.InferOutput<typeof clusterFileSchema>;
export type HostSettings = ClusterFile['hosts'][number];
export type ReceiveLocationSettings = ClusterFile['receiveLocations'][number];
export type SendPortSettings = ClusterFile['sendPorts'][number];
export type Profile = ClusterFile['profile'];
