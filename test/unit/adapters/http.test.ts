/**
 * Guarantee (docs/failure-model.md, P23 to P26, 4.9): only programs of this computer that hold the token get a message in, each once; callers
 * are told what became of it. A send is one POST that carries the same key every time.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { isCode, SohError } from '../../../emulator/errors.ts';
import { createReceiveAdapter, createSendAdapter } from '../../../emulator/hosting/adapters/createAdapter.ts';
import type { OutboundMessage, ReceiveAdapter, SendAdapter } from '../../../emulator/hosting/adapters/door.ts';
import { FakeMessageBox, temporaryFolder, until } from './fakeMessageBox.ts';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

const authorization = 'Bearer secret-token';

async function location(
  t: TestContext,
  box: FakeMessageBox,
  settings: { twoWay?: boolean; anonymous?: boolean; timeoutMs?: number } = {},
): Promise<ReceiveAdapter> {
  const transport = { adapter: 'HTTP', port: 0, path: '/orders', twoWay: false, anonymous: false, timeoutMs: 5000, ...settings } as const;
  const adapter = createReceiveAdapter({ name: 'Web', host: 'ReceivingHost', transport }, '/', box.context());
  await adapter.start();
  t.after(() => adapter.stop());
  return adapter;
}

function call(url: string, headers: http.OutgoingHttpHeaders, body: string | Buffer = '<a/>', method = 'POST'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers: { 'Content-Type': 'application/xml', ...headers }, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    request.on('error', reject).end(body);
  });
}

test('the gate: Host x Origin x token, anonymous or not', async (t) => {
  const box = new FakeMessageBox();
  for (const anonymous of [false, true]) {
    const url = (await location(t, box, { anonymous })).address;
    const port = new URL(url).port;
    let allowed = 0;
    for (const host of [
      `127.0.0.1:${port}`,
      `localhost:${port}`,
      `[::1]:${port}`,
      '127.0.0.1',
      `127.0.0.1:${String(Number(port) + 1)}`,
      `evil.example:${port}`,
      `127.0.0.1.evil.example:${port}`,
    ]) {
      for (const origin of [undefined, 'null', `http://127.0.0.1:${port}`, 'http://evil.example', 'vscode-webview://x', 'file://']) {
        for (const token of [authorization, undefined, 'Bearer wrong', 'Bearer ', 'Basic c2VjcmV0LXRva2Vu', 'secret-token']) {
          const { status } = await call(url, {
            host,
            ...(origin === undefined ? {} : { origin }),
            ...(token === undefined ? {} : { authorization: token }),
          });
          const ours = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(host);
          const expected = !ours || origin !== undefined ? 403 : anonymous || token === authorization ? 202 : 401;
          assert.equal(status, expected, `${host} ${String(origin)} ${String(token)}`);
          if (status === 202) allowed++;
        }
      }
    }
    assert.equal(allowed, anonymous ? 18 : 3);
  }
  assert.equal(box.taken.length, 21, 'nothing refused came in');
});

test('path, method and content type', async (t) => {
  const box = new FakeMessageBox();
  const url = (await location(t, box)).address;
  assert.equal((await call(url.replace('/orders', '/other'), { authorization })).status, 404);
  assert.equal((await call(url, { authorization }, '', 'GET')).status, 405);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', '']) {
    assert.equal((await call(url, { authorization, 'content-type': type })).status, 415, type);
  }
  for (const type of ['application/xml', 'TEXT/XML; charset=utf-8', 'application/json', 'application/octet-stream']) {
    assert.equal((await call(`${url}?x=1`, { authorization, 'content-type': type })).status, 202, type);
  }
  assert.equal(box.taken.length, 4);
});

test('an Idempotency-Key makes a repeat a duplicate; without one each is a message; ids without a key are forgotten', async (t) => {
  const box = new FakeMessageBox();
  const url = (await location(t, box)).address;
  const first = await call(url, { authorization, 'idempotency-key': 'k1' });
  const again = await call(url, { authorization, 'idempotency-key': 'k1' });
  assert.deepEqual([JSON.parse(first.text), JSON.parse(again.text)], [{ duplicate: false }, { duplicate: true }]);
  await call(url, { authorization });
  await call(url, { authorization });
  assert.equal(box.taken.length, 3);
  const hash = createHash('sha256').update('<a/>').digest('hex');
  assert.deepEqual([...box.known], [`Web/k1/${hash}`]);
  const other = await call(url, { authorization, 'idempotency-key': 'k1' }, '<b/>');
  assert.equal(other.status, 422, 'the same key with another message is not swallowed');
  assert.equal(box.taken.length, 3);
  assert.equal((await call(url, { authorization, 'idempotency-key': 'k'.repeat(201) })).status, 400);
});

test('malformed: 400 with the place, and the message is kept', async (t) => {
  const box = new FakeMessageBox();
  const { status, text } = await call((await location(t, box)).address, { authorization }, '<a>\n<b></a>');
  assert.equal(status, 400);
  assert.match(text, /line 2, column 4/);
  assert.equal(box.taken[0]?.malformed?.code, 'message.malformed');
});

test('a MessageBox that is away: 503, nothing claimed', async (t) => {
  const box = new FakeMessageBox();
  box.fault = 'before';
  const { status, headers } = await call((await location(t, box)).address, { authorization });
  assert.equal(status, 503);
  assert.equal(headers['retry-after'], '1');
});

test('what the MessageBox refuses: 503 only where sending again can help', async (t) => {
  const box = new FakeMessageBox();
  const url = (await location(t, box)).address;
  const statusOf = async (refusal: Error): Promise<number> => {
    box.refusal = refusal;
    return (await call(url, { authorization })).status;
  };
  assert.equal(await statusOf(new SohError('messageBox.messageTooLarge', { size: 2, limit: 1 })), 413);
  assert.equal(await statusOf(new SohError('messageBox.protocol', { reason: 'a frame' })), 422);
  assert.equal(await statusOf(new SohError('messageBox.storageFailed', { file: 'f', reason: 'ENOSPC' })), 503);
  assert.equal(await statusOf(new SohError('group.connectionLost')), 503);
  assert.equal(await statusOf(new Error('nobody knows')), 503);
  assert.equal(box.taken.length, 0);
});

test('64 MiB and a byte: 413, announced or not', async (t) => {
  const box = new FakeMessageBox();
  const url = (await location(t, box)).address;
  assert.equal((await call(url, { authorization, 'content-length': 64 * 1024 * 1024 + 1, expect: '100-continue' }, '')).status, 413);
  const chunked = await new Promise<number>((resolve, reject) => {
    const request = http.request(
      url,
      { method: 'POST', headers: { authorization, 'content-type': 'application/xml' }, agent: false },
      (response) => {
        request.destroy();
        resolve(response.statusCode ?? 0);
      },
    );
    request.on('error', reject);
    const chunk = Buffer.alloc(1024 * 1024, 'a');
    const write = (left: number): void => {
      if (left > 0 && !request.destroyed)
        request.write(chunk, () => {
          write(left - 1);
        });
    };
    write(65);
  });
  assert.equal(chunked, 413);
  assert.equal(box.taken.length, 0);
});

test('two-way: the response goes to the caller that waits for it, also when it comes early', async (t) => {
  const box = new FakeMessageBox();
  const adapter = await location(t, box, { twoWay: true });
  const response = (id: string): OutboundMessage => ({ id, type: 'r', body: `{"to":"${id}"}`, properties: {} });
  const both = [call(adapter.address, { authorization }), call(adapter.address, { authorization })];
  await until('both submitted', () => box.instances === 2);
  assert.deepEqual(box.taken[0]?.twoWay, { timeoutMs: 5000 });
  // i2 at once: its submission may not have been seen by the adapter yet.
  const delivered = await Promise.all([adapter.respond?.('i2', response('i2')), adapter.respond?.('i1', response('i1'))]);
  assert.deepEqual(delivered, [true, true]);
  const answers = await Promise.all(both);
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers['content-type']]),
    Array(2).fill([200, 'application/json']),
  );
  assert.deepEqual(answers.map(({ text }) => text).sort(), ['{"to":"i1"}', '{"to":"i2"}']);
  assert.equal(await adapter.respond?.('i1', response('i1')), false, 'nobody waits any more');
  const third = call(adapter.address, { authorization });
  await until('the third submitted', () => box.instances === 3);
  const error = { code: 'messageBox.messageUnreadable', message: 'it cannot be read' };
  assert.equal(await adapter.respond?.('i3', { error }), true);
  const { status, text } = await third;
  assert.deepEqual([status, JSON.parse(text)], [500, { error }]);
});

test('two-way: a response before the acknowledgement is seen is kept for its caller', async (t) => {
  const box = new FakeMessageBox();
  const context = box.context();
  const early: Promise<boolean | undefined>[] = [];
  const transport = { adapter: 'HTTP', port: 0, path: '/', twoWay: true, anonymous: true, timeoutMs: 5000 } as const;
  const adapter: ReceiveAdapter = createReceiveAdapter({ name: 'Web', host: 'H', transport }, '/', {
    ...context,
    submit: async (submission) => {
      early.push(Promise.resolve(adapter.respond?.('i1', { id: 'r', type: '', body: '<r/>', properties: {} })));
      early.push(Promise.resolve(adapter.respond?.('nobody', { id: 'r', type: '', body: '<r/>', properties: {} })));
      return context.submit(submission);
    },
  });
  await adapter.start();
  t.after(() => adapter.stop());
  assert.equal((await call(adapter.address, {})).text, '<r/>');
  assert.deepEqual(await Promise.all(early), [true, false]);
});

test('two-way: 504 in time, 500 when nobody subscribes, 503 when the location stops, false when the caller left', async (t) => {
  const box = new FakeMessageBox();
  const quick = await location(t, box, { twoWay: true, timeoutMs: 50 });
  assert.equal((await call(quick.address, { authorization })).status, 504);
  box.suspend = true;
  assert.equal((await call(quick.address, { authorization })).status, 500);
  box.suspend = false;
  const slow = await location(t, box, { twoWay: true });
  const waits = call(slow.address, { authorization });
  const before = box.instances;
  await until('submitted', () => box.instances === before + 1);
  const leaver = http
    .request(slow.address, { method: 'POST', headers: { authorization, 'content-type': 'text/xml' }, agent: false })
    .on('error', () => undefined);
  leaver.end('<a/>');
  await until('submitted', () => box.instances === before + 2);
  leaver.destroy();
  await until(
    'the caller is known to be gone',
    async () => (await slow.respond?.(`i${String(before + 2)}`, { id: 'r', type: '', body: '', properties: {} })) === false,
  );
  await slow.stop();
  assert.equal((await waits).status, 503);
});

test('a port that is taken is a clear error with a next step', async (t) => {
  const box = new FakeMessageBox();
  const port = Number(new URL((await location(t, box)).address).port);
  const transport = { adapter: 'HTTP', port, path: '/', twoWay: false, anonymous: false, timeoutMs: 1 } as const;
  const second = createReceiveAdapter({ name: 'Second', host: 'H', transport }, '/', box.context());
  await assert.rejects(second.start(), (error) => isCode(error, 'receive.portTaken') && error.message.includes(String(port)));
  await second.stop();
});

interface Received {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

async function receiver(
  t: TestContext,
  status: number | undefined,
  answer = 'because\nI say so',
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks) });
      if (status !== undefined) {
        response.writeHead(status, { location: '/elsewhere', 'content-type': 'text/xml; charset=latin1' }).end(answer);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/in?secret=1`, received };
}

function send(
  url: string | undefined,
  over: Partial<OutboundMessage> = {},
  timeoutMs = 5000,
  signal = new AbortController().signal,
  twoWay = false,
): ReturnType<SendAdapter['transmit']> {
  const transport = {
    adapter: 'HTTP',
    twoWay,
    timeoutMs,
    retryCount: 0,
    retryIntervalMs: 0,
    ...(url === undefined ? {} : { url }),
  } as const;
  return createSendAdapter({ name: 'Åut', host: 'S', filter: [], transport }, '/', 1000).transmit(
    { id: 'i/1/0', type: 'a', body: '<a>å</a>', properties: {}, ...over },
    signal,
  );
}

test('send: one POST with key, type and bytes; static and dynamic address', async (t) => {
  const { url, received } = await receiver(t, 204);
  await send(url);
  await send(url, { body: '{}' });
  await send(undefined, { body: 'AP8=', properties: { 'BTS.OutboundTransportLocation': url, 'BTS.Encoding': 'base64' } });
  assert.deepEqual(
    received.map(({ headers }) => headers['idempotency-key']),
    Array(3).fill('i%2F1%2F0/%C3%85ut'),
  );
  assert.deepEqual(
    received.map(({ headers }) => headers['content-type']),
    ['application/xml; charset=utf-8', 'application/json', 'application/octet-stream'],
  );
  assert.deepEqual([received[0]?.body.toString(), [...(received[2]?.body ?? [])]], ['<a>å</a>', [0, 255]]);
});

test('send: everything but 2xx fails with the reason and without secrets; redirects are not followed', async (t) => {
  for (const status of [301, 400, 500]) {
    const { url, received } = await receiver(t, status);
    await assert.rejects(send(url.replace('http://', 'http://user:word@')), (error: Error) => {
      assert.ok(isCode(error, 'send.failed'));
      assert.match(error.message, new RegExp(`${String(status)} .*because I say so`));
      assert.doesNotMatch(error.message, /secret|word/);
      return true;
    });
    assert.equal(received.length, 1);
  }
});

test('send: no answer, nobody there, aborted, no address, other protocols', async (t) => {
  const failed = (pattern: RegExp) => (error: Error) => isCode(error, 'send.failed') && pattern.test(error.message);
  const silent = await receiver(t, undefined);
  await assert.rejects(send(silent.url, {}, 50), failed(/no answer within 50 ms/));
  await assert.rejects(send(silent.url, {}, 5000, AbortSignal.abort()), failed(/abort/i));
  await assert.rejects(send('http://127.0.0.1:1/'), failed(/ECONNREFUSED/));
  await assert.rejects(send(undefined), failed(/\(none\).*not an http/));
  for (const url of ['file:///etc/passwd', 'ftp://x/', 'javascript:1', 'nonsense']) {
    await assert.rejects(send(undefined, { properties: { 'BTS.OutboundTransportLocation': url } }), failed(/not an http/), url);
  }
});

test('send: a two-way port brings the answer back, also a fault; what is no answer has failed', async (t) => {
  const ask = async (status: number, answer?: string): ReturnType<SendAdapter['transmit']> => {
    const { url } = await receiver(t, status, answer);
    return send(url, {}, 5000, undefined, true);
  };
  const answered = await ask(200, '<yes/>');
  assert.deepEqual([answered?.bytes.toString(), answered?.charset, answered?.fault], ['<yes/>', 'latin1', undefined]);
  const fault = await ask(500, '<no/>');
  assert.equal(fault?.bytes.toString(), '<no/>');
  assert.match(fault?.fault?.message ?? '', /500 .*<no\/>/);
  const failed = (pattern: RegExp) => (error: Error) => isCode(error, 'send.failed') && pattern.test(error.message);
  await assert.rejects(ask(404, '<no/>'), failed(/404/));
  await assert.rejects(ask(200, ''), failed(/without a body/));
  await assert.rejects(ask(200, 'x'.repeat(1001)), failed(/more than 1000 bytes/));
});

test('send: of a dynamic port the scheme of the address decides, and a file lies in the one folder for them', async (t) => {
  const base = await temporaryFolder(t);
  const dynamic = (folder?: string): SendAdapter => {
    const transport = { adapter: 'dynamic', timeoutMs: 5000, retryCount: 0, retryIntervalMs: 0, ...(folder && { folder }) } as const;
    return createSendAdapter({ name: 'Out', host: 'S', filter: [], transport }, base, 1000);
  };
  const to = (address: string, adapter = dynamic('out')): Promise<unknown> => {
    const message = { id: 'i', type: 'a', body: '<a/>', properties: { 'BTS.OutboundTransportLocation': address } };
    return adapter.transmit(message, new AbortController().signal);
  };
  const { url, received } = await receiver(t, 200);
  await to(url);
  assert.equal(received[0]?.body.toString(), '<a/>');
  await to('file:one-%MessageID%.xml');
  await to('FILE:///two-%MessageID%.xml');
  await to('file:two-%MessageID%.xml');
  assert.deepEqual((await readdir(join(base, 'out'))).sort(), ['one-i.xml', 'two-i.xml']);
  for (const outside of ['file:../x.xml', 'file:///etc/x.xml', 'file:a\\b.xml', 'file:..'])
    await assert.rejects(to(outside), (error: Error) => isCode(error, 'send.badFileName'), outside);
  await assert.rejects(to('file:x.xml', dynamic()), (error: Error) => isCode(error, 'send.badFileName'));
  for (const other of ['ftp://x/', 'nonsense', 'file:', ''])
    await assert.rejects(to(other), (error: Error) => isCode(error, 'send.failed'), other);
  assert.deepEqual(
    (await readdir(base)).filter((name) => !name.startsWith('.')),
    ['out'],
  );
});

test('what a send port posts, a receive location takes', async (t) => {
  const box = new FakeMessageBox();
  const { address } = await location(t, box, { anonymous: true });
  await send(address);
  await send(address);
  assert.deepEqual(box.bodies(), ['<a>å</a>']);
});

test('the charset and the content coding that a caller names are honoured, or refused with what would do', async (t) => {
  const box = new FakeMessageBox();
  const { address } = await location(t, box);
  const text = '<?xml version="1.0"?><Order>M\u00fcller</Order>';
  const post = (headers: http.OutgoingHttpHeaders, body: Buffer): Promise<Answer> => call(address, { authorization, ...headers }, body);
  const taken = async (headers: http.OutgoingHttpHeaders, body: Buffer): Promise<string> => {
    const { status, text: said } = await post(headers, body);
    assert.equal(status, 202, said);
    return box.lastBody();
  };
  const latin = Buffer.from(text, 'latin1');
  assert.equal(await taken({ 'content-type': 'application/xml; charset=ISO-8859-1' }, latin), text);
  assert.equal(await taken({ 'content-type': 'text/xml;charset="iso-8859-1"; x=y' }, latin), text);
  assert.equal(await taken({ 'content-encoding': 'gzip' }, gzipSync(text)), text);
  assert.equal(await taken({ 'content-encoding': 'deflate' }, deflateSync(text)), text);
  assert.equal(await taken({ 'content-encoding': 'br' }, brotliCompressSync(text)), text);
  assert.equal(await taken({ 'content-encoding': 'identity' }, Buffer.from(text)), text);
  assert.equal(await taken({ 'content-encoding': 'gzip, br' }, brotliCompressSync(gzipSync(text))), text);
  assert.equal(await taken({ 'content-encoding': 'gzip', 'content-type': 'application/xml; charset=latin1' }, gzipSync(latin)), text);

  const before = box.taken.length;
  const unknown = await post({ 'content-encoding': 'zstd' }, Buffer.from(text));
  assert.deepEqual([unknown.status, unknown.headers['accept-encoding']], [415, 'gzip, deflate, br']);
  assert.match(unknown.text, /zstd/);
  assert.equal((await post({ 'content-encoding': 'gzip' }, Buffer.from(text))).status, 400);
  // 64 MiB and a little, of zeros.
  assert.equal((await post({ 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(64 * 1024 * 1024 + 1)))).status, 413);
  assert.equal(box.taken.length, before, 'nothing of it was taken');

  for (const [contentType, body, code] of [
    ['application/xml; charset=klingon', Buffer.from(text), 'message.encodingUnsupported'],
    ['application/xml; charset=utf-16', Buffer.from(`\ufeff${text}`), 'message.encodingContradiction'],
    ['application/xml', Buffer.from('<?xml version="1.0" encoding="UTF-16"?><Order/>'), 'message.encodingContradiction'],
  ] as const) {
    const { status, text: said } = await post({ 'content-type': contentType }, body);
    assert.deepEqual([status, (JSON.parse(said) as { error: { code: string } }).error.code], [400, code]);
    assert.equal(box.taken.at(-1)?.malformed?.code, code, 'it is kept, suspended');
  }
});

test('while the MessageBox has no room callers are told to come again, with the reason', async (t) => {
  const box = new FakeMessageBox();
  const { address } = await location(t, box);
  box.paused = true;
  const refused = await call(address, { authorization });
  assert.deepEqual([refused.status, refused.headers['retry-after']], [503, '1']);
  assert.match(refused.text, /disk of the MessageBox is full/);
  box.paused = false;
  box.refusal = new SohError('messageBox.storageFull', { folder: 'd' });
  assert.equal((await call(address, { authorization })).status, 503, 'also when it was on its way already');
  box.refusal = undefined;
  assert.equal((await call(address, { authorization })).status, 202);
  assert.equal(box.taken.length, 1);
});
