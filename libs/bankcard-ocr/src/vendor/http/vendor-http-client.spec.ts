import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CANARY, failureOf, type OddAnswer, OddVendor, TRANSPORT_KINDS } from '../odd-vendor.test-support.js';
import type { JsonObject, ResponseReader } from '../response/json-response.js';
import { pathToShow } from './vendor-http-client.js';

const OK = '{"code":"0","msg":"ok","bizSeqNo":"21062120001184412617492807497465"}';

/** Send a head and the first bytes of a body, and no more. */
function cutOff(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': OK.length });
  response.write(OK.slice(0, 20), () => setImmediate(() => response.destroy()));
}

describe.each(TRANSPORT_KINDS)('over %s:', (kind) => {
  let vendor: OddVendor;

  beforeEach(async () => {
    vendor = await OddVendor.start(kind);
  });
  afterEach(() => vendor.stop());

  describe('an answer', () => {
    it('comes with everything decoded, and is recorded without a secret', async () => {
      vendor.answer = (response) => response.end(`\ufeff${OK}`);
      const { json, envelope, sentAt } = await vendor.get({ generation: 7, attempt: 3 });
      expect(json['msg']).toBe('ok');
      expect(envelope).toEqual({ code: '0', message: 'ok', bizSeqNo: '21062120001184412617492807497465' });
      expect(Math.abs(Date.now() - sentAt.epochMs)).toBeLessThan(600_000);
      expect(vendor.records).toEqual([
        {
          endpoint: 'access_token',
          outcome: 'OK',
          status: 200,
          vendorCode: '0',
          bizSeqNo: '21062120001184412617492807497465',
          attempt: 3,
          generation: 7,
          durationMs: expect.any(Number),
        },
      ]);
    });

    it.each([['as it is'], ['in gzip']])(
      'has ended when all of it, sent %s, was taken by a slow reader',
      async (how) => {
        const body = JSON.stringify({ code: '0', noise: randomBytes(150_000).toString('hex') });
        vendor.answer = (response) => {
          if (how === 'in gzip') response.setHeader('content-encoding', 'gzip');
          response.end(how === 'in gzip' ? gzipSync(body) : body);
        };
        const client = vendor.exchange({ maxResponseBytes: 1_000_000 });
        for (let time = 0; time < 5; time += 1) {
          let text = '';
          const reader: ResponseReader = {
            write: async (bytes) => {
              for (let turn = 0; turn < 30; turn += 1) await nextTurn();
              text += String(bytes);
            },
            end: () => JSON.parse(text) as JsonObject,
          };
          await expect(vendor.get({}, client, reader)).resolves.toMatchObject({ json: { code: '0' } });
          expect(text).toBe(body);
        }
      },
    );

    it('answers exactly what was asked', async () => {
      vendor.answer = (response) => response.end(OK);
      await vendor.get();
      expect(vendor.served).toEqual([`/p?app_id=IDA00001&secret=${CANARY}`]);
    });

    it.each([200, 400, 403, 404, 500, 502, 302])('is one at any status, also %i', async (status) => {
      vendor.answer = (response) => response.writeHead(status, { location: '/elsewhere' }).end(OK);
      await expect(vendor.get()).resolves.toMatchObject({ envelope: { code: '0' } });
      expect(vendor.served).toHaveLength(1);
    });

    it('is read through gzip', async () => {
      vendor.answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(OK));
      await expect(vendor.get()).resolves.toMatchObject({ envelope: { code: '0' } });
    });

    it('is read however it is cut into pieces', async () => {
      const bytes = Buffer.from('{"code":"0","msg":"请求成功"}');
      vendor.answer = (response) => {
        const next = (at: number): void => {
          if (at === bytes.length) response.end();
          else response.write(bytes.subarray(at, at + 1), () => setImmediate(next, at + 1));
        };
        next(0);
      };
      await expect(vendor.get()).resolves.toMatchObject({ envelope: { message: '请求成功' } });
    });

    it('that refuses is an error by the table, without what the vendor repeats of ours', async () => {
      vendor.answer = (response) => {
        response.end(JSON.stringify({ code: 400101, msg: `bad: ${response.req.url} 6222021234567890128` }));
      };
      const error = await failureOf(vendor.get());
      expect(error).toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400101' });
      expect(error.vendorMessage).toContain('622202*********0128');
      expect(vendor.records).toMatchObject([{ outcome: 'CREDENTIALS_REJECTED', vendorCode: '400101' }]);
    });
  });

  const gzipped = (body: string | Buffer): OddAnswer => {
    return (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
  };
  const status = (code: number, headers: Record<string, string> = {}, body = ''): OddAnswer => {
    return (response) => response.writeHead(code, headers).end(body);
  };

  it.each<[string, boolean, OddAnswer]>([
    ['that breaks off after its head was carried out', true, (response) => cutOff(response, 200)],
    ['that ends before any response may have been', false, (response) => void response.socket?.destroy()],
    ['whose error page breaks off may have been', false, (response) => cutOff(response, 502)],
  ])('a request %s', async (_what, wasCarriedOut, spoil) => {
    vendor.answer = spoil;
    const error = await failureOf(vendor.get());
    expect(error).toMatchObject({ maybeCarriedOut: true, wasCarriedOut });
  });

  describe('the connections', () => {
    it.each<[string, number, OddAnswer]>([
      ['an answer', 1, (response) => response.end(OK)],
      [
        "an answer that refuses, in the vendor's words",
        1,
        (response) => response.writeHead(500).end('{"code":"999999"}'),
      ],
      ['a page of another server', 2, (response) => response.writeHead(404).end('<html>default backend</html>')],
      ['a page of a gateway', 2, (response) => response.writeHead(503).end('<html>no upstream</html>')],
      ['something else than JSON', 2, (response) => response.end('ok')],
      ['something larger than any answer', 2, (response) => response.end(`{"code":"0","a":"${'x'.repeat(9_990)}"}`)],
    ])('are used again after %s: in the end there are %i', async (_what, connections, spoil) => {
      const used = new Set<unknown>();
      const noting = (then: OddAnswer): OddAnswer => {
        return (response) => {
          used.add(response.socket);
          then(response);
        };
      };
      for (const then of [spoil, (response: Parameters<OddAnswer>[0]) => response.end(OK)]) {
        vendor.answer = noting(then);
        await vendor.get().catch(() => undefined);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(used.size).toBe(connections);
    });
  });

  describe('what is no answer', () => {
    it.each<[string, OddAnswer, object]>([
      ['HTML 502', status(502, {}, '<html>'), { code: 'VENDOR_FAULT', retryable: true, maybeCarriedOut: true }],
      ['HTML 200', status(200, {}, '<html>'), { code: 'RESPONSE_MALFORMED', retryable: true, maybeCarriedOut: true }],
      ['empty', status(200), { code: 'RESPONSE_MALFORMED', retryable: true, maybeCarriedOut: true }],
      ['204', status(204), { code: 'RESPONSE_MALFORMED', retryable: true, maybeCarriedOut: true }],
      ['an array', status(200, {}, '[]'), { code: 'RESPONSE_MALFORMED', retryable: true, maybeCarriedOut: true }],
      ['408', status(408), { code: 'VENDOR_FAULT', retryable: true, maybeCarriedOut: true }],
      ['404', status(404, {}, 'no'), { code: 'RESPONSE_MALFORMED', retryable: false, maybeCarriedOut: false }],
      [
        '302',
        status(302, { location: '/x' }),
        { code: 'RESPONSE_MALFORMED', retryable: false, maybeCarriedOut: false },
      ],
      [
        '429',
        status(429, { 'retry-after': '7' }),
        { code: 'RATE_LIMITED', retryAfterMs: 7_000, maybeCarriedOut: false },
      ],
      ['429 with a date', status(429, { 'retry-after': 'Mon' }), { code: 'RATE_LIMITED', retryable: true }],
      ['broken gzip', gzipped('canary'), { retryable: true, maybeCarriedOut: true }],
      ['gzip, cut off', gzipped(gzipSync(OK).subarray(0, 20)), { retryable: true, maybeCarriedOut: true }],
      ['a reset', (r) => r.socket?.resetAndDestroy(), { code: 'UNREACHABLE', retryable: true, maybeCarriedOut: true }],
      ['no HTTP', (r) => r.socket?.end('canary\r\n\r\n'), { code: 'RESPONSE_MALFORMED', maybeCarriedOut: true }],
      [
        'half a body',
        (r) => r.writeHead(200, { 'content-length': 99 }).write('{', () => r.socket?.destroy()),
        { code: 'UNREACHABLE', retryable: true, maybeCarriedOut: true },
      ],
      [
        'half a body in chunks, and JSON so far',
        (r) => r.writeHead(200).write(OK, () => r.socket?.destroy()),
        { code: 'UNREACHABLE', retryable: true, maybeCarriedOut: true },
      ],
    ])('is a typed error: %s', async (_what, spoil, expected) => {
      vendor.answer = spoil;
      expect(await failureOf(vendor.get())).toMatchObject(expected);
      expect(vendor.records).toHaveLength(1);
      expect(vendor.records[0]?.outcome).not.toMatch(/OK|ABORTED/);
      expect(inspect(vendor.records)).not.toContain('canary');
    });
  });
});

it.each([
  ['/api/server/getOcrResult?order_no=order1', ['order1'], '/api/server/getOcrResult'],
  ['/api/order1/getOcrResult', ['order1'], '/api/_/getOcrResult'],
  ['/api/of-order1', ['order1'], '/api/_'],
  // Too short to mean anything.
  ['/api/server/getOcrResult', ['get', '', 'v'], '/api/server/getOcrResult'],
  ['/api/v2/x', ['v2'], '/api/_/x'],
])('the path to show of %s with %j sent is %s', (pathAndQuery, secrets, shown) => {
  expect(pathToShow(pathAndQuery, secrets)).toBe(shown);
});
