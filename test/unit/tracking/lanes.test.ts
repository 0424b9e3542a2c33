/**
 * The lanes say of every instance what its history says: who owned it when, its commits, its losses, the shapes that ran again. They are
 * bounded, and a follower who takes only the changes has the same lanes as one who takes everything.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceLane } from '../../../emulator/control/lanes.ts';
import type { JournalRecord } from '../../../emulator/messagebox/core/records.ts';
import { InstanceHistory } from '../../../emulator/tracking/history.ts';
import { Lanes } from '../../../emulator/tracking/lanes.ts';
import { factsOfHistory, factsOfLane } from './laneFacts.ts';
import { A, B, commit, enlist, grant, loss, numbered, session, SHAPES, submit } from './records.ts';

function project(records: readonly JournalRecord[], instances = 100): Lanes {
  const lanes = new Lanes({ instances, windowMs: 60_000, revision: 0 });
  for (const record of numbered(records)) lanes.add(record);
  return lanes;
}

function laneOf(records: readonly JournalRecord[], instance: string): InstanceLane {
  const lane = project(records)
    .frame(undefined, 0)
    .lanes.find((one) => one.instance === instance);
  assert.ok(lane, instance);
  return lane;
}

const short = ({ stretches }: InstanceLane): string[] =>
  stretches.map(({ tone, by, from, to, end }) => `${tone} ${by ?? '-'} ${from}-${to ?? ''}${end === undefined ? '' : ` ${end}`}`);

const TAKEOVER = [
  enlist,
  session(0, A),
  session(0, B),
  submit(10, 'i'),
  grant(12, A, 7, 'i'),
  commit(20, 'i', A, 1),
  loss(40, A, 'socket closed', [
    'i',
    1,
    [
      [2, 0],
      [3, 5],
    ],
  ]),
  grant(43, B, 9, 'i'),
  commit(60, 'i', B, 2, {
    trace: [
      [2, 0],
      [3, 1],
      [4, 2],
    ],
  }),
  commit(70, 'i', B, 3, { outcome: 'completed', points: ['end'], trace: [] }),
];

test('a takeover: who had it, when it was lost, where it went on, what ran again', () => {
  const lane = laneOf(TAKEOVER, 'i');
  assert.deepEqual(short(lane), ['ready - 10-12', `running ${A} 12-40 lost`, `lost ${A} 40-43`, `running ${B} 43-70 completed`]);
  assert.deepEqual(lane.takeovers, [
    { at: 40, from: A, reason: 'socket closed', version: 1, to: B, grantedAt: 43, resumedAt: 60, atRisk: [2, 3] },
  ]);
  assert.deepEqual(
    lane.points.map(({ again }) => again),
    [undefined, [2, 3], undefined],
  );
  assert.equal(lane.stretches[3]?.takeover, true);
  assert.equal(lane.stretches[3]?.credit, 9);
  assert.equal(lane.outcome, 'completed');
});

test('it rests dehydrated until what it waits for comes, and knows when its timer is due', () => {
  const idle = commit(20, 'i', A, 1, { outcome: 'idle', waits: ['3', 't'], timers: [{ id: 't', due: 500 }] });
  const records = [enlist, submit(10, 'i'), grant(12, A, 1, 'i'), idle];
  const lane = laneOf(records, 'i');
  assert.deepEqual(short(lane).slice(1), [`running ${A} 12-20 idle`, `dehydrated ${A} 20-`]);
  assert.equal(lane.stretches.at(-1)?.due, 500);
  const other: JournalRecord = { kind: 'timer', at: 400, instance: 'i', timer: 'other', entry: 'e1' };
  const fired: JournalRecord = { kind: 'timer', at: 500, instance: 'i', timer: 't', entry: 'e2' };
  assert.deepEqual(short(laneOf([...records, other, fired, grant(510, B, 1, 'i')], 'i')).slice(2), [
    `dehydrated ${A} 20-500`,
    `ready ${A} 500-510`,
    `running ${B} 510-`,
  ]);
});

test('what a stopping host instance saved while it ran does not rest', () => {
  const saved = commit(20, 'i', A, 1, { outcome: 'idle', points: ['send', 'shutdown'] });
  const lane = laneOf([enlist, submit(10, 'i'), grant(12, A, 1, 'i'), saved, grant(25, B, 1, 'i')], 'i');
  assert.deepEqual(short(lane).slice(1), [`running ${A} 12-20 idle`, `ready ${A} 20-25`, `running ${B} 25-`]);
});

test('a pause in the trace is a wait in memory', () => {
  const lane = laneOf(
    [
      enlist,
      submit(0, 'i'),
      grant(0, A, 1, 'i'),
      commit(900, 'i', A, 1, {
        trace: [
          [0, 0],
          [1, 2],
          [2, 800],
        ],
      }),
    ],
    'i',
  );
  assert.deepEqual(lane.stretches[1]?.waits, [[2, 800]]);
});

test('what an instance starts is its child; send ports have no lane', () => {
  const to = [
    { instance: 'child', entry: 'e', subscription: '0', service: 'Order@1', subscribe: [] },
    { instance: 'port', entry: 'f', subscription: '0', service: 'Port', subscribe: [] },
  ];
  const published = [{ id: 'p', type: 'T', properties: {}, to }];
  const frame = project([enlist, submit(0, 'i'), grant(1, A, 1, 'i'), commit(5, 'i', A, 1, { published })]).frame(undefined, 5);
  assert.deepEqual(
    frame.lanes.map(({ instance, parent }) => [instance, parent]),
    [
      ['i', null],
      ['child', 'i'],
    ],
  );
});

test('a restart of the MessageBox: who goes on keeps its stretch, who is granted again begins a new one', () => {
  const restart: JournalRecord = { kind: 'generation', at: 30, generation: 2, origin: 'test' };
  const records = [
    { kind: 'generation', at: 0, generation: 1, origin: 'test' } as const,
    enlist,
    session(0, A),
    submit(1, 'i'),
    submit(1, 'j'),
    grant(2, A, 9, 'i', 'j'),
    restart,
  ];
  const after = [...records, commit(40, 'i', A, 1), grant(50, B, 3, 'j')];
  assert.deepEqual(short(laneOf(after, 'i')).slice(1), [`running ${A} 2-`]);
  assert.deepEqual(short(laneOf(after, 'j')).slice(1), [`running ${A} 2-30 messagebox restarted`, `ready ${A} 30-50`, `running ${B} 50-`]);
  const { hostInstances, generations } = project(after).frame(undefined, 60);
  assert.deepEqual(
    hostInstances?.[0]?.sessions.map(({ to, end }) => [to, end]),
    [[30, 'messagebox restarted']],
  );
  assert.deepEqual(generations, [
    { generation: 1, at: 0 },
    { generation: 2, at: 30 },
  ]);
});

test('a journal that is read from its middle on does not take the next segment for a restart', () => {
  const { generations, hostInstances } = project([session(5, A), { kind: 'generation', at: 9, generation: 1, origin: 'test' }]).frame(
    undefined,
    9,
  );
  assert.deepEqual(generations, []);
  assert.equal(hostInstances?.[0]?.sessions[0]?.to, null);
});

test('an owner whose grant a power failure took owned it at least since its run began', () => {
  const lane = laneOf(
    [
      enlist,
      submit(10, 'i'),
      commit(50, 'i', A, 1, {
        trace: [
          [0, 0],
          [1, 30],
        ],
      }),
    ],
    'i',
  );
  assert.deepEqual(short(lane), ['ready - 10-20', `running ${A} 20-`]);
});

/** A run with kills at random, as a journal. */
function randomRun(seed: number, kills: number): JournalRecord[] {
  let state = seed;
  const random = (below: number): number => (state = (state * 1664525 + 1013904223) % 4294967296) % below;
  const records: JournalRecord[] = [enlist];
  const live = new Map<string, { owner: string | null; version: number }>();
  let at = 0;
  for (let step = 0, killed = 0; killed < kills; step += 1) {
    at += random(9);
    const ids = [...live.keys()];
    const id = ids[random(Math.max(1, ids.length))];
    const one = id === undefined ? undefined : live.get(id);
    if (ids.length < 12 && random(3) === 0) {
      records.push(submit(at, `i${step}`));
      live.set(`i${step}`, { owner: null, version: 0 });
    } else if (id === undefined || one === undefined) continue;
    else if (one.owner === null) {
      one.owner = random(2) === 0 ? A : B;
      records.push(grant(at, one.owner, 1 + random(50), id));
    } else if (random(9) === 0) {
      const victim = one.owner;
      const held = [...live].filter(([, { owner }]) => owner === victim);
      records.push(
        loss(
          at,
          victim,
          random(2) === 0 ? 'socket closed' : 'lease expired',
          ...held.map(
            ([name, { version }]) =>
              [
                name,
                version,
                [
                  [random(5), 0],
                  [random(5), 3],
                ],
              ] as [string, number, [number, number][]],
          ),
        ),
      );
      for (const [, lost] of held) lost.owner = null;
      killed += 1;
    } else {
      one.version += 1;
      const outcome = one.version > 8 ? 'completed' : ((['running', 'running', 'idle', 'completed'] as const)[random(4)] ?? 'running');
      records.push(
        commit(at, id, one.owner, one.version, {
          outcome,
          waits: [],
          trace: [
            [random(5), 0],
            [random(5), 1],
          ],
        }),
      );
      if (outcome === 'idle') one.owner = null;
      if (outcome === 'completed') live.delete(id);
    }
  }
  return records;
}

