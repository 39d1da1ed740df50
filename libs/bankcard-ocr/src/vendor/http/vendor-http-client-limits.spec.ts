import { gzipSync } from 'node:zlib';
import { Deadline } from '../../call/deadline.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { Semaphore } from '../../runtime/semaphore.js';
import { failureOf, NEVER, type OddAnswer, OddVendor, TRANSPORT_KINDS } from '../odd-vendor.test-support.js';

const BOMB = gzipSync(Buffer.alloc(60_000_000), { level: 9 });
const OK = '{"code":"0","msg":"ok"}';

describe.each(TRANSPORT_KINDS)('over %s:', (kind) => {
  let vendor: OddVendor;

  beforeEach(async () => {
    vendor = await OddVendor.start(kind);
  });
  afterEach(() => vendor.stop());

  async function until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  describe('the limit of the body', () => {
    it('counts while it arrives: an endless answer ends, and its connection with it', async () => {
      let closed = false;
      vendor.answer = (response) => {
        const pour = () => void (response.destroyed || response.write('x'.repeat(1_000), () => setImmediate(pour)));
        response.on('close', () => (closed = true));
        pour();
      };
      const error = await failureOf(vendor.get());
      expect(error).toMatchObject({ code: 'RESPONSE_TOO_LARGE', retryable: false, maybeCarriedOut: true });
      await until(() => closed);
    });

    it('counts after decompression: a bomb is not unpacked', async () => {
      vendor.answer = (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB);
      const before = process.memoryUsage().arrayBuffers;
      expect(await failureOf(vendor.get())).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30_000_000);
    });

    it('lets an answer of exactly its size through, and one byte more not', async () => {
      vendor.answer = (response) => response.end(OK);
      await expect(vendor.get({}, vendor.exchange({ maxResponseBytes: OK.length }))).resolves.toBeDefined();
      const error = await failureOf(vendor.get({}, vendor.exchange({ maxResponseBytes: OK.length - 1 })));
      expect(error.message).toContain(`larger than ${OK.length - 1} bytes (maxResponseBytes)`);
    });
  });

  describe('the time of one exchange', () => {
    it('ends with the time of the whole call, if that is over first, and needs no second timer for it', async () => {
      vendor.answer = () => undefined;
      const clock = new ManualClock();
      const deadline = new Deadline(clock, 20, undefined);
      const failing = failureOf(vendor.get({ timeoutMs: 30, cancellation: deadline }, vendor.exchange({ clock })));
      await until(() => vendor.served.length === 1);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(20);
      expect((await failing).message).toBe('no result within 20 ms (timeoutMs)');
      expect(vendor.records[0]?.outcome).toBe('TIMEOUT');
      expect(clock.pendingTimers).toBe(0);
    });

    it.each<[string, OddAnswer]>([
      ['no answer', () => undefined],
      ['a head without a body', (response) => response.writeHead(200).flushHeaders()],
      ['half a body', (response) => void response.write('{"code"')],
      [
        'half a body in gzip',
        (r) => void r.writeHead(200, { 'content-encoding': 'gzip' }).write(gzipSync(OK).subarray(0, 15)),
      ],
    ])('ends it: %s', async (_what, hang) => {
      let closed = false;
      vendor.answer = (response) => {
        response.on('close', () => (closed = true));
        hang(response);
      };
      const clock = new ManualClock();
      const failing = failureOf(vendor.get({ timeoutMs: 30 }, vendor.exchange({ clock })));
      await until(() => vendor.served.length === 1);
      clock.advance(30);
      const error = await failing;
      expect(error).toMatchObject({ code: 'TIMEOUT', retryable: true, maybeCarriedOut: true });
      expect(error.message).toBe('no response within 30 ms (attemptTimeoutMs)');
      expect(vendor.records[0]?.outcome).toBe('TIMEOUT');
      await until(() => closed);
    });

    it('does not run while it waits for a connection', async () => {
      vendor.answer = (response) => response.end(OK);
      const clock = new ManualClock();
      const gate = new Semaphore(1);
      await gate.acquire(NEVER, false);
      const waiting = vendor.get({ timeoutMs: 5_000 }, vendor.exchange({ gate, clock }));
      // Longer than it may take once it is on its way.
      clock.advance(60_000);
      gate.release();
      await expect(waiting).resolves.toBeDefined();
    });
  });

  describe('a caller who stops', () => {
    it.each<[string, OddAnswer]>([
      ['before the head', () => undefined],
      ['in the body', (response) => void response.write('{"code"')],
    ])('gets exactly its own reason %s, and gives its place back', async (_when, hang) => {
      vendor.answer = hang;
      const exchange = vendor.exchange({ gate: new Semaphore(1) });
      const reason = { my: 'reason' };
      const controller = new AbortController();
      const failing = vendor.get({ cancellation: controller.signal }, exchange);
      await until(() => vendor.served.length === 1);
      controller.abort(reason);
      await expect(failing).rejects.toBe(reason);
      expect(vendor.records[0]?.outcome).toBe('ABORTED');
      vendor.answer = (response) => response.end(OK);
      await expect(vendor.get({}, exchange)).resolves.toBeDefined();
    });

    it('sends nothing when it stopped before', async () => {
      const failing = vendor.get({ cancellation: AbortSignal.abort('stopped') });
      await expect(failing).rejects.toBe('stopped');
      expect(vendor.served).toEqual([]);
    });

    it('sends nothing when it stops in the very moment in which its turn comes', async () => {
      vendor.answer = (response) => response.end(OK);
      const gate = new Semaphore(1);
      await gate.acquire(NEVER, false);
      const controller = new AbortController();
      const failing = vendor.get({ cancellation: controller.signal }, vendor.exchange({ gate }));
      gate.release();
      controller.abort('stopped');
      await expect(failing).rejects.toBe('stopped');
      expect(vendor.served).toEqual([]);
      await expect(vendor.get({}, vendor.exchange({ gate }))).resolves.toBeDefined();
    });
  });
});
