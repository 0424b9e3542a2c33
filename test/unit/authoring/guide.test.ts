/** Guarantee: every module of docs/orchestrations.md does what is said of it, exactly as it is written there, whether its instances stay in memory or not. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { START_TYPE } from '../../../emulator/orchestration/starting.ts';
import { guideModules } from './guide.ts';
import { GuideGroup } from './guideGroup.ts';

const folder = mkdtempSync(join(tmpdir(), 'soh-guide-'));
after(() => rmSync(folder, { recursive: true }));

const DAY = 24 * 3_600_000;

interface Example {
  /** What comes in and how time passes. */
  readonly run: (group: GuideGroup) => Promise<void>;
  /** `Send: body` of all that is published, in its order. */
  readonly published: readonly string[];
  /** Ports that are bound to nothing: orchestrations of the module meet there. */
  readonly direct?: readonly string[];
  /** Instances run beside each other: only what is published counts, not in which order. */
  readonly beside?: boolean;
  /** Outcome of each instance, with its error; 'completed' of each without. */
  readonly ended?: readonly string[];
  readonly log?: readonly string[];
  /** More that has to be so. */
  readonly also?: (group: GuideGroup) => void;
}

const say = (group: GuideGroup, port: string, body: object, twoWay = false): Promise<void> =>
  group.receive(port, JSON.stringify(body), twoWay);