test('after 50 random kills every lane and the history of its instance say the same, shape by shape', () => {
  const seed = Number(process.env['SEED'] ?? Date.now() % 100_000);
  console.log(`seed ${seed}`);
  const records = numbered(randomRun(seed, 50));
  const lanes = project(
    records.map(({ record }) => record),
    10_000,
  ).frame(undefined, 0).lanes;
  assert.ok(lanes.length > 10);
  let again = 0;
  for (const lane of lanes) {
    const history = new InstanceHistory(lane.instance, () => SHAPES.map((name) => ({ kind: 'expression', name, parent: -1 })));
    for (const record of records) history.add(record);
    assert.deepEqual(factsOfLane(lane, SHAPES), factsOfHistory(history.events), lane.instance);
    again += lane.points.filter((point) => point.again !== undefined).length;
  }
  assert.ok(again > 0, 'the run has nothing that ran again');
});

test('the comparison notices a shape that is not said to have run again, and a wrong owner', () => {
  const lane = laneOf(TAKEOVER, 'i');
  const history = new InstanceHistory('i', () => SHAPES.map((name) => ({ kind: 'expression', name, parent: -1 })));
  for (const record of numbered(TAKEOVER)) history.add(record);
  const told = factsOfHistory(history.events);
  assert.deepEqual(factsOfLane(lane, SHAPES), told);
  assert.notDeepEqual(
    factsOfLane({ ...lane, points: lane.points.map(({ at, version, points }) => ({ at, version, points })) }, SHAPES),
    told,
  );
  assert.notDeepEqual(factsOfLane({ ...lane, stretches: lane.stretches.map((stretch) => ({ ...stretch, by: A })) }, SHAPES), told);
});

