/** Guarantee (docs/behaviour.md, section 14): a send port tries again while that can help, and suspends at once what cannot get better. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { BodyClient } from '../../../emulator/hosting/bodies.ts';
import { SendPortWork } from '../../../emulator/hosting/sendPortWork.ts';
import type { Workplace } from '../../../emulator/hosting/work.ts';
import type { SendPortSettings } from '../../../emulator/cluster/clusterFile.ts';
import type { CommitFrame, HostFrame } from '../../../emulator/messagebox/protocol/frames.ts';

/** The commit a send port makes when its adapter fails like this. */
async function commitAfter(failure: Error, attempts: number): Promise<CommitFrame> {
  let send: (frame: HostFrame) => void = () => undefined;
  const sent = new Promise<HostFrame>((resolve) => (send = resolve));
  const workplace: Workplace = {
    ...{ send, bodies: new BodyClient(send), draining: false, running: undefined },
    ...{ now: () => 1000, after: () => () => undefined },
    ...{ occupies: () => undefined, leaves: () => undefined, announce: () => undefined, log: () => undefined },
  };
  const transport = { adapter: 'FILE', folder: 'out', fileName: '%MessageID%.xml', retryCount: 3, retryIntervalMs: 500 } as const;
  const message = { id: 'm', type: 'T', properties: {}, body: '<a/>' };
  const grant = {
    instance: 'i',
    service: 'Port',
    lock: 'l',
    version: 0,
    held: [],
    timers: [],
    alone: false,
    tellAhead: false,
    takeovers: 0,
  };
  const work = new SendPortWork(
    {
      settings: { name: 'Port', host: 'H', transport } as SendPortSettings,
      adapter: { transmit: () => Promise.reject(failure) },
      workplace,
    },
    { ...grant, state: JSON.stringify({ attempts }), queue: [{ id: 'q', subscription: 's', message }] },
  );
  work.start();
  const frame = await sent;
  assert.ok(frame.kind === 'commit');
  return frame;
}

test('a retry waits in the MessageBox while attempts are left', async () => {
  for (const failure of [new SohError('send.failed', { port: 'Port', address: 'a', reason: 'r' }), new Error('EBUSY')]) {
    const retry = await commitAfter(failure, 2);
    assert.equal(retry.outcome, 'idle');
    assert.deepEqual(retry.timers, [{ id: 'retry', due: 1500 }]);
    assert.equal((await commitAfter(failure, 3)).outcome, 'suspended');
  }
});

test('a name that can never be used costs no attempts', async () => {
  const commit = await commitAfter(new SohError('send.badFileName', { port: 'Port', fileName: 'a/b', reason: 'it has a slash' }), 0);
  assert.equal(commit.outcome, 'suspended');
  assert.match(commit.error?.message ?? '', /a\/b/);
  assert.deepEqual(commit.timers, []);
});
