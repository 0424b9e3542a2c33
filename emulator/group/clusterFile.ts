/**
 * The group file `cluster.json`: computers, hosts, host instances, orchestrations, receive locations, send ports, bindings, profile.
 * The valibot schema here is the only description of its shape; the JSON schema for editors is generated from it.
 */
import * as v from 'valibot';

const name = v.pipe(v.string(), v.regex(/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,79}$/u, 'a name of 1 to 80 letters, digits, spaces, dots, dashes or underscores'));
const milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(365 * 86_400_000));
const count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1_000_000));
const path = v.pipe(v.string(), v.minLength(1));

const field = v.strictObject({ path: v.string(), type: v.optional(v.picklist(['string', 'number', 'boolean']), 'string') });

export const messageTypeSchema = v.strictObject({
  format: v.picklist(['xml', 'json']),
  namespaces: v.optional(v.record(v.string(), v.string()), {}),
  promoted: v.optional(v.record(v.string(), field), {}),
  distinguished: v.optional(v.record(v.string(), field), {}),
  /** JSON only: a body is of this type when it has all these top-level members. */
  members: v.optional(v.array(v.string()), []),
});

const fileReceive = v.strictObject({
  adapter: v.literal('FILE'),
  folder: path,
  mask: v.optional(v.string(), '*.xml'),
  pollingMs: v.optional(milliseconds, 1000),
});
const httpReceive = v.strictObject({
  adapter: v.literal('HTTP'),
  /** 0 = any free port; `status` shows which. */
  port: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)), 0),
  path: v.optional(v.pipe(v.string(), v.startsWith('/')), '/'),
  twoWay: v.optional(v.boolean(), false),
  timeoutMs: v.optional(milliseconds, 20 * 60_000),
  /** Without it a caller has to present the group's token. */
  anonymous: v.optional(v.boolean(), false),
});
const retry = { retryCount: v.optional(v.pipe(count, v.maxValue(1000)), 3), retryIntervalMs: v.optional(milliseconds, 5 * 60_000) };
const fileSend = v.strictObject({ adapter: v.literal('FILE'), folder: path, fileName: v.optional(v.string(), '%MessageID%.xml'), ...retry });
const httpSend = v.strictObject({
  adapter: v.literal('HTTP'),
  /** Missing = dynamic: the orchestration gives the address with the message. */
  url: v.optional(v.pipe(v.string(), v.url())),
  timeoutMs: v.optional(milliseconds, 30_000),
  ...retry,
});

export const predicateSchema = v.union([
  v.strictObject({ property: v.string(), operator: v.literal('exists') }),
  v.strictObject({ property: v.string(), operator: v.picklist(['==', '!=', '<', '<=', '>', '>=']), value: v.union([v.string(), v.number(), v.boolean()]) }),
]);

const binding = v.union([
  v.strictObject({ receivePort: name }),
  v.strictObject({ sendPort: name }),
  v.strictObject({ direct: v.literal(true) }),
]);

export const clusterFileSchema = v.strictObject({
  $schema: v.optional(v.string()),
  name: v.optional(name, 'Group'),
  profile: v.optional(v.picklist(['default', 'demo', 'biztalk-classic']), 'default'),
  computers: v.pipe(v.array(name), v.minLength(1)),
  hosts: v.pipe(
    v.array(
      v.strictObject({
        name,
        /** Computers with an instance of this host: at most one each. */
        instances: v.pipe(v.array(name), v.minLength(1)),
        /** Orchestrations an instance runs at the same time. */
        concurrency: v.optional(v.pipe(count, v.minValue(1), v.maxValue(10_000)), 100),
        dehydration: v.optional(
          v.strictObject({
            behavior: v.optional(v.picklist(['always', 'never', 'custom']), 'custom'),
            minThresholdMs: v.optional(milliseconds),
            maxThresholdMs: v.optional(milliseconds),
          }),
          {},
        ),
      }),
    ),
    v.minLength(1),
  ),
  messageTypes: v.optional(v.record(v.string(), messageTypeSchema), {}),
  orchestrations: v.optional(
    v.array(
      v.strictObject({
        name,
        /** TypeScript or JavaScript module that exports it, relative to this file. */
        module: path,
        host: name,
        bindings: v.optional(v.record(v.string(), binding), {}),
      }),
    ),
    [],
  ),
  receiveLocations: v.optional(
    v.array(v.strictObject({ name, receivePort: v.optional(name), host: name, transport: v.variant('adapter', [fileReceive, httpReceive]) })),
    [],
  ),
  sendPorts: v.optional(
    v.array(
      v.strictObject({
        name,
        host: name,
        transport: v.variant('adapter', [fileSend, httpSend]),
        /** Extra subscription besides what is bound to the port. */
        filter: v.optional(v.array(v.array(predicateSchema)), []),
      }),
    ),
    [],
  ),
});

export type ClusterFile = v.InferOutput<typeof clusterFileSchema>;
export type HostSettings = ClusterFile['hosts'][number];
export type ReceiveLocationSettings = ClusterFile['receiveLocations'][number];
export type SendPortSettings = ClusterFile['sendPorts'][number];
export type Profile = ClusterFile['profile'];
