/**
 * An order process on two services. ProcessOrder takes an order, asks the warehouse and checks the customer's credit at the same time,
 * then writes an invoice. CheckStock is the warehouse. They only know each other's messages: the MessageBox brings them together, and
 * the correlation set Request brings each answer to the order that asked.
 */
import { messageType, number, flag, orchestration, receivePort, sendPort, xml } from 'scaled-out-hosts';

const namespace = 'http://scaled-out-hosts/sample/orders';
const namespaces = { o: namespace };

export const order = messageType({
  name: `${namespace}#Order`,
  format: 'xml',
  namespaces,
  promoted: { OrderId: '/o:Order/o:Id' },
  distinguished: {
    customer: '/o:Order/o:Customer',
    item: '/o:Order/o:Item',
    quantity: number('/o:Order/o:Quantity'),
    price: number('/o:Order/o:Price'),
  },
});

export const stockRequest = messageType({
  name: `${namespace}#StockRequest`,
  format: 'xml',
  namespaces,
  promoted: { RequestId: '/o:StockRequest/o:Id' },
  distinguished: { item: '/o:StockRequest/o:Item', quantity: number('/o:StockRequest/o:Quantity') },
});

export const stockReply = messageType({
  name: `${namespace}#StockReply`,
  format: 'xml',
  namespaces,
  promoted: { RequestId: '/o:StockReply/o:Id' },
  distinguished: { available: flag('/o:StockReply/o:Available') },
});

export const invoice = messageType({ name: `${namespace}#Invoice`, format: 'xml', namespaces, promoted: { OrderId: '/o:Invoice/o:Id' } });

/** Orders above this total get a discount and have to be approved. */
const APPROVAL_LIMIT = 1000;

export const processOrder = orchestration(
  'ProcessOrder',
  {
    messages: { Order: order, StockRequest: stockRequest, StockReply: stockReply, Invoice: invoice },
    variables: { orderId: '', total: 0, discount: 0, approved: false },
    correlationSets: { Request: ['RequestId'] },
    ports: { Orders: receivePort(), StockRequests: sendPort(), StockReplies: receivePort(), Invoices: sendPort() },
  },
  (o) => [
    o.receive('Receive order', { port: 'Orders', message: 'Order', activate: true }),
    o.expression('Add up', ({ variables, messages }) => {
      variables.orderId = messages.Order.field('OrderId') ?? '';
      variables.total = (messages.Order.field('quantity') ?? 0) * (messages.Order.field('price') ?? 0);
    }),
    o.parallel('Ask and check', [
      o.branch('Warehouse', [
        o.construct('Write stock request', 'StockRequest', ({ messages, instanceId }) => ({
          body: xml`<StockRequest xmlns="${namespace}"><Id>${instanceId}</Id><Item>${messages.Order.field('item') ?? ''}</Item><Quantity>${messages.Order.field('quantity') ?? 0}</Quantity></StockRequest>`,
        })),
        o.send('Ask warehouse', { port: 'StockRequests', message: 'StockRequest', initializes: ['Request'] }),
        o.receive('Receive stock reply', { port: 'StockReplies', message: 'StockReply', follows: ['Request'] }),
      ]),
      o.branch('Credit', [o.delay('Credit check', 2000)]),
    ]),
    o.decide('Large order?', [
      o.rule('Above the limit', ({ variables }) => variables.total > APPROVAL_LIMIT, [
        o.expression('Give discount', ({ variables }) => {
          variables.discount = 0.05;
          variables.approved = true;
        }),
      ]),
    ]),
    o.construct('Write invoice', 'Invoice', ({ variables: { orderId, total, discount, approved }, messages }) => ({
      body: xml`<Invoice xmlns="${namespace}">
  <Id>${orderId}</Id>
  <Customer>${messages.Order.field('customer') ?? ''}</Customer>
  <Total>${(total * (1 - discount)).toFixed(2)}</Total>
  <Approved>${approved}</Approved>
  <InStock>${messages.StockReply.field('available') ?? false}</InStock>
</Invoice>`,
    })),
    o.send('Send invoice', { port: 'Invoices', message: 'Invoice' }),
  ],
);

/** Pieces of any item the warehouse has. */
const STOCK = 100;

export const checkStock = orchestration(
  'CheckStock',
  {
    messages: { StockRequest: stockRequest, StockReply: stockReply },
    ports: { Requests: receivePort(), Replies: sendPort() },
  },
  (o) => [
    o.receive('Receive stock request', { port: 'Requests', message: 'StockRequest', activate: true }),
    o.delay('Walk to the shelf', 100),
    o.construct('Write stock reply', 'StockReply', ({ messages: { StockRequest: request } }) => ({
      body: xml`<StockReply xmlns="${namespace}"><Id>${request.field('RequestId') ?? ''}</Id><Available>${(request.field('quantity') ?? 0) <= STOCK}</Available></StockReply>`,
    })),
    o.send('Answer', { port: 'Replies', message: 'StockReply' }),
  ],
);
