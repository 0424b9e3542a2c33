/** What the flow says of each shape is what the history and the MessageBox say: persisted, at risk, ran again, by whom, where it goes on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceDetail } from '../../../emulator/control/instances.ts';
import { flowStates, type ShapeState } from '../../../webview/model/flowState.ts';
import { describeShape, wrap } from '../../../webview/model/flowText.ts';
import { history, numberOf, outline, parts } from '../../page/fakeDetail.ts';

const START = Date.UTC(2026, 0, 1);

function detail(some: Partial<InstanceDetail> = {}): InstanceDetail {
  const at = new Date(START).toISOString();
  return {
    id: 'i',
    orchestration: 'Order',
    kind: 'orchestration',
    state: 'Active',
    pendingOperation: null,
    owner: 'ProcessingHost@B',
    commits: 2,
    takeovers: 1,
    created: at,
    changed: at,
    error: null,
    outline,
    variables: {},
    history: history(START, false),
    ...parts,
    ...some,
  };
}

function stateOf(shown: InstanceDetail, name: string): ShapeState {
  const state = flowStates(shown)[numberOf(name)];
  assert.ok(state);
  return state;
}

test('ran before a commit: persisted, by whom, how often; ran again after a loss', () => {
  const { reached, runs, by, again } = stateOf(detail(), 'SendRequest');
  assert.deepEqual([reached, runs, by, again], ['persisted', 1, 'ProcessingHost@A', 0]);
  const check = stateOf(detail(), 'CheckStock');
  assert.deepEqual([check.reached, check.runs, check.by, check.again], ['persisted', 3, 'ProcessingHost@B', 1]);
  assert.equal(stateOf(detail(), 'SendInvoice').reached, 'not reached');
});

test('ran since the last commit: at risk; its branch too, and blocks without a run are not', () => {
  const shown = detail();
  assert.equal(stateOf(shown, 'Approval').reached, 'at risk');
  assert.equal(stateOf(shown, 'Approved').reached, 'at risk');
  assert.equal(stateOf(shown, 'Too late').reached, 'not reached');
  assert.equal(stateOf(shown, 'Credit').reached, 'persisted');
});

test('where it goes on: the saved places, the first shape when nothing is saved, nowhere when it has ended', () => {
  const places = (shown: InstanceDetail): number[] => flowStates(shown).flatMap(({ goesOn }, number) => (goesOn ? [number] : []));
  assert.deepEqual(places(detail()), [numberOf('Stock'), numberOf('Approval')]);
  assert.deepEqual(places(detail({ position: { saved: [], atRisk: [] } })), [0]);
  assert.deepEqual(places(detail({ state: 'Completed' })), []);
  assert.deepEqual(places(detail({ state: 'Suspended (not resumable)', position: { saved: [], atRisk: [] } })), []);
});

test('where it is: at the last shape it reported while it runs, with threads that have not moved; at its saved places while it waits', () => {
  const current = (shown: InstanceDetail) => flowStates(shown).flatMap(({ current: how }, number) => (how ? [[how, number]] : []));
  assert.deepEqual(current(detail()), [['running', numberOf('WaitForApproval')]]);
  const behind = detail({
    position: { saved: [numberOf('OneDay'), numberOf('CheckStock'), numberOf('BuildRequest')], atRisk: [numberOf('CheckStock')] },
  });
  assert.deepEqual(current(behind), [
    ['running', numberOf('CheckStock')],
    ['waiting', numberOf('OneDay')],
  ]);
  const waiting = { saved: [numberOf('Stock'), numberOf('Approval')], atRisk: [] };
  assert.deepEqual(current(detail({ state: 'Dehydrated', position: waiting })), [['waiting', numberOf('Approval')]]);
  assert.deepEqual(current(detail({ state: 'Suspended (not resumable)', position: waiting })), []);
});

test('after a loss, before anybody commits, what the lost owner had run is at risk', () => {
  const upToLoss = history(START, false).slice(0, 4);
  const { reached, by, again } = stateOf(
    detail({ state: 'Ready to run', history: upToLoss, position: { saved: [8], atRisk: [] } }),
    'CheckStock',
  );
  assert.deepEqual([reached, by, again], ['at risk', 'ProcessingHost@A', 0]);
  const rerun = detail({ history: upToLoss, position: { saved: [8], atRisk: [numberOf('CheckStock')] } });
  assert.deepEqual([stateOf(rerun, 'CheckStock').again, stateOf(rerun, 'CheckStock').by], [1, 'ProcessingHost@B']);
  assert.equal(stateOf(rerun, 'DecideCredit').reached, 'not reached');
});

test('an error stands at its shape, and every mark is in the words', () => {
  const shown = detail({ error: { code: 'x', message: 'no stock', shape: 'CheckStock' } });
  const entry = outline[numberOf('CheckStock')];
  assert.ok(entry);
  const words = 'Expression CheckStock: persisted, ran 3 times, last on ProcessingHost@B, ran again after a takeover, Error: no stock';
  assert.equal(describeShape(entry, stateOf(shown, 'CheckStock')), words);
});

test('an error stands at the shape that the history tells, where called orchestrations have shapes of one name', () => {
  const called = (call: string, parent: number) => [
    { kind: 'call', name: call, parent: -1, orchestration: 'Booking' },
    { kind: 'send', name: 'Book', parent },
  ];
  const at = new Date(START).toISOString();
  const error = { code: 'x', message: 'no room', shape: 'Book' };
  const marked = (number?: number) => {
    const history = [{ kind: 'suspended', sequence: 1, at, error, ...(number !== undefined && { number }) } as const];
    const states = flowStates(
      detail({ outline: [...called('House', 0), ...called('Car', 2)], position: { saved: [], atRisk: [] }, timers: [], error, history }),
    );
    return states.flatMap((state, index) => (state.error === null ? [] : [index]));
  };
  assert.deepEqual([marked(3), marked(1), marked()], [[3], [1], [1]]);
});

test('names are broken into rows and cut with an ellipsis; Chinese letters take the room of two', () => {
  assert.deepEqual(wrap('Short', 18, 2), ['Short']);
  assert.deepEqual(wrap('Receive stock reply of the warehouse', 18, 2), ['Receive stock', 'reply of the…']);
  assert.deepEqual(wrap('WaitForTheApprovalOfManager', 18, 2), ['WaitForTheApproval', 'OfManager']);
  assert.deepEqual(wrap('averyveryverylongname', 10, 2), ['averyvery…']);
  assert.deepEqual(wrap('等待仓库的库存答复', 10, 2), ['等待仓库的', '库存答复']);
});