test('who takes only what changed has the same lanes, also of what was forgotten meanwhile', () => {
  const records = numbered(randomRun(7, 20));
  const lanes = new Lanes({ instances: 8, windowMs: 1e9, revision: 1000 });
  const followed = new Map<string, string>();
  let since: number | undefined;
  for (const [index, record] of records.entries()) {
    lanes.add(record);
    if (index % 7 !== 0 && index !== records.length - 1) continue;
    const frame = lanes.frame(since, record.record.at);
    if (frame.reset) followed.clear();
    for (const id of frame.gone) followed.delete(id);
    for (const lane of frame.lanes) followed.set(lane.instance, JSON.stringify(lane));
    since = frame.revision;
  }
  const whole = lanes.frame(undefined, 0);
  assert.ok(whole.lanes.length <= 8);
  assert.deepEqual([...followed.values()].sort(), whole.lanes.map((lane) => JSON.stringify(lane)).sort());
  assert.equal(lanes.frame(since, 0).lanes.length, 0);
});

test('a revision of another projection, or one too long ago, gets everything', () => {
  const lanes = project(TAKEOVER);
  assert.equal(lanes.frame(lanes.revision, 0).reset, false);
  assert.equal(lanes.frame(lanes.revision + 1, 0).reset, true);
  const many = new Lanes({ instances: 2, windowMs: 1e9, revision: 0 });
  many.add({ record: enlist });
  for (let index = 0; index < 50; index += 1) many.add({ record: submit(index, `i${index}`) });
  assert.equal(many.frame(3, 0).reset, true);
  assert.equal(many.frame(many.revision - 1, 0).reset, false);
});

test('of too many instances those that changed their owner stay longest, and all go after the window', () => {
  const ended = (id: string): JournalRecord[] => [submit(80, id), grant(81, A, 1, id), commit(82, id, A, 1, { outcome: 'completed' })];
  const lanes = project([...TAKEOVER, ...ended('x'), ...ended('y'), ...ended('z')], 2);
  assert.deepEqual(
    lanes.frame(undefined, 100).lanes.map(({ instance }) => instance),
    ['i', 'z'],
  );
  assert.deepEqual(lanes.frame(undefined, 100_000).lanes, []);
});
