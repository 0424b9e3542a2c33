/** Records of a small journal, for the tests of its projections. Times are ms since the beginning. */
import type { TraceEntry } from '../../../emulator/engine/door.ts';
import type { SessionEnd } from '../../../emulator/control/events.ts';
import type { CommitRecord, JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import type { ReadRecord } from '../../../emulator/tracking/history.ts';

export const A = 'ProcessingHost@A';
export const B = 'ProcessingHost@B';
export const SHAPES = ['Receive', 'Price', 'Send', 'Approve', 'Invoice'];
const ORDER = 'Order@1';

export const enlist: JournalRecord = {
  kind: 'enlist',
  at: 0,
  services: [
    {
      id: ORDER,
      name: 'Order',
      kind: 'orchestration',
      host: 'ProcessingHost',
      activations: [],
      outline: SHAPES.map((name) => ({ kind: 'expression', name, parent: -1 })),
    },
    { id: 'Port', name: 'Port', kind: 'sendPort', host: 'SendingHost', activations: [], outline: [] },
  ],
};

export function submit(at: number, instance: string, service = ORDER): JournalRecord {
  const to = [{ instance, entry: `m>${instance}`, subscription: '0', service, subscribe: [] }];
  return {
    kind: 'submit',
    at,
    location: 'L',
    hostInstance: 'R@A',
    receiveId: instance,
    message: { id: `m-${instance}`, type: 'T', properties: {}, to },
  };
}

export function grant(at: number, hostInstance: string, credit: number, ...instances: string[]): JournalRecord {
  return { kind: 'grant', at, hostInstance, credit, instances };
}

export function commit(
  at: number,
  instance: string,
  hostInstance: string,
  version: number,
  more: Partial<CommitRecord> = {},
): CommitRecord {
  return {
    kind: 'commit',
    at,
    id: `${instance}#${version}`,
    instance,
    hostInstance,
    version,
    points: ['send'],
    outcome: 'running',
    trace: [[version, 0]],
    ...more,
  };
}

export function loss(
  at: number,
  hostInstance: string,
  reason: SessionEnd,
  ...held: [instance: string, version: number, atRisk?: readonly TraceEntry[]][]
): JournalRecord {
  const lost = held.map(([instance, version, atRisk = []]) => ({ instance, version, attempt: 1, atRisk }));
  return { kind: 'sessionEnd', at, session: `1.${hostInstance}`, hostInstance, reason, lost };
}

export function session(at: number, hostInstance: string, pid = 1): JournalRecord {
  const [host = '', computer = ''] = hostInstance.split('@');
  return { kind: 'session', at, session: `1.${hostInstance}`, hostInstance, host, computer, pid };
}

export function numbered(records: readonly JournalRecord[]): ReadRecord[] {
  return records.map((record, index) => ({ sequence: index + 1, record }));
}