const examples: Readonly<Record<string, Example>> = {
  TakeOrder: {
    async run(group) {
      await say(group, 'Orders', { id: '1', total: 1500 });
      await say(group, 'Orders', { id: '2', total: 10 });
      await say(group, 'Orders', { id: '3' });
    },
    published: [1, 2, 3].map((id) => `Send receipt: {"id":"${String(id)}","rush":${String(id === 1)}}`),
    also: (group) => assert.deepEqual(group.published[0]?.to, ['Receipts']),
  },
  Confirm: {
    run: (group) => group.receive('Orders', '<Order xmlns="urn:orders"><Id>a&amp;b</Id><Line/><Line/></Order>'),
    published: ['Confirm: <Confirmation xmlns="urn:orders" order="a&amp;b" lines="2"/>'],
  },
  BookSale: {
    run: (group) => say(group, 'Sales', { sale: '1', cents: 1250 }),
    published: ['Send bill: {"bill":"1","total":"12.50"}', 'Book: {"entry":"1","debit":1250}'],
  },
  WatchOrders: {
    async run(group) {
      await say(group, 'Orders', { id: '1', country: 'CH', total: 1500 });
      await say(group, 'Orders', { id: '2', country: 'CH', total: 1000 });
      await say(group, 'Orders', { id: '3', total: 1500 });
      await say(group, 'Orders', { id: '4', rush: '' });
      assert.deepEqual(group.refused, ['message.routingFailure', 'message.routingFailure']);
    },
    published: ['Alert: {"id":"1"}', 'Alert: {"id":"4"}'],
  },
  AwaitPayment: {
    async run(group) {
      await say(group, 'Orders', { id: '1', customer: 'x' });
      await say(group, 'Orders', { id: '2', customer: 'y' });
      await say(group, 'Payments', { order: '2' });
      assert.equal(group.published.length, 1);
      await group.pass(3 * DAY + 1000);
    },
    published: ['Thanks: {"id":"2","letter":"Thanks"}', 'Reminder: {"id":"1","letter":"Reminder"}'],
  },
  PayDelivery: {
    async run(group) {
      await say(group, 'Notes', { delivered: 'd1' });
      await say(group, 'Invoices', { delivery: 'd2', amount: '20.00' });
      await say(group, 'Invoices', { delivery: 'd1', amount: '10.00' });
      assert.equal(group.published.length, 1);
      await say(group, 'Notes', { delivered: 'd2' });
    },
    published: ['Pay: {"delivery":"d1","amount":"10.00"}', 'Pay: {"delivery":"d2","amount":"20.00"}'],
  },
  PackOrder: {
    run: (group) =>
      say(group, 'Orders', {
        id: '1',
        lines: [
          { item: 'cup', price: '1.10', pieces: 12 },
          { item: 'jug', price: '20', pieces: 1 },
        ],
      }),
    published: [
      'Send parcel: {"order":"1","item":"cup","pieces":10}',
      'Send parcel: {"order":"1","item":"cup","pieces":2}',
      'Send parcel: {"order":"1","item":"jug","pieces":1}',
      'Send value: {"order":"1","value":33.20}',
    ],
  },
  HandOver: {
    run: (group) => say(group, 'Orders', { id: '1', carrier: 'fast' }),
    published: ['Hand over: {"id":"1"}'],
    also: ({ published: [parcel] }) =>
      assert.deepEqual(parcel?.properties, {
        OrderId: '1',
        'Shop.Source': 'Orders',
        'FILE.ReceivedFileName': '1.json',
        'BTS.SPName': 'Carrier',
        'BTS.OutboundTransportLocation': 'https://fast.example/parcels',
      }),
  },
  Quote: {
    run: (group) => say(group, 'Quotes', { pieces: 3 }, true),
    published: ['Answer: {"price":36}'],
    also: (group) => assert.deepEqual(group.published[0]?.to, ['Quotes@receive'], 'who asked gets it'),
  },
  Buy: {
    direct: ['Shop', 'Counter'],
    async run(group) {
      await say(group, 'Wishes', { wish: 'cup' });
      await say(group, 'Wishes', { wish: 'jug' });
    },
    published: [
      'Ask the shop: {"ask":"cup"}',
      'Sell: {"cost":3}',
      'Tell: {"item":"cup","outcome":"for 3"}',
      'Ask the shop: {"ask":"jug"}',
      'Refuse: {"soldOut":"no more of it"}',
      'Tell: {"item":"jug","outcome":"not: no more of it"}',
    ],
  },
  AwardTender: {
    direct: ['Bids'],
    beside: true,
    run: (group) => say(group, 'Tenders', { tender: 'cups' }),
    published: [
      'Ask near: start',
      'Ask far: start',
      'Bid: {"supplier":"near","price":12}',
      'Bid: {"supplier":"far","price":9}',
      'Award: {"item":"cups","supplier":"far"}',
    ],
  },
  ShipSafely: {
    async run(group) {
      await say(group, 'Orders', { id: '1' });
      await group.transmit();
      await say(group, 'Orders', { id: '2' });
      assert.equal(group.published.length, 2);
      await group.transmit({ code: 'send.failed', message: 'Nobody is there.' });
    },
    published: [
      'Hand over: {"id":"1"}',
      'Hand over: {"id":"2"}',
      `Complain: ${JSON.stringify({ id: '2', why: 'The message of Send "Hand over" was not delivered: Nobody is there.' })}`,
    ],
  },
  AskOffer: {
    async run(group) {
      await say(group, 'Needs', { item: 'cup' });
      await say(group, 'Needs', { item: 'jug' });
      const { inquiry } = JSON.parse(group.published[0]?.body ?? '') as { inquiry: string };
      await say(group, 'Offers', { answers: inquiry, price: '3.00' });
      await group.pass(3_600_000);
    },
    published: [
      'Ask the supplier: {"inquiry":"…","item":"cup"}',
      'Ask the supplier: {"inquiry":"…","item":"jug"}',
      'Tell: {"item":"cup","price":"3.00"}',
      'Tell: {"item":"jug","price":"no offer"}',
    ],
  },
  ChargeCard: {
    async run(group) {
      for (const total of [10, 1500, 20_000, -1]) await say(group, 'Orders', { id: String(total), total });
      await say(group, 'Orders', { id: 'none' });
    },
    published: [
      'Tell: {"id":"10","how":"charged"}',
      'Tell: {"id":"1500","how":"CardRefused: There is not enough on it."}',
      'Tell: {"id":"20000","how":"CardStolen: The bank keeps the card."}',
      'Tell: {"id":"-1","how":"charged"}',
    ],
    ended: [
      ...Array.from({ length: 4 }, () => 'completed'),
      'suspended orchestration.uncaught: Uncaught exception NoTotal in shape "No total": The order has no total.',
    ],
    log: ['Say it: cannot charge: The order has no total.'],
  },
  AskInTurn: {
    async run(group) {
      await say(group, 'Needs', { item: 'cup' });
      for (const price of [5, 3]) {
        const { inquiry } = JSON.parse(group.published.at(-1)?.body ?? '') as { inquiry: string };
        await say(group, 'Offers', { answers: inquiry, price });
      }
    },
    published: ['Ask: {"inquiry":"…","item":"cup"}', 'Ask: {"inquiry":"…","item":"cup"}', 'Tell: {"item":"cup","price":3}'],
  },
  BookTrip: {
    async run(group) {
      await say(group, 'Trips', { id: 't1' });
      await say(group, 'Trips', { id: 't2', cancelled: true });
    },
    published: [
      'Book flight: {"id":"t1","what":"flight"}',
      'Book hotel: {"id":"t1","what":"hotel"}',
      'Book flight: {"id":"t2","what":"flight"}',
      'Book hotel: {"id":"t2","what":"hotel"}',
      'Cancel hotel: {"id":"t2","what":"no hotel"}',
      'Cancel flight: {"id":"t2","what":"no flight"}',
      'Tell it failed: {"id":"t2","what":"failed"}',
    ],
  },
  Ship: {
    async run(group) {
      await say(group, 'Orders', { id: '1', weight: 70 });
      await group.pass(15 * DAY);
    },
    beside: true,
    published: [
      'Send parcel: {"order":"1","parcel":1,"weight":30}',
      'Ask later: start',
      'Send parcel: {"order":"1","parcel":2,"weight":30}',
      'Ask later: start',
      'Send parcel: {"order":"1","parcel":3,"weight":10}',
      'Ask later: start',
      'Did it arrive?: {"order":"1","parcel":1,"weight":30}',
      'Did it arrive?: {"order":"1","parcel":2,"weight":30}',
      'Did it arrive?: {"order":"1","parcel":3,"weight":10}',
    ],
  },
  Approve: {
    async run(group) {
      await say(group, 'Orders', { id: '1', total: 0 });
      await say(group, 'Orders', { id: '2', total: 500 });
      await say(group, 'Orders', { id: '3', total: 5000 });
      assert.deepEqual(group.published.length, 1);
      assert.match(
        group.ended.map(({ outcome, error }) => `${outcome} ${error ?? ''}`).join('\n'),
        /^suspended suspended: Above the limit/m,
      );
      await group.resumeAll();
    },
    published: ['Pass on: {"id":"2","total":500}', 'Pass on: {"id":"3","total":5000}'],
    ended: ['terminated terminated: Order 1 is empty.', 'completed', 'completed'],
  },
};

