/** Guarantee: the modules of docs/orchestrations.md do what is said of them, exactly as they are written there. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { compile } from '../../../emulator/orchestration/compile.ts';
import type { OrchestrationDefinition } from '../../../emulator/orchestration/definition.ts';
import { entry, TestGroup } from '../engine/group.ts';

// The guide names the library as users do; no build is needed to read it.
const library = new URL('../../../emulator/authoring/index.ts', import.meta.url).href;
registerHooks({ resolve: (specifier, context, next) => next(specifier === 'scaled-out-hosts' ? library : specifier, context) });

const guide = readFileSync(new URL('../../../docs/orchestrations.md', import.meta.url), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'soh-guide-'));
after(() => rmSync(folder, { recursive: true }));

/** The orchestration of that name, from the module of the guide that defines it. */
async function orchestrationOf(name: string): Promise<OrchestrationDefinition> {
  const modules = [...guide.matchAll(/```ts\n(import .*?)```/gs)].map(([, code = '']) => code);
  const found = modules.find((code) => code.includes(`'${name}'`));
  assert.ok(found, `the guide has no module with ${name}`);
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, found);
  const exported = Object.values((await import(pathToFileURL(file).href)) as Record<string, unknown>);
  return exported.find((value) => (value as { name?: unknown }).name === name) as OrchestrationDefinition;
}

/** Names of the shapes that publish when a message with this body activates it. */
async function publishedBy(name: string, body: object): Promise<string[]> {
  const group = new TestGroup(compile(await orchestrationOf(name)), [entry('q0', 0, {}, JSON.stringify(body))]);
  assert.equal(group.finish('restore'), 'completed');
  return group.published();
}

test('TakeOrder answers an order with a receipt', async () => {
  assert.deepEqual(await publishedBy('TakeOrder', { id: 'o1', total: 2000 }), ['Send receipt']);
});

test('BookTrip books a trip; one that is cancelled is compensated, the hotel first', async () => {
  const booked = ['Book flight', 'Book hotel'];
  assert.deepEqual(await publishedBy('BookTrip', { id: 't1' }), booked);
  const cancelled = [...booked, 'Cancel hotel', 'Cancel flight', 'Tell it failed'];
  assert.deepEqual(await publishedBy('BookTrip', { id: 't2', cancelled: true }), cancelled);
});
