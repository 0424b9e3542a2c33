/** Guarantee: `resume` says who took what was resumed, as soon as it is known, and does not wait longer than moments for who is busy. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { ClusterFile } from '../../../emulator/cluster/clusterFile.ts';
import type { OperationResult } from '../../../emulator/control/instances.ts';
import { CommandDesk } from '../../../emulator/group/commandDesk.ts';
import { Computers } from '../../../emulator/group/computers.ts';
import type { MessageBoxProcess } from '../../../emulator/group/messageBoxProcess.ts';
import { noCounts } from '../../../emulator/messagebox/core/instanceState.ts';
import { SimulatedClock } from '../../../emulator/simulation/simulatedClock.ts';
import { detail, status } from '../cli/fakeGroup.ts';

const dataFolder = mkdtempSync(join(tmpdir(), 'soh-desk-'));
after(() => rmSync(dataFolder, { recursive: true }));

/** Resumes one instance that is taken when so many ms have passed; what is answered, after how long and how many looks. */
async function resume(takenAfterMs: number): Promise<{ result: OperationResult; afterMs: number; looks: number }> {
  const clock = new SimulatedClock();
  let looks = 0;
  const messageBox = {
    ask: async ({ kind }: { kind: string }) => {
      if (kind === 'operate') return { kind: 'operated', result: { done: [detail.id], skipped: [] } };
      looks += 1;
      const taken = clock.monotonic() >= takenAfterMs;
      const live = { ...detail, state: taken ? 'Active' : 'Ready to run', owner: taken ? 'H@B' : null };
      return { kind: 'instances', at: '', total: 1, counts: noCounts(), instances: [live] };
    },
  } as unknown as MessageBoxProcess;
  const cluster = { hosts: [], computers: [] } as unknown as ClusterFile;
  const desk = new CommandDesk({
    ...{ cluster, baseFolder: dataFolder, dataFolder, token: '', messageBox, clock },
    computers: new Computers(cluster, () => assert.fail('no host instance')),
    status: () => status,
    observed: () => undefined,
    stop: () => assert.fail('no stop'),
  });
  let answered = false;
  const answer = desk.call('resume', { filter: { ids: [detail.id] } }).finally(() => (answered = true));
  for (;;) {
    // Everything that needs no time happens first.
    await new Promise(setImmediate);
    if (answered) return { result: (await answer) as OperationResult, afterMs: clock.monotonic(), looks };
    clock.advance(1);
  }
}

test('it is answered when it is taken', async () => {
  const { result, afterMs, looks } = await resume(120);
  assert.deepEqual(result.resumed, [{ id: detail.id, state: 'Active', owner: 'H@B' }]);
  assert.deepEqual([afterMs, looks], [150, 4]);
});

test('at once where somebody has it already', async () => {
  const { afterMs, looks } = await resume(0);
  assert.deepEqual([afterMs, looks], [0, 1]);
});

test('after one and a half seconds as it is: who could take it is busy', async () => {
  const { result, afterMs } = await resume(Infinity);
  assert.deepEqual(result.resumed, [{ id: detail.id, state: 'Ready to run', owner: null }]);
  assert.ok(afterMs >= 1500 && afterMs <= 1550, String(afterMs));
});
