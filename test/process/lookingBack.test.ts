/**
 * Guarantee: a real run, with a host instance killed and one frozen, can be looked back at while it goes on and after it was exported: at
 * its end it is what the group says of itself, at the fault the owner is still the old one, and `show` tells the same at every moment.
 */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { type HostMessage, PAGE_VERSION } from '../../emulator/control/pageProtocol.ts';
import { RecordedRun } from '../../emulator/replay/recordedRun.ts';
import { fileSource } from '../../emulator/replay/runFile.ts';
import { openRunOf } from '../../emulator/replay/runs.ts';
import { TestGroup, until } from '../faults/group.ts';

const run = promisify(execFile);

test('a run with a kill and a freeze, live and from its file', { timeout: 120_000 }, async (context) => {
  const group = await TestGroup.start();
  context.after(() => group.remove());
  await group.dropLedgers(10, { steps: 8, pause: 30 });
  const [killed, frozen] = await group.until(() => {
    const busy = group.processing.filter(({ active, leaseAgeMs }) => active > 0 && leaseAgeMs !== null);
    return busy.length >= 2 ? busy.map(({ name }) => name) : undefined;
  }, 'two host instances have work');
  assert.ok(killed !== undefined && frozen !== undefined);
  await group.client.call('killHostInstance', { name: killed });
  await group.until(() => group.instance(killed).leaseAgeMs === null, 'the kill is noticed');
  await group.client.call('freezeHostInstance', { name: frozen });
  await group.until(() => group.instance(frozen).leaseAgeMs === null, 'the freeze is noticed');
  await group.client.call('thawHostInstance', { name: frozen });
  await group.allDone(60_000);

  const status = await group.client.call('status', {});
  const past = await openRunOf(group.dataFolder, status.messageBox.sequence, Date.now());
  const marks = past.overview.marks.map(({ kind, subject }) => `${kind} ${subject}`);
  for (const mark of [`kill ${killed}`, `ownerLost ${killed}`, `freeze ${frozen}`, `ownerLost ${frozen}`])
    assert.ok(marks.includes(mark), mark);

  // The end: what the group says of itself.
  const then = past.snapshot(1).status;
  assert.deepEqual(then.services, status.services);
  assert.deepEqual(then.messageBox.counts, status.messageBox.counts);
  for (const { name, host, computer, state, committed } of status.hostInstances) {
    const replayed = then.hostInstances.find((one) => one.name === name);
    assert.deepEqual([replayed?.host, replayed?.computer, replayed?.state, replayed?.committed], [host, computer, state, committed], name);
  }
  const { instances } = await group.client.call('instances', { limit: 1000 });
  const listed = (await past.call('instances', { limit: 1000 })).instances;
  assert.deepEqual([...listed].sort(byId), [...instances].sort(byId));
  for (const { id } of instances.slice(0, 20)) {
    const [live, replayed] = await Promise.all([group.client.call('show', { instance: id }), past.call('show', { instance: id })]);
    assert.deepEqual(replayed, live);
  }

  // Just before the loss: its work was still its own.
  const loss = past.overview.marks.find(({ kind, subject }) => kind === 'ownerLost' && subject === killed);
  assert.ok(loss);
  await past.goTo(loss.at - 1);
  const before = past.snapshot(1);
  assert.ok((before.status.hostInstances.find(({ name }) => name === killed)?.active ?? 0) > 0);
  const held = before.instances.filter(({ owner, state }) => owner === killed && state === 'Active');
  await past.goTo(loss.at);
  const after = past.snapshot(2);
  assert.equal(after.status.hostInstances.find(({ name }) => name === killed)?.leaseAgeMs, null);
  for (const { id } of held) assert.notEqual(after.instances.find((one) => one.id === id)?.state, 'Completed');

  // From the file: the same at every mark.
  const file = join(group.folder, 'exported.sohrun');
  await run(process.execPath, ['dist/cli.mjs', 'export', file, '--data', group.dataFolder, '--json']);
  const opened = await RecordedRun.open({ source: await fileSource(await readFile(file), 'exported.sohrun'), revision: 0 });
  for (const { at } of past.overview.marks) {
    await Promise.all([past.goTo(at), opened.goTo(at)]);
    assert.deepEqual(opened.snapshot(1), past.snapshot(1));
  }
  await servedToBrowsers(file);
});

/** `open` serves the page and the run to whoever has the address, once; nothing else gets in, and nothing can be changed. */
async function servedToBrowsers(file: string): Promise<void> {
  const server = spawn(process.execPath, ['dist/cli.mjs', 'open', file, '--no-browser', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let printed = '';
    server.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    const url = await until(() => /http:[^"]+/.exec(printed)?.[0], 'the address is printed');
    const entered = await fetch(url, { redirect: 'manual' });
    assert.equal(entered.status, 303);
    assert.notEqual((await fetch(url, { redirect: 'manual' })).status, 303, 'the address works once');
    const origin = new URL(url).origin;
    const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
    assert.equal((await fetch(origin, { headers: { cookie } })).status, 200);
    const address = `${origin.replace('http', 'ws')}/page`;
    await assert.rejects(once(new WebSocket(address, { origin }), 'open'), 'without the cookie');
    await assert.rejects(once(new WebSocket(address, { origin: 'http://elsewhere', headers: { cookie } }), 'open'), 'from another page');
    const page = new WebSocket(address, { origin, headers: { cookie } });
    const heard: HostMessage[] = [];
    page.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as HostMessage));
    await once(page, 'open');
    page.send(JSON.stringify({ kind: 'ready', version: PAGE_VERSION }));
    page.send(JSON.stringify({ kind: 'command', id: 1, command: 'killMessageBox', arguments: {} }));
    await until(() => heard.length >= 4, 'the run is shown');
    const moment = heard.find((message) => message.kind === 'moment');
    assert.equal(moment?.present, false);
    assert.ok((moment.overview?.records ?? 0) > 0);
    assert.ok(heard.some((message) => message.kind === 'feed' && message.frame.kind === 'snapshot'));
    assert.equal(heard.find((message) => message.kind === 'failure')?.error.code, 'run.past');
    page.terminate();
  } finally {
    server.kill('SIGINT');
  }
  const [code] = (await once(server, 'exit')) as [number | null];
  assert.equal(code, 0);
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
