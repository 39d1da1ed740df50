'use strict';
const assert = require('node:assert/strict');
const { randomBytes } = require('node:crypto');
const { cpSync } = require('node:fs');
const path = require('node:path');
const { serve } = require('./process.cjs');
const { closedPort, startProxy, startVendor } = require('./tracing/vendor.cjs');

/** What travels in query strings, and what stands in commands of Redis. */
const IN_URLS = ['access token', 'nonce', 'order number', 'secret', 'sign'];
const IN_COMMANDS = ['SIGN ticket', 'access token'];
/** The tracers, and what each of them exports without the suppression: Sentry blanks out what is called a secret. */
const TRACERS = {
  'opentelemetry.preload.cjs': IN_URLS,
  'sentry-beside-opentelemetry.preload.cjs': IN_URLS,
  'sentry.preload.cjs': IN_URLS.filter((kind) => kind !== 'secret'),
};
/** What tracing sends along. */
const PROPAGATED = ['baggage', 'sentry-trace', 'traceparent', 'tracestate'];

/**
 * The accounts of a backend: each kind of transport over each kind of store, and every way in which a vendor cannot be
 * reached. `works`: its queries reach the vendor.
 */
async function accountsFor({ vendor, proxy, redisUrl, folder }) {
  const refused = await closedPort();
  const storeEncryptionKey = randomBytes(32).toString('hex');
  const stores = {
    File: { ticketStore: `file:${path.join(folder, 'tickets')}` },
    ...(redisUrl && {
      Redis: { ticketStore: redisUrl },
      Sealed: { ticketStore: redisUrl, storeEncryptionKey },
      Client: { ownClient: true },
      // Nobody listens there.
      LostStore: { ticketStore: `redis://127.0.0.1:${refused}/0` },
    }),
  };
  const ways = {
    Proxy: { proxy: proxy.url },
    LostProxy: { proxy: `http://127.0.0.1:${refused}` },
    Refused: { baseUrl: `http://127.0.0.1:${refused}` },
  };
  const kinds = [
    ['H', 'http-service'],
    ['U', 'undici'],
  ];
  return kinds.flatMap(([letter, transport]) => {
    const account = (name, more) => {
      const own = { name: `${letter}${name}`, appId: `IDA${letter}${name}`, secret: randomBytes(32).toString('hex') };
      return { ...own, transport, baseUrl: vendor.url, ...more };
    };
    return [
      ...Object.entries(stores).map(([name, more]) => account(name, more)),
      ...Object.entries(ways).map(([name, more]) => account(name, { ticketStore: 'memory:', ...more })),
    ];
  });
}

/** Run the backend under a tracer. @returns everything that was exported, what the vendor was sent, and what must be in neither */
async function runTraced(folder, { tracer, preloads = [], redisUrl }) {
  const vendor = await startVendor();
  const proxy = await startProxy();
  try {
    const accounts = await accountsFor({ vendor, proxy, redisUrl, folder });
    const required = [tracer, ...preloads].flatMap((name) => ['--require', path.join(folder, 'tracing', name)]);
    const env = { ...process.env, BACKEND: JSON.stringify({ accounts, redisUrl }) };
    const args = [...required, path.join(folder, 'tracing/backend.cjs')];
    const backend = await serve(process.execPath, args, /^listening (.+)\n/m, { cwd: folder, env });
    const visits = accounts.map(async ({ name }) => {
      const response = await fetch(`${backend.found[1]}/visit/${name}`);
      return [name, await response.json()];
    });
    const outcomes = Object.fromEntries(await Promise.all(visits));
    await backend.stop();
    const exported = JSON.parse(/^exported (.+)$/m.exec(backend.output())[1]);
    for (const { secret } of accounts) vendor.secrets.get('secret').add(secret);
    return { ...exported, outcomes, vendor, stderr: backend.output() };
  } finally {
    await proxy.stop();
    await vendor.stop();
  }
}

/** The kinds of values that are shown in a text. */
function shownIn(text, secrets) {
  const kinds = [...secrets].filter(([, values]) => [...values].some((value) => text.includes(value)));
  return kinds.map(([kind]) => kind);
}

/** Nothing that a tracer exports holds a secret, and nothing of a trace reaches the vendor; without the suppression both do. */
async function tryTracing(folder, redisUrl) {
  cpSync(path.join(__dirname, 'tracing'), path.join(folder, 'tracing'), { recursive: true });
  for (const [tracer, inUrls] of Object.entries(TRACERS)) {
    const quiet = await runTraced(folder, { tracer, redisUrl });
    assertVisited(quiet.outcomes);
    assert.deepEqual(shownIn(quiet.text, quiet.vendor.secrets), [], `${tracer}: exported`);
    assert.deepEqual(sentBy(quiet.vendor), [], `${tracer}: sent to the vendor`);
    if (quiet.names.length > 0) assertToldByLibrary(quiet.names);
    // The application's own requests keep their trace: after a call, and in a sink that is written to during one.
    assert.ok(!quiet.told.includes('nothing'), `${tracer}: the application lost its trace`);
    const loud = await runTraced(folder, { tracer, redisUrl, preloads: ['no-suppression.preload.cjs'] });
    const expected = [...inUrls, ...(redisUrl ? IN_COMMANDS : [])];
    const found = shownIn(loud.text, loud.vendor.secrets);
    assert.deepEqual(
      expected.filter((kind) => !found.includes(kind)),
      [],
      `${tracer}: the check finds too little`,
    );
    assert.notDeepEqual(sentBy(loud.vendor), [], `${tracer}: the check finds no headers`);
  }
}

/** What takes the place of the suppressed spans: the library's own. */
function assertToldByLibrary(names) {
  const operations = ['query', 'download', 'recognize', 'sdk_launch', 'refresh'].map((name) => `bankcard_ocr.${name}`);
  const requests = ['GET /api/oauth2/access_token', 'GET /api/server/getBankCardOcrResult'];
  const metrics = ['bankcard_ocr.operation.duration', 'bankcard_ocr.refreshes'];
  const missing = [...operations, ...requests, ...metrics].filter((name) => !names.includes(name));
  assert.deepEqual(missing, [], 'the library tells too little');
}

function sentBy(vendor) {
  return PROPAGATED.filter((name) => vendor.headers.has(name));
}

/** Every way to succeed and to fail was gone. */
function assertVisited(outcomes) {
  const codes = new Set(Object.values(outcomes).flat());
  for (const code of ['ok', 'ORDER_NOT_FOUND', 'TIMEOUT', 'UNREACHABLE', 'RESPONSE_MALFORMED', 'NO_VALID_TICKET']) {
    assert.ok(codes.has(code), `no call ended with ${code}: ${JSON.stringify(outcomes)}`);
  }
}

module.exports = { tryTracing };
