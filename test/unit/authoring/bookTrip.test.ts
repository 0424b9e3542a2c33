/** The trip of samples/book-trip does what its file says, also when every saved state is taken up by somebody else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findOrchestration, installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import { entry, TestGroup } from '../engine/group.ts';

const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const module = await loadModule(fileURLToPath(new URL('../../../samples/book-trip/trip.ts', import.meta.url)));
const bookTrip = compile(findOrchestration(module, 'BookTrip'));

function stepsOf(trip: object, atCommit: 'goOn' | 'restore'): string[] {
  const group = new TestGroup(bookTrip, [entry('q0', 0, {}, JSON.stringify(trip))]);
  assert.equal(group.finish(atCommit), 'completed');
  return group.published();
}

for (const atCommit of ['goOn', 'restore'] as const) {
  test(`a trip within its budget is booked (${atCommit})`, () => {
    const steps = ['Book flight', 'Book night', 'Book night', 'Book car', 'Tell the traveller yes'];
    assert.deepEqual(stepsOf({ trip: 'T-1', nights: 2, budget: 1000 }, atCommit), steps);
  });

  test(`one that is too expensive is booked and cancelled, the last booking first (${atCommit})`, () => {
    const booked = ['Book flight', 'Book night', 'Book night', 'Book night', 'Book car'];
    const cancelled = ['Cancel car', 'Cancel night', 'Cancel night', 'Cancel night', 'Cancel flight', 'Tell the traveller no'];
    assert.deepEqual(stepsOf({ trip: 'T-2', nights: 3, budget: 400 }, atCommit), [...booked, ...cancelled]);
  });
}
