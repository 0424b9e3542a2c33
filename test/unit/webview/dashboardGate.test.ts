/**
 * No page of another origin, no rebound name and nobody without a secret gets to the dashboard or to the control socket
 * (docs/failure-model.md, P23-P28, T24): of all combinations of Host, Origin and secret only the listed ones pass.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { nodeClock } from '../../../emulator/clock.ts';
import { checkUpgrade, createDashboardCookies, createTicket, redeemTicket, TICKET_LIFE_MS } from '../../../emulator/group/dashboardGate.ts';
import { createDashboardHandler, dashboardUrl } from '../../../emulator/group/dashboardServer.ts';

const token = 'a-token-of-the-group';
const folder = mkdtempSync(path.join(tmpdir(), 'soh-gate-'));
writeFileSync(path.join(folder, 'main.js'), 'export {};');
writeFileSync(path.join(folder, 'secret.txt'), 'secret');
const server = createServer();
let port = 0;

before(async () => {
  const handler = createDashboardHandler({ folder, token, port: () => port, clock: nodeClock });
  server.on('request', (incoming, response) => {
    if (!handler(incoming, response)) response.writeHead(404).end('none of the page');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(target: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const sent = request({ host: '127.0.0.1', port, path: target, headers, method }).end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += chunk as string;
  return { status: response.statusCode ?? 0, headers: response.headers, body };
}

async function enter(): Promise<string> {
  const { pathname, search } = new URL(dashboardUrl(port, token, nodeClock.wall()));
  const { status, headers } = await ask(pathname + search);
  assert.equal(status, 303);
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

test('upgrade: of Host x Origin x secret only own page with cookie, and a program with the token', () => {
  const cookies = createDashboardCookies();
  const value = redeemTicket(cookies, token, createTicket(token, 1000), 1001) ?? '';
  const own = '127.0.0.1:4711';
  const hosts = [own, 'localhost:4711', '127.0.0.1:4712', '127.0.0.1', 'attacker.example:4711', '0.0.0.0:4711', undefined];
  const origins = [
    undefined,
    `http://${own}`,
    'http://localhost:4711',
    `https://${own}`,
    'http://127.0.0.1:4712',
    'http://attacker.example',
    'null',
    `http://${own}, http://x`,
  ];
  const secrets = {
    none: {},
    cookie: { cookie: `other=1; soh-4711=${value}` },
    wrongCookie: { cookie: 'soh-4711=guess' },
    cookieOfOtherPort: { cookie: `soh-4712=${value}` },
    emptyCookie: { cookie: 'soh-4711=' },
    token: { authorization: `Bearer ${token}` },
    wrongToken: { authorization: 'Bearer guess' },
    emptyToken: { authorization: 'Bearer ' },
  };
  const passed: string[] = [];
  for (const host of hosts) {
    for (const origin of origins) {
      for (const [secret, given] of Object.entries(secrets)) {
        const headers = { ...given, ...(host === undefined ? {} : { host }), ...(origin === undefined ? {} : { origin }) };
        const answer = checkUpgrade({ headers }, { token, port: 4711, cookies });
        if (answer.ok) passed.push([host, origin, secret, answer.by].join(' | '));
      }
    }
  }
  assert.deepEqual(passed, [
    '127.0.0.1:4711 |  | token | token',
    '127.0.0.1:4711 | http://127.0.0.1:4711 | cookie | cookie',
    'localhost:4711 |  | token | token',
    'localhost:4711 | http://localhost:4711 | cookie | cookie',
  ]);
});

test('a group without a token lets nobody in', () => {
  const headers = { host: '127.0.0.1:1', authorization: 'Bearer ' };
  assert.equal(checkUpgrade({ headers }, { token: '', port: 1, cookies: createDashboardCookies() }).ok, false);
});

test('a ticket works once, for a minute, and only with the token of this group', () => {
  const cookies = createDashboardCookies();
  const ticket = createTicket(token, 1000);
  assert.equal(redeemTicket(cookies, 'another token', ticket, 1000), undefined);
  assert.equal(redeemTicket(cookies, token, ticket, 1000 + TICKET_LIFE_MS), undefined);
  assert.equal(typeof redeemTicket(cookies, token, ticket, 1001), 'string');
  assert.equal(redeemTicket(cookies, token, ticket, 1002), undefined);
  const [expiry = '', ...rest] = createTicket(token, 1000).split('.');
  for (const forged of ['', '..', `${Number(expiry) + 1}.${rest.join('.')}`, `${createTicket(token, 1000)}.x`, createTicket(token, 1e15)]) {
    assert.equal(redeemTicket(cookies, token, forged, 1001), undefined, forged);
  }
  assert.ok(!ticket.includes(token));
});

test('the ticket is exchanged for a cookie that scripts and other sites cannot use, and leaves the address', async () => {
  const { pathname, search } = new URL(dashboardUrl(port, token, nodeClock.wall()));
  const first = await ask(pathname + search);
  assert.equal(first.headers.location, '/');
  assert.match(first.headers['set-cookie']?.[0] ?? '', /^soh-\d+=[\w-]{43}; HttpOnly; SameSite=Strict; Path=\/$/);
  assert.equal((await ask(pathname + search)).status, 401);
});

test('the page speaks the language the browser asks for first', async () => {
  const cookie = await enter();
  const lang = async (header: string): Promise<string | undefined> =>
    /lang="([^"]*)"/.exec((await ask('/', { cookie, 'accept-language': header })).body)?.[1];
  assert.deepEqual([await lang('zh-CN,zh;q=0.9'), await lang('de, zh'), await lang('"><script>')], ['zh-CN', 'en', 'en']);
});

test('the page comes with the headers that keep it to itself', async () => {
  const { status, headers, body } = await ask('/', { cookie: await enter() });
  assert.equal(status, 200);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*/);
  assert.deepEqual(
    ['x-content-type-options', 'cross-origin-resource-policy', 'x-frame-options', 'cache-control', 'referrer-policy'].map(
      (name) => headers[name],
    ),
    ['nosniff', 'same-origin', 'DENY', 'no-store', 'no-referrer'],
  );
  assert.doesNotMatch(body, new RegExp(`${token}|<script>|style=|onload=`));
});

test('only the files of the list, only with the cookie, only by our own name', async () => {
  const cookie = await enter();
  assert.equal((await ask('/main.js', { cookie })).body, 'export {};');
  assert.equal((await ask('/main.js')).status, 401);
  assert.equal((await ask('/main.css', { cookie })).status, 404);
  for (const target of [
    '/secret.txt',
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/main.js/../secret.txt',
    '//secret.txt',
    '//',
    '//[',
    '/main.js%00',
    '/toString',
  ]) {
    assert.equal((await ask(target, { cookie })).body, 'none of the page', target);
  }
  assert.equal((await ask('/', { cookie, host: `attacker.example:${port}` })).status, 403);
  assert.equal((await ask('/', { cookie }, 'POST')).status, 405);
});