/** Names of the orchestrations a module defines. */
const namesIn = (code: string): string[] => [...code.matchAll(/orchestration\(\s*'(\w+)'/g)].map(([, name = '']) => name);

test('every module of the guide is run here', () => {
  // What a module calls or starts is run with it.
  const run = guideModules.map((code) => namesIn(code).filter((name) => Object.hasOwn(examples, name)));
  assert.deepEqual(
    run.map((names) => names.length),
    guideModules.map(() => 1),
  );
  assert.equal(new Set(run.flat()).size, Object.keys(examples).length);
});

for (const behavior of ['never', 'always'] as const) {
  for (const [name, { run, published, direct = [], beside = false, ended, log = [], also }] of Object.entries(examples)) {
    test(`${name} does what the guide says (dehydrates: ${behavior})`, async () => {
      const code = guideModules.find((module) => namesIn(module).includes(name)) ?? '';
      const group = await GuideGroup.load(code, folder, behavior, direct);
      await run(group);
      const told = group.published.map(({ shape, type, body }) =>
        type === START_TYPE ? `${shape}: start` : `${shape}: ${body.replace(/"inquiry":"[^"]+"/, '"inquiry":"…"')}`,
      );
      assert.deepEqual(beside ? told.sort() : told, beside ? [...published].sort() : published);
      const outcomes = group.ended.map(({ outcome, error }) => (error === undefined ? outcome : `${outcome} ${error}`));
      assert.deepEqual(outcomes, ended ?? outcomes.map(() => 'completed'));
      assert.deepEqual(group.log, log);
      also?.(group);
    });
  }
}

/** Sends three messages through a direct port: with the send port and a type set by code, and the received one as it is. */
const properties = `
import { messageType, orchestration, receivePort, sendPort } from 'scaled-out-hosts';
const order = messageType({ name: 'Order', format: 'json', promoted: { OrderId: '/id' } });
const parcel = messageType({ name: 'Parcel', format: 'json', promoted: { OrderId: '/id' } });
export const set = orchestration(
  'Set',
  { messages: { Order: order, Parcel: parcel }, ports: { Orders: receivePort(), Named: sendPort(), Direct: sendPort() } },
  (o) => [
    o.receive('Receive', { port: 'Orders', message: 'Order', activate: true }),
    o.constructAndSend('By name', { port: 'Direct', message: 'Parcel' }, () => ({ body: { id: '1' }, properties: { 'BTS.SPName': 'Named' } })),
    o.scope('Try', [
      o.constructAndSend('By type', { port: 'Direct', message: 'Parcel' }, () => ({
        body: { id: '2' },
        properties: { 'BTS.MessageType': 'Order', 'BTS.ReceivePortName': 'Orders' },
      })),
    ], [o.handler('Nobody', 'PersistenceException', [])]),
    o.send('As it is', { port: 'Direct', message: 'Order' }),
  ],
);`;

test('what the guide says of context properties', async () => {
  const group = await GuideGroup.load(properties, folder, 'never', ['Direct']);
  await group.receive('Orders', '{"id":"7"}');
  const [byName] = group.published;
  const [byType, asItIs] = group.unrouted;
  assert.deepEqual(byName?.to, ['Named'], 'a direct Send may name the send port');
  assert.equal(byType?.shape, 'By type', 'the type is what it was constructed as, so nobody subscribes to it');
  assert.deepEqual(asItIs?.properties, { OrderId: '7' }, 'how it came in stays behind');
});
