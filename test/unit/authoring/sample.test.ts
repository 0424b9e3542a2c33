/** The order process of samples/order-process does what its file says. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findOrchestration, installLoader, loadModule } from '../../../emulator/authoring/loader.ts';
import type { EngineServices, Execution, QueueEntry } from '../../../emulator/engine/door.ts';
import { createExecution } from '../../../emulator/engine/execution.ts';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { CompiledOrchestration } from '../../../emulator/orchestration/definition.ts';
import type { PropertyValue } from '../../../emulator/orchestration/message.ts';

const sample = new URL('../../../samples/order-process/', import.meta.url);
const authoring = new URL('../../../emulator/authoring/', import.meta.url);
installLoader({
  library: new URL('index.ts', authoring),
  hooksThread: new URL('hooksThread.ts', authoring),
  stripper: new URL('stripTypes.ts', authoring),
});
const module = await loadModule(fileURLToPath(new URL('orders.ts', sample)));
const processOrder = compile(findOrchestration(module, 'ProcessOrder'));
const checkStock = compile(findOrchestration(module, 'CheckStock'));

/** Enough of a pipeline for flat XML: the text of the element that the path ends with. */
function read(body: string, { path, type }: { path: string; type: string }): PropertyValue | undefined {
  const text = new RegExp(`<${path.split(':').at(-1) ?? ''}>([^<]*)<`).exec(body)?.[1];
  if (text === undefined) return undefined;
  return type === 'number' ? Number(text) : type === 'boolean' ? text === 'true' : text;
}

const services: EngineServices = {
  promote: (type, body) => Object.fromEntries(Object.entries(type.promoted).map(([name, location]) => [name, read(body, location) ?? ''])),
  field: (_type, { body }, location) => read(body, location),
  sendProperties: () => ({}),
  receiveProperties: () => ({}),
};

function entry(compiled: CompiledOrchestration, receive: string, type: string, body: string): QueueEntry {
  const number = compiled.outline.findIndex(({ name }) => name === receive);
  const id = read(body, { path: 'o:Id', type: 'string' }) ?? '';
  const properties = type === 'Order' ? { OrderId: id } : { RequestId: id };
  return { id: receive, subscription: String(number), message: { id: `m ${receive}`, type, body, properties } };
}

function published(execution: Execution): {
  readonly type: string;
  readonly body: string;
  readonly outcome: string;
  readonly properties: unknown;
} {
  const commit = execution.takeCommit();
  const [message] = commit.published;
  assert.ok(message);
  return { type: message.type.split('#')[1] ?? '', body: message.body ?? '', outcome: commit.outcome, properties: message.properties };
}

async function invoiceFor(order: string): Promise<string> {
  const process = createExecution({ compiled: processOrder, instanceId: 'p', services });
  assert.equal(process.run({ kind: 'deliver', entries: [entry(processOrder, 'Receive order', 'Order', order)] }, 0).kind, 'persist');
  const request = published(process);
  assert.deepEqual([request.type, request.outcome, request.properties], ['StockRequest', 'running', { RequestId: 'p' }]);

  const warehouse = createExecution({ compiled: checkStock, instanceId: 'w', services });
  assert.equal(
    warehouse.run({ kind: 'deliver', entries: [entry(checkStock, 'Receive stock request', 'StockRequest', request.body)] }, 0).kind,
    'blocked',
  );
  assert.equal(warehouse.run({ kind: 'continue' }, 100).kind, 'persist');
  const reply = published(warehouse);
  assert.deepEqual([reply.type, reply.outcome, reply.properties], ['StockReply', 'completed', { RequestId: 'p' }]);

  assert.equal(process.run({ kind: 'continue' }, 10).kind, 'blocked');
  assert.equal(
    process.run({ kind: 'deliver', entries: [entry(processOrder, 'Receive stock reply', 'StockReply', reply.body)] }, 60).kind,
    'blocked',
  );
  assert.equal(process.run({ kind: 'continue' }, 2010).kind, 'persist', 'the credit check is over');
  const invoice = published(process);
  assert.deepEqual([invoice.type, invoice.outcome, invoice.properties], ['Invoice', 'completed', { OrderId: '4711' }]);
  return invoice.body;
}

test('a large order gets a discount and is approved, a small one is not', async () => {
  const large = await readFile(new URL('order.xml', sample), 'utf8');
  const fields = (body: string): unknown[] =>
    ['Customer', 'Total', 'Approved', 'InStock'].map((name) => read(body, { path: `o:${name}`, type: 'string' }));
  assert.deepEqual(fields(await invoiceFor(large)), ['Contoso', '1121.00', 'true', 'true']);
  const small = large.replace('<Quantity>40<', '<Quantity>2<');
  assert.deepEqual(fields(await invoiceFor(small)), ['Contoso', '59.00', 'false', 'true']);
});
