/** Orders of the parent take effect whenever they come: before and while everything is loaded, during a stop, twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Orders } from '../../../emulator/hosting/orders.ts';
import type { HostInstanceSettings } from '../../../emulator/hosting/settings.ts';

const settings: HostInstanceSettings = {
  ...{ kind: 'settings', name: 'H@A', host: 'H', computer: 'A', token: 't', baseFolder: '/', messageBoxPort: 1 },
  moduleCache: { folder: '/', secret: 'secret' },
  cluster: {} as HostInstanceSettings['cluster'],
};
const STOP = { kind: 'stop' } as const;

function desk() {
  const happened: string[] = [];
  let port = (): number => 0;
  let loaded: () => void = () => undefined;
  let failed: (error: Error) => void = () => undefined;
  let released: () => void = () => undefined;
  const orders = new Orders({
    load: (_settings, where) => {
      happened.push('load');
      port = where;
      return new Promise((resolve, reject) => {
        failed = reject;
        loaded = () => {
          resolve({
            start: () => happened.push('start'),
            freeze: (on) => happened.push(on ? 'freeze' : 'thaw'),
            stop: () => {
              happened.push('stop');
              return new Promise((done) => (released = done));
            },
          });
        };
      });
    },
    stopped: () => happened.push('stopped'),
    failed: (error) => happened.push(`failed: ${String(error)}`),
  });
  const settle = () => new Promise(setImmediate);
  const act = async (action: () => void) => {
    action();
    await settle();
    return happened.splice(0);
  };
  return {
    order: (...given: Parameters<Orders['take']>[0][]) =>
      act(() =>
        given.forEach((order) => {
          orders.take(order);
        }),
      ),
    loaded: () =>
      act(() => {
        loaded();
      }),
    failed: () =>
      act(() => {
        failed(new Error('no'));
      }),
    released: () =>
      act(() => {
        released();
      }),
    port: () => port(),
  };
}

test('settings, work, stop', async () => {
  const { order, loaded, released } = desk();
  assert.deepEqual(await order(settings), ['load']);
  assert.deepEqual(await loaded(), ['start']);
  assert.deepEqual(await order(STOP), ['stop']);
  assert.deepEqual(await released(), ['stopped']);
});

test('a stop before the settings, and with them', async () => {
  const before = desk();
  assert.deepEqual(await before.order(STOP), ['stopped']);
  assert.deepEqual(await before.order(settings), []);
  assert.deepEqual(await desk().order(settings, STOP), ['load', 'stopped']);
});

test('a stop while modules are loaded ends at once, whatever becomes of them', async () => {
  for (const then of ['loaded', 'failed'] as const) {
    const { order, ...rest } = desk();
    await order(settings);
    assert.deepEqual(await order(STOP), ['stopped']);
    assert.deepEqual(await rest[then](), []);
  }
});

test('stops that come again while it stops, and other orders then', async () => {
  const { order, loaded, released } = desk();
  await order(settings);
  await loaded();
  assert.deepEqual(await order(STOP, STOP, settings), ['stop']);
  assert.deepEqual(await order(STOP, { kind: 'freeze', on: true }), ['freeze']);
  assert.deepEqual(await released(), ['stopped']);
  assert.deepEqual(await order(STOP), []);
});

test('the MessageBox moves, and a freeze comes, while modules are loaded', async () => {
  const { order, loaded, port } = desk();
  await order(settings);
  assert.equal(port(), 1);
  await order({ kind: 'messageBox', port: 2 }, { kind: 'freeze', on: true });
  assert.equal(port(), 2);
  assert.deepEqual(await loaded(), ['freeze', 'start']);
  assert.deepEqual(await order({ kind: 'freeze', on: false }, { kind: 'messageBox', port: 3 }), ['thaw']);
  assert.equal(port(), 3);
});

test('a freeze that is over before everything is loaded leaves nothing behind; settings that come twice load once', async () => {
  const { order, loaded } = desk();
  assert.deepEqual(await order(settings, settings, { kind: 'freeze', on: true }, { kind: 'freeze', on: false }), ['load']);
  assert.deepEqual(await loaded(), ['start']);
});

test('what cannot be loaded is told', async () => {
  const { order, failed } = desk();
  await order(settings);
  assert.deepEqual(await failed(), ['failed: Error: no']);
});
