/** One pretended instance in detail: an order process with every kind of block, taken over once. */
import type { HistoryEvent, InstanceDetail, InstanceParts } from '../../emulator/control/instances.ts';

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
type Outline = InstanceDetail['outline'];

const tree: readonly (readonly [kind: string, name: string, parent: string])[] = [
  ['receive', 'ReceiveOrder', ''],
  ['expression', 'PriceOrder', ''],
  ['scope', 'AskWarehouse', ''],
  ['construct', 'BuildRequest', 'AskWarehouse'],
  ['send', 'SendRequest', 'AskWarehouse'],
  ['handler', 'WarehouseDown', 'AskWarehouse'],
  ['suspend', 'AskOperator', 'WarehouseDown'],
  ['parallel', 'CheckBoth', ''],
  ['branch', 'Stock', 'CheckBoth'],
  ['loop', 'EachItem', 'Stock'],
  ['expression', 'CheckStock', 'EachItem'],
  ['branch', 'Credit', 'CheckBoth'],
  ['decide', 'DecideCredit', 'Credit'],
  ['rule', 'Above the limit', 'DecideCredit'],
  ['listen', 'Approval', 'Above the limit'],
  ['branch', 'Approved', 'Approval'],
  ['receive', 'WaitForApproval', 'Approved'],
  ['branch', 'Too late', 'Approval'],
  ['delay', 'OneDay', 'Too late'],
  ['terminate', 'GiveUp', 'Too late'],
  ['else', 'Else', 'DecideCredit'],
  ['expression', 'ApproveAtOnce', 'Else'],
  ['construct', 'BuildInvoice', ''],
  ['send', 'SendInvoice', ''],
];

export const outline: Outline = tree.map(([kind, name, parent], index) => ({
  kind,
  name,
  parent: tree.findIndex((entry) => entry[1] === parent),
  source: { file: 'orders.ts', line: 20 + 3 * index },
}));

/** Number of a shape by its name. */
export function numberOf(name: string): number {
  return tree.findIndex((entry) => entry[1] === name);
}

/** What is kept of it while it waits for the approval, with one shape at risk. */
export const parts: InstanceParts = {
  position: { saved: [numberOf('Stock'), numberOf('Approval')], atRisk: [numberOf('Approval'), numberOf('WaitForApproval')] },
  messages: [
    {
      name: 'Order',
      id: 'm1',
      type: 'http://orders#Order',
      body: '<Order xmlns="http://orders"><Id>4711</Id><Item quantity="40">Bearing &lt;6204&gt;</Item></Order>',
      cut: false,
      properties: { OrderId: 4711, 'BTS.ReceivePortName': 'Orders' },
    },
    { name: 'Request', id: null, type: null, body: '{"id":4711,"items":["Bearing 6204"]}', cut: true, properties: {} },
    { name: 'Reply', id: 'm0', type: null, body: null, cut: false, properties: {} },
  ],
  subscriptions: [
    {
      id: String(numberOf('WaitForApproval')),
      receive: 'WaitForApproval',
      filter: [
        [
          { property: 'OrderId', operator: '==', value: 4711 },
          { property: 'BTS.MessageType', operator: '==', value: 'http://orders#Approval' },
        ],
      ],
    },
  ],
  queue: [{ entry: 'e3', message: 'm3', messageType: 'http://orders#Approval', receive: 'WaitForApproval' }],
  timers: [{ timer: '18.1', kind: 'delay', shape: 'OneDay', number: 18, due: '2026-09-15T09:30:00.000Z' }],
  retries: [],
};

/** Kept of what has ended. */
export const endedParts: InstanceParts = {
  position: { saved: [], atRisk: [] },
  messages: parts.messages,
  subscriptions: [],
  queue: [],
  timers: [],
  retries: [],
};

/** @param start UTC ms of its first event; @param ended it has run to its end */
export function history(start: number, ended: boolean): readonly HistoryEvent[] {
  const ran = (name: string, again = false) => ({ shape: numberOf(name), name, atMs: 1, again });
  const commit = { kind: 'committed', consumed: [], published: [], outcome: 'running' } as const;
  const [a, b] = ['ProcessingHost@A', 'ProcessingHost@B'];
  const events: readonly DistributiveOmit<HistoryEvent, 'at' | 'sequence'>[] = [
    { kind: 'activated', message: 'm1', messageType: 'http://orders#Order' },
    { kind: 'granted', hostInstance: a, version: 0, credit: 42, takeover: false },
    {
      ...commit,
      hostInstance: a,
      version: 1,
      points: ['send'],
      shapes: ['ReceiveOrder', 'PriceOrder', 'AskWarehouse', 'BuildRequest', 'SendRequest'].map((name) => ran(name)),
      consumed: ['m1'],
      published: [{ message: 'm2', messageType: 'http://orders#Request', shape: 'SendRequest', to: ['SendInvoices'] }],
    },
    {
      kind: 'ownerLost',
      hostInstance: a,
      reason: 'process ended by SIGKILL',
      version: 1,
      attempt: 1,
      atRisk: ['CheckStock', 'DecideCredit'],
      atRiskShapes: ['CheckStock', 'DecideCredit'].map(numberOf),
    },
    { kind: 'granted', hostInstance: b, version: 1, credit: 61, takeover: true },
    {
      ...commit,
      hostInstance: b,
      version: 2,
      points: ['dehydration'],
      shapes: [
        ran('CheckBoth'),
        ran('CheckStock', true),
        ran('DecideCredit', true),
        ...['EachItem', 'CheckStock', 'EachItem', 'CheckStock', 'EachItem', 'WaitForApproval'].map((name) => ran(name)),
      ],
    },
    { kind: 'delivered', message: 'm3', messageType: 'http://orders#Approval', receive: 'WaitForApproval' },
    {
      ...commit,
      hostInstance: b,
      version: 3,
      points: ['send', 'end'],
      shapes: [ran('BuildInvoice'), ran('SendInvoice')],
      consumed: ['m3'],
      published: [{ message: 'm4', messageType: 'http://orders#Invoice', shape: 'SendInvoice', to: ['SendInvoices'] }],
      outcome: 'completed',
    },
  ];
  const shown = ended ? events : events.slice(0, -1);
  return shown.map((event, index) => ({ ...event, sequence: 1000 + index, at: new Date(start + index * 37).toISOString() }));
}
