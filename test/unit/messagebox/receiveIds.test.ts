/**
 * Guarantee (docs/failure-model.md, P15): what the MessageBox remembers of submissions can be asked for, in bounded pages, and is forgotten
 * when its source is gone; of a location that is no more, after a day.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamedService } from '../../../emulator/messagebox/protocol/supervisorFrames.ts';
import { lifted } from '../../../emulator/format.ts';
import type { Session } from '../../../emulator/messagebox/core/sessions.ts';
import { fromSnapshot, snapshotFormat, toSnapshot } from '../../../emulator/messagebox/core/snapshotState.ts';
import { readHostFrame } from '../../../emulator/messagebox/protocol/frames.ts';
import { Core, type FakeConnection } from '../../faults/core.ts';

const DAY = 86_400_000;

class Locations {
  readonly core = new Core();
  session: Session;
  connection: FakeConnection;
  #requests = 0;

  constructor() {
    ({ session: this.session, connection: this.connection } = this.core.hello('R@A'));
  }

  submit(location: string, ...ids: string[]): void {
    for (const receiveId of ids)
      this.core.messageBox.frame(this.session, {
        kind: 'submit',
        request: ++this.#requests,
        location,
        receiveId,
        message: { type: 'T', properties: { Job: '1' }, body: '<a/>' },
      });
  }

  /** One page. */
  page(location: string, begin: boolean): { ids: string[]; more: boolean } {
    const request = ++this.#requests;
    const frame = { kind: 'keptIds', request, location, begin } as const;
    assert.deepEqual(readHostFrame(frame), { value: frame });
    this.core.messageBox.frame(this.session, frame);
    const answer = this.connection.last('keptIds');
    assert.equal(answer?.request, request);
    return { ids: answer.ids.map(([id]) => id), more: answer.more };
  }

  all(location: string, between: () => void = () => undefined): string[] {
    const ids: string[] = [];
    for (let more = true, begin = true; more; begin = false) {
      const page = this.page(location, begin);
      assert.ok(page.ids.length <= 500);
      ids.push(...page.ids);
      more = page.more;
      between();
    }
    return ids;
  }

  forget(...receiveIds: string[]): void {
    this.core.messageBox.frame(this.session, { kind: 'forget', receiveIds });
  }
}

const numbered = (prefix: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${prefix}/${String(n)}`);

test('the ids of one location, page by page, also while they change', () => {
  const box = new Locations();
  box.submit('A', ...numbered('A', 1200));
  box.submit('B', ...numbered('B', 700));
  assert.deepEqual(box.all('A'), numbered('A', 1200));
  assert.deepEqual(box.all('B'), numbered('B', 700));
  assert.deepEqual(box.all('C'), []);
  let forgotten = 0;
  const seen = box.all('A', () => {
    box.forget(`A/${String(forgotten++)}`, `A/${String(1199 - forgotten)}`);
    if (forgotten < 3) box.submit('A', `A/new${String(forgotten)}`);
  });
  for (let n = 10; n < 1190; n++) assert.ok(seen.includes(`A/${String(n)}`), String(n));
});

test('a walk that was broken off begins anew; each session has its own', () => {
  const box = new Locations();
  box.submit('A', ...numbered('A', 600));
  assert.equal(box.page('A', true).ids.length, 500);
  const other = box.core.hello('R@B');
  box.core.messageBox.frame(other.session, { kind: 'keptIds', request: 1, location: 'A', begin: true });
  assert.equal(other.connection.last('keptIds')?.ids.length, 500);
  assert.equal(box.page('A', true).ids.length, 500);
  assert.deepEqual(box.page('A', false), { ids: numbered('A', 600).slice(500), more: false });
});

test('forgetting what is not known writes nothing', () => {
  const box = new Locations();
  box.submit('A', 'A/1');
  const before = box.core.records.length;
  box.forget('A/unknown');
  assert.equal(box.core.records.length, before);
  box.forget('A/1', 'A/unknown');
  assert.deepEqual(box.core.records.at(-1)?.record, { kind: 'forget', at: box.core.now, receiveIds: ['A/1'] });
  assert.deepEqual(box.all('A'), []);
});

const named = (...names: string[]): NamedService[] => names.map((name) => ({ kind: 'receiveLocation', name, host: 'H' }));

test('ids of a location that is not in the group file are forgotten after a day, not before', () => {
  const box = new Locations();
  box.submit('Gone', 'Gone/1');
  box.submit('Here', 'Here/1');
  const known = (): string[] => [...box.core.messageBox.store.state.receiveIds.keys()];
  box.core.messageBox.supervise(named('Here'), [], []);
  assert.deepEqual(known(), ['Gone/1', 'Here/1'], 'it may come back, with its files');
  box.core.now += DAY + 1;
  box.core.messageBox.supervise(named('Here', 'Gone'), [], []);
  assert.deepEqual(known(), ['Gone/1', 'Here/1']);
  box.core.messageBox.supervise(named('Here'), [], []);
  assert.deepEqual(known(), ['Here/1']);
  box.core.restart();
  assert.deepEqual(known(), ['Here/1']);
});

test('snapshots of before know only the name of the location', () => {
  const box = new Locations();
  box.submit('A', 'A/1');
  const { state } = box.core.messageBox.store;
  const snapshot = toSnapshot(state, 1);
  assert.deepEqual(fromSnapshot(JSON.parse(JSON.stringify(snapshot)) as typeof snapshot).receiveIds, state.receiveIds);
  const older = lifted(snapshotFormat, 1, { ...snapshot, receiveIds: { 'A/1': 'A' } }, 'the snapshot');
  assert.deepEqual(fromSnapshot(older).receiveIds, new Map([['A/1', { location: 'A', at: 0 }]]));
});
