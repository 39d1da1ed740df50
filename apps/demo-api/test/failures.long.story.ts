import { KycSandbox, type KycSandboxOptions, orderNoForCode } from 'nestjs-bankcard-ocr/testing';
import { serveDemo, type ServedDemo } from './serve-demo.js';

const { clean } = KycSandbox.EXAMPLE_ORDERS;

let demo: ServedDemo | undefined;

async function serve(
  options: KycSandboxOptions = {},
  prepare?: (sandbox: KycSandbox) => void,
  settings: Parameters<typeof serveDemo>[2] = {},
): Promise<ServedDemo> {
  demo = await serveDemo(options, prepare, settings);
  return demo;
}

afterEach(async () => {
  await demo?.close();
  demo = undefined;
});

describe('what the demo answers when a query fails', () => {
  it.each([
    ['2', 400, 'INVALID_ARGUMENT'],
    ['66660020', 404, 'ORDER_NOT_FOUND'],
    ['400601', 413, 'INVALID_ARGUMENT'],
    ['-9012', 422, 'CARD_UNREADABLE'],
    ['400501', 429, 'RATE_LIMITED'],
    ['999999', 502, 'VENDOR_FAULT'],
    ['12345', 502, 'VENDOR_CODE_UNKNOWN'],
  ])('vendor code %s: %d %s', async (vendorCode, statusCode, code) => {
    const { get } = await serve();
    const response = await get(`/bank-cards/${orderNoForCode(vendorCode)}`);
    expect(response.status).toBe(statusCode);
    expect(response.headers.get('retry-after')).toBe(statusCode === 429 ? '1' : null);
    expect(await response.json()).toMatchObject({ statusCode, code, vendorCode, message: expect.any(String) });
  });

  it.each([
    ['66660001', 'CONFIGURATION'],
    ['400104', 'ACCESS_DENIED'],
  ])('vendor code %s is about this server: 500 %s, no details', async (vendorCode, code) => {
    const { get } = await serve();
    const response = await get(`/bank-cards/${orderNoForCode(vendorCode)}`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ statusCode: 500, code, message: 'internal server error' });
  });

  it.each([
    ['html-502', 502, 'VENDOR_FAULT'],
    ['truncated-json', 502, 'RESPONSE_MALFORMED'],
    ['reset', 503, 'UNREACHABLE'],
    ['hang', 504, 'TIMEOUT'],
  ] as const)('the vendor does this: %s; the answer is %d %s', async (kind, status, code) => {
    // The credentials are there by now: of a query that hangs, nothing else than its end can come, however slow the machine is.
    const { get, sandbox } = await serve({}, undefined, kind === 'hang' ? { timeoutMs: 1_000 } : {});
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind });
    const response = await get(`/bank-cards/${clean}`);
    expect([response.status, await response.json()]).toEqual([status, expect.objectContaining({ code })]);
  });

  it('without credentials it is 503, says when to come back, and not why', async () => {
    const { get } = await serve({}, (sandbox) => {
      sandbox.injectFault({ endpoint: 'auth', kind: 'code', code: '66660001' });
    });
    const response = await get(`/bank-cards/${clean}`);
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await response.json()).toEqual({
      statusCode: 503,
      code: 'NO_VALID_TICKET',
      message: 'no valid SIGN ticket is available',
    });
  });

  it.each(['order-1', 'x'.repeat(33), '%E8%AE%A2%E5%8D%95'])('the order number %s is 400, unasked', async (orderNo) => {
    const { get, sandbox } = await serve();
    const response = await get(`/bank-cards/${orderNo}`);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain(orderNo);
    expect((await get(`/bank-cards/${clean}?photos=perhaps`)).status).toBe(400);
    expect(sandbox.calls.result).toBe(0);
  });

  it('what is far too long is 414, and what has no route 404', async () => {
    const { get } = await serve();
    expect((await get(`/bank-cards/${'x'.repeat(65)}`)).status).toBe(414);
    expect((await get('/nothing')).status).toBe(404);
    expect((await get('/bank-cards')).status).toBe(404);
  });
});
