/** Each loss is told to its end: when it was noticed, when its work went on and where, what ran again, and what BizTalk's times were. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FaultKind } from '../../../emulator/control/events.ts';
import type { FailoverEntry } from '../../../emulator/control/lanes.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { Failovers } from '../../../emulator/tracking/failovers.ts';
import { A, B, commit, grant, loss, numbered, session } from './records.ts';

function report(records: readonly JournalRecord[]): readonly FailoverEntry[] {
  const failovers = new Failovers();
  for (const record of numbered(records)) failovers.add(record);
  return failovers.list();
}

/** Noted when the signal has been sent: the loss may be in the journal already. */
function fault(kind: FaultKind): JournalRecord {
  return { kind: 'observed', at: 1001, seenAt: 995, what: { kind: 'fault', fault: kind, hostInstance: A } };
}
const LOSS = loss(
  1000,
  A,
  'socket closed',
  [
    'i',
    1,
    [
      [2, 0],
      [3, 1],
    ],
  ],
  ['j', 4],
  ['k', 0],
);

test('a kill: noticed, resumed first and last, by whom, what ran again', () => {
  const records = [
    commit(900, 'i', A, 1),
    LOSS,
    grant(1004, B, 5, 'i', 'j', 'k'),
    commit(1020, 'i', B, 2, {
      trace: [
        [2, 0],
        [3, 0],
        [4, 0],
      ],
    }),
    session(1500, A),
    grant(1510, A, 5, 'k'),
    commit(1600, 'k', A, 1),
  ];
  const [entry] = report([...records, fault('kill')]);
  assert.deepEqual(entry, {
    ...{ sequence: 2, at: 1000, hostInstance: A, reason: 'socket closed', fault: 'kill', detectionMs: 5, lost: 3 },
    ...{ takenOver: 1, resumedByItself: 1, givenUp: 0, waiting: 1, firstGrantedMs: 4, firstResumedMs: 20, allResumedMs: null },
    by: [
      { hostInstance: B, count: 1 },
      { hostInstance: A, count: 1 },
    ],
    ...{ again: 2, retransmitted: 0, restartedMs: 500, classic: { fromMs: 60_000, toMs: 60_000 } },
  });
  const [done] = report([...records, fault('kill'), commit(1700, 'j', B, 5)]);
  assert.equal(done?.waiting, 0);
  assert.equal(done?.allResumedMs, 700);
});

test('without a command of this group the last record of the host instance is its last sign of life', () => {
  const [entry] = report([commit(900, 'i', A, 1), LOSS]);
  assert.equal(entry?.fault, null);
  assert.equal(entry?.detectionMs, 100);
  assert.equal(report([LOSS])[0]?.detectionMs, null);
});

test('a hang and a computer that stays down are compared with 9 to 11 minutes', () => {
  const minutes = { fromMs: 540_000, toMs: 660_000 };
  assert.deepEqual(report([loss(9, A, 'lease expired', ['i', 1])])[0]?.classic, minutes);
  assert.deepEqual(report([LOSS, fault('computer')])[0]?.classic, minutes);
});

test('lost once more, suspended or terminated: the first loss does not wait for it any more', () => {
  const second = loss(1100, B, 'socket closed', ['i', 1]);
  const suspend: JournalRecord = { kind: 'suspend', at: 1200, instance: 'j', error: { code: 'x', message: 'y' }, resumable: true };
  const terminate: JournalRecord = { kind: 'operate', at: 1200, operation: 'terminate', instance: 'k', applied: true };
  const [newer, older] = report([LOSS, second, suspend, terminate, commit(1300, 'i', A, 2, { trace: [[2, 0]] })]);
  assert.deepEqual([older?.givenUp, older?.waiting, older?.allResumedMs], [3, 0, null]);
  assert.deepEqual([newer?.takenOver, newer?.again], [1, 1]);
});

test('a send port that was lost between grant and commit may have transmitted: counted with the loss after which it is granted again', () => {
  const transmits = (at: number, hostInstance: string, instance: string): JournalRecord => ({
    ...{ kind: 'sessionEnd', at, session: `1.${hostInstance}`, hostInstance, reason: 'socket closed' },
    lost: [{ instance, version: 0, attempt: 1, atRisk: [], sendPort: true }],
  });
  const counted = (records: readonly JournalRecord[]): number[] => report(records).map(({ retransmitted }) => retransmitted);
  const lost = transmits(1000, A, 's');
  assert.deepEqual(counted([grant(900, A, 9, 's'), lost]), [0], 'nobody transmits it again yet');
  assert.deepEqual(counted([lost, grant(1010, B, 9, 's'), commit(1020, 's', B, 1)]), [1]);
  assert.deepEqual(counted([lost, grant(1010, B, 9, 's'), grant(1015, B, 9, 's')]), [1], 'one loss, one repetition');
  assert.deepEqual(counted([lost, grant(1010, B, 9, 's'), transmits(1020, B, 's'), grant(1030, A, 9, 's')]), [1, 1], 'each loss its own');
  assert.deepEqual(counted([lost, commit(1020, 's', A, 1)]), [0], 'only the connection was lost: it went on and repeated nothing');
  assert.deepEqual(
    counted([loss(1000, A, 'socket closed', ['i', 1]), grant(1010, B, 9, 'i')]),
    [0],
    'an orchestration publishes with its commit',
  );
  assert.deepEqual(counted([commit(900, 's', A, 1), loss(1000, A, 'socket closed'), grant(1010, B, 9, 's')]), [0], 'it had committed');
});

test('an orderly stop is no loss, and only the newest 50 are kept', () => {
  assert.deepEqual(report([loss(5, A, 'bye', ['i', 1])]), []);
  const many = report(Array.from({ length: 70 }, (_, index) => loss(index, A, 'socket closed')));
  assert.equal(many.length, 50);
  assert.equal(many[0]?.at, 69);
});
