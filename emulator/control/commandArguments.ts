/** The arguments of every command, checked at each door they come in through: the control socket, the dashboard page, the MessageBox. */
import * as v from 'valibot';
import type { CommandName } from './commands.ts';
import type { InstanceFilter, InstanceSummary } from './instances.ts';
import type { ServiceInstanceState } from './status.ts';

/** In the order in which they are shown (docs/behaviour.md, section 12.1). */
export const SERVICE_INSTANCE_STATES = [
  'Ready to run',
  'Active',
  'Dehydrated',
  'Scheduled',
  'Waits for version',
  'Suspended (resumable)',
  'Suspended (not resumable)',
  'Completed',
  'Terminated',
] as const satisfies readonly ServiceInstanceState[];

export const SERVICE_KINDS = ['orchestration', 'sendPort', 'receiveLocation'] as const satisfies readonly InstanceSummary['kind'][];

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});
const byName = v.strictObject({ name });

/** `InstanceFilter` */
export const instanceFilterSchema = v.strictObject({
  states: v.exactOptional(v.array(v.picklist(SERVICE_INSTANCE_STATES))),
  kinds: v.exactOptional(v.array(v.picklist(SERVICE_KINDS))),
  orchestration: v.exactOptional(name),
  owner: v.exactOptional(name),
  ids: v.exactOptional(v.pipe(v.array(name), v.maxLength(10_000))),
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(500))),
  olderThanMs: v.exactOptional(whole),
  youngerThanMs: v.exactOptional(whole),
  createdUntil: v.exactOptional(v.pipe(v.string(), v.isoTimestamp())),
  takenOver: v.exactOptional(v.literal(true)),
} satisfies Record<keyof InstanceFilter, v.GenericSchema>);
const byFilter = v.strictObject({ filter: instanceFilterSchema });

export const commandArguments = {
  status: nothing,
  instances: v.strictObject({
    filter: v.optional(instanceFilterSchema),
    limit: v.optional(v.pipe(whole, v.maxValue(10_000))),
    offset: v.optional(whole),
  }),
  show: v.strictObject({ instance: name }),
  lanes: v.strictObject({ since: v.optional(whole) }),
  failovers: nothing,
  submit: v.strictObject({
    location: name,
    files: v.pipe(
      v.array(v.strictObject({ name, content: v.string(), encoding: v.exactOptional(v.literal('base64')) })),
      v.maxLength(10_000),
    ),
    count: v.optional(v.pipe(whole, v.minValue(1), v.maxValue(100_000))),
    follow: v.exactOptional(v.literal(true)),
  }),
  killHostInstance: byName,
  freezeHostInstance: byName,
  thawHostInstance: byName,
  stopHostInstance: byName,
  startHostInstance: byName,
  failComputer: byName,
  repairComputer: byName,
  addComputer: byName,
  addHostInstance: v.strictObject({ host: name, computer: name }),
  killMessageBox: nothing,
  suspend: byFilter,
  resume: byFilter,
  terminate: byFilter,
  follow: nothing,
  stop: nothing,
} as const satisfies Record<CommandName, v.GenericSchema>;
