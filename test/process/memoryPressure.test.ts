/** Guarantee: a reading that the group file sets is what a host instance goes by: what waits leaves its memory as if that were full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestGroup } from '../faults/group.ts';

const MODULE = `
import { messageType, orchestration, receivePort } from 'scaled-out-hosts';
const wait = messageType({ name: 'Wait', format: 'json', promoted: { WaitId: '/wait' } });
const signal = messageType({ name: 'Signal', format: 'json', promoted: { WaitId: '/signal' } });
const keep = (name) =>
  orchestration(
    name,
    { messages: { Wait: wait, Signal: signal }, correlationSets: { Wait: ['WaitId'] }, ports: { In: receivePort(), Signals: receivePort() } },
    (o) => [
      o.receive('Receive', { port: 'In', message: 'Wait', activate: true, initializes: ['Wait'] }),
      o.receive('Signal', { port: 'Signals', message: 'Signal', follows: ['Wait'] }),
    ],
  );
export const full = keep('Full');
export const roomy = keep('Roomy');
`;

test('of two hosts the one whose memory is said to be full lets go of what waits', { timeout: 90_000 }, async (context) => {
  const instances = ['A'];
  const thresholds = { minThresholdMs: 100, maxThresholdMs: 3_600_000 };
  const off = { private: { active: false }, virtual: { active: false } };
  const full = { ...thresholds, memory: { ...off, physical: { active: true, readingPercent: 86 } } };
  const group = await TestGroup.start({
    module: MODULE,
    cluster: {
      hosts: [
        { name: 'ReceivingHost', instances },
        { name: 'SendingHost', instances },
        { name: 'FullHost', instances, dehydration: full },
        { name: 'RoomyHost', instances, dehydration: { ...thresholds, memory: off } },
      ],
      orchestrations: ['Full', 'Roomy'].map((name) => ({ name, module: './own.ts', host: `${name}Host` })),
    },
  });
  context.after(() => group.remove());
  await group.running();
  await group.drop('wait.json', JSON.stringify({ wait: 'a' }));
  const states = async (): Promise<Record<string, string>> => {
    const { instances: found } = await group.client.call('instances', {});
    return Object.fromEntries(found.map(({ orchestration, state }) => [orchestration, state]));
  };
  await group.until(async () => (await states())['Full'] === 'Dehydrated', 'the full one has let go');
  await group.until(async () => (await states())['Roomy'] !== 'Ready to run', 'the other one has it');
  assert.deepEqual(await states(), { Full: 'Dehydrated', Roomy: 'Active' });
});
