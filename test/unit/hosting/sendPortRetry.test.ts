/** Guarantee (docs/behaviour.md, section 14): a send port tries again while that can help, and suspends at once what cannot get better. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SohError } from '../../../emulator/errors.ts';
import { BodyClient } from '../../../emulator/hosting/bodies.ts';
import { SendPortWork } from '../../../emulator/hosting/sendPortWork.ts';
import { received } from '../../../emulator/hosting/disassembly.ts';
import type { Answer, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import { MessageTypes } from '../../../emulator/hosting/pipelines/messageTypes.ts';
import { BTS } from '../../../emulator/orchestration/message.ts';
import type { Workplace } from '../../../emulator/hosting/work.ts';
import type { SendPortSettings } from '../../../emulator/cluster/clusterFile.ts';
import type { CommitFrame, HostFrame } from '../../../emulator/messagebox/protocol/frames.ts';

/** The commit a send port makes when its adapter fails like this. */
const commitAfter = (failure: Error, attempts: number): Promise<CommitFrame> =>
  commitOf({ transmit: () => Promise.reject(failure) }, attempts, 'FILE');

/** The commit of a two-way one when this comes back. */
const commitWith = (answer: Answer): Promise<CommitFrame> => commitOf({ transmit: () => Promise.resolve(answer) }, 0, 'HTTP');

async function commitOf(adapter: SendAdapter, attempts: number, kind: 'FILE' | 'HTTP'): Promise<CommitFrame> {
  let send: (frame: HostFrame) => void = () => undefined;
  const sent = new Promise<HostFrame>((resolve) => (send = resolve));
  const workplace: Workplace = {
    ...{ send, bodies: new BodyClient(send), draining: false, running: undefined },
    ...{ now: () => 1000, after: () => () => undefined },
    ...{ occupies: () => undefined, leaves: () => undefined, announce: () => undefined, log: () => undefined },
  };
  const transport = {
    adapter: kind,
    folder: 'out',
    fileName: '%MessageID%.xml',
    twoWay: kind === 'HTTP',
    retryCount: 3,
    retryIntervalMs: 500,
  };
  const message = { id: 'm', type: 'T', properties: { [BTS.correlationToken]: 'token' }, body: '<a/>' };
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
      settings: { name: 'Port', host: 'H', filter: [], transport } as SendPortSettings,
      disassembly: {
        known: Promise.resolve(),
        knows: (type) => type !== 'strange',
        read: (bytes, hint) => Promise.resolve(received(types, bytes, hint)),
      },
      ...{ adapter, workplace },
    },
    { ...grant, state: JSON.stringify({ attempts }), queue: [{ id: 'q', subscription: 's', message }] },
  );
  work.start();
  const frame = await sent;
  assert.ok(frame.kind === 'commit');
  return frame;
}

const types = new MessageTypes(
  new Map([
    ['yes', { name: 'yes', format: 'xml', namespaces: {}, promoted: { No: { path: '/yes/@no', type: 'string' } }, distinguished: {} }],
  ]),
);
const failed = new SohError('send.failed', { port: 'Port', address: 'a', reason: '500' });

test('what comes back goes to whoever sent the request, promoted and with its token; a fault says that it is one', async () => {
  const answered = await commitWith({ bytes: Buffer.from('<yes no="7"/>') });
  assert.deepEqual([answered.outcome, answered.consumed], ['completed', ['q']]);
  const properties = { No: '7', [BTS.messageType]: 'yes', [BTS.correlationToken]: 'token' };
  assert.deepEqual(answered.published, [{ type: 'yes', body: '<yes no="7"/>', properties, shape: 0 }]);
  const fault = await commitWith({ bytes: Buffer.from('<no/>'), fault: failed });
  assert.deepEqual(fault.published[0]?.properties, { [BTS.messageType]: 'no', [BTS.correlationToken]: 'token', [BTS.isFault]: true });
});

test('an error that is no message of the group is a failure, which is tried again; an answer that cannot be read is suspended', async () => {
  for (const body of ['<strange/>', '<broken']) {
    const retry = await commitWith({ bytes: Buffer.from(body), fault: failed });
    assert.deepEqual([retry.outcome, retry.timers, retry.published], ['idle', [{ id: 'retry', due: 1500 }], []], body);
  }
  const broken = await commitWith({ bytes: Buffer.from('<broken') });
  assert.deepEqual([broken.outcome, broken.error?.code, broken.timers], ['suspended', 'message.malformed', []]);
});

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
