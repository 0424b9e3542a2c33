/** Declared names and types are known in the code of shapes. The lines marked as errors are checked by the compiler. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Decimal,
  decimal,
  flag,
  messageType,
  number,
  orchestration,
  receivePort,
  requestResponsePort,
  sendPort,
  xml,
} from '../../../emulator/authoring/index.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';

const order = messageType({
  name: 'urn:o#Order',
  format: 'xml',
  namespaces: { o: 'urn:o' },
  promoted: { id: '/o:Order/o:Id' },
  distinguished: { total: number('/o:Order/o:Total'), urgent: flag('/o:Order/@urgent') },
});

test('a message type has the form the pipelines use', () => {
  assert.deepEqual(order, {
    name: 'urn:o#Order',
    format: 'xml',
    namespaces: { o: 'urn:o' },
    promoted: { id: { path: '/o:Order/o:Id', type: 'string' } },
    distinguished: { total: { path: '/o:Order/o:Total', type: 'number' }, urgent: { path: '/o:Order/@urgent', type: 'boolean' } },
  });
});

test('names and types are checked where code uses them', () => {
  const definition = orchestration(
    'Typed',
    {
      messages: { Order: order },
      variables: { n: 0, done: false, lines: [] as string[], last: null as string | null, deep: { a: [1, 2] } },
      correlationSets: { Id: ['id'] },
      ports: { In: receivePort(), Ask: requestResponsePort(), Out: sendPort() },
    },
    (o) => [
      o.receive('r', { port: 'In', message: 'Order', activate: true, initializes: ['Id'] }),
      o.expression('right', ({ variables, messages }) => {
        variables.n = messages.Order.field('total') ?? 1;
        variables.done = messages.Order.field('urgent') ?? !variables.done;
        variables.lines.push(messages.Order.field('id') ?? '');
        variables.last = variables.lines[0] ?? null;
        variables.deep.a[0] = 7;
      }),
      o.expression('wrong', ({ variables, messages }) => {
        // @ts-expect-error it is not of the declared type
        variables.n = 'text';
        // @ts-expect-error that is not declared
        variables.other = 1;
        // @ts-expect-error it is not of the declared type
        variables.last = messages.Order.field('total') ?? null;
        // @ts-expect-error that is not a field
        messages.Order.field('nothing');
        // @ts-expect-error that is not a message
        void messages.Invoice;
      }),
      // @ts-expect-error that is not a receive port
      o.receive('a', { port: 'Out', message: 'Order', follows: ['Id'] }),
      // @ts-expect-error that is not a correlation set
      o.receive('b', { port: 'In', message: 'Order', follows: ['Other'] }),
      // @ts-expect-error that is a one-way receive port
      o.send('c', { port: 'In', message: 'Order' }),
      o.send('d', { port: 'Ask', message: 'Order' }),
    ],
  );
  assert.equal(definition.body.length, 7);
  assert.throws(() => compile(definition), /send port/, 'what types forbid is refused at run time too');
});

test('a scope knows the messages and correlation sets that it declares, and what is around it', () => {
  const note = messageType({ name: 'Note', format: 'json', promoted: { key: '/key' }, distinguished: { count: number('/count') } });
  const definition = orchestration(
    'Own',
    { messages: { Start: note }, variables: { n: 0 }, ports: { In: receivePort(), Out: sendPort() } },
    (o) => [
      o.receive('start', { port: 'In', message: 'Start', activate: true }),
      o.scope(
        'turn',
        {
          ...{ variables: { mine: '' }, messages: { Answer: note }, correlationSets: { Asked: ['key'] } },
          handlers: (inside) => [inside.handler('all', '*', [inside.construct('again', 'Answer', () => ({ body: {} }))])],
        },
        (inside) => [
          inside.send('ask', { port: 'Out', message: 'Start', initializes: ['Asked'] }),
          inside.receive('answer', { port: 'In', message: 'Answer', follows: ['Asked'] }),
          inside.scope('nested', { messages: { Inner: note } }, (nested) => [
            nested.expression('use', ({ variables, messages }) => {
              variables.n = messages.Answer.field('count') ?? 0;
              // @ts-expect-error that is not a field
              variables.mine = messages.Inner.field('nothing');
            }),
            // @ts-expect-error that is not a correlation set
            nested.receive('other', { port: 'In', message: 'Inner', follows: ['Other'] }),
          ]),
          // @ts-expect-error it is of the scope inside
          inside.send('outside', { port: 'Out', message: 'Inner' }),
        ],
      ),
      // @ts-expect-error it is of the scope
      o.send('behind', { port: 'Out', message: 'Answer' }),
    ],
  );
  assert.throws(() => compile(definition), /exists only in that scope|not declared/, 'what types forbid is refused at run time too');
});

test('inserted values are escaped in XML', () => {
  assert.equal(xml`<a b="${'"1" & <2>'}">${3}${true}</a>`, '<a b="&quot;1&quot; &amp; &lt;2&gt;">3true</a>');
});

test('decimals are fields and variables of their own type', () => {
  const line = messageType({ name: 'Line', format: 'json', distinguished: { price: decimal('/price'), count: number('/count') } });
  assert.deepEqual(line.distinguished.price, { path: '/price', type: 'decimal' });
  const definition = orchestration(
    'Decimals',
    {
      messages: { Line: line },
      variables: { total: new Decimal('0.00'), list: [new Decimal(1)], deep: { sum: new Decimal(0) } },
      ports: { In: receivePort() },
    },
    (o) => [
      o.receive('r', { port: 'In', message: 'Line', activate: true }),
      o.expression('right', ({ variables, messages }) => {
        const price = messages.Line.field('price');
        variables.total = variables.total.plus(price ?? 0).times(messages.Line.field('count') ?? 0);
        variables.list.push(variables.total);
        variables.deep.sum = variables.list[0] ?? variables.total;
      }),
      o.expression('wrong', ({ variables, messages }) => {
        // @ts-expect-error a number is no decimal
        variables.total = 1;
        // @ts-expect-error a decimal is no number
        variables.list.push(messages.Line.field('count'));
      }),
      o.construct('make', 'Line', ({ variables }) => ({ body: { price: variables.total }, properties: { total: variables.total } })),
    ],
  );
  assert.equal(compile(definition).definition.body.length, 4);
  assert.equal(xml`<a>${new Decimal('1.10')}</a>`, '<a>1.10</a>');
});
