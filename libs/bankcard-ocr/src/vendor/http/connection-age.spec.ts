import { SecretText } from '../../runtime/secret-text.js';
import { ManualClock } from '../../testing/manual-clock.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import {
  OK,
  optionsFor,
  REQUEST,
  send,
  TestVendor,
  TextReceiver,
  TRANSPORT_KINDS,
  TRANSPORTS,
  until,
} from './test-vendor.test-support.js';
import type { Transport } from './transport.js';

const MAX_AGE_MS = 300_000;

describe.each(TRANSPORT_KINDS)('the connections that %s keeps', (kind) => {
  describe.each([
    ['directly', false],
    ['through a proxy', true],
  ])('%s', (_how, isProxied) => {
    let vendor: TestVendor;
    let proxy: ConnectProxy;
    let clock: ManualClock;
    let transport: Transport;

    beforeEach(async () => {
      [vendor, proxy, clock] = [await TestVendor.start(), await ConnectProxy.start(), new ManualClock()];
      const way = isProxied ? { proxy: new SecretText(proxy.url()) } : {};
      transport = TRANSPORTS[kind](optionsFor(vendor.origin, { ...way, clock, maxConnectionAgeMs: MAX_AGE_MS }));
    });
    afterEach(async () => {
      await transport.close();
      await vendor.stop();
      await proxy.stop();
    });

    const query = async (): Promise<void> => {
      await expect(send(transport)).resolves.toMatchObject({ text: OK });
      // Free again one turn later.
      await new Promise((resolve) => setImmediate(resolve));
    };

    it('are replaced when they have their age, however much traffic there is, and not before', async () => {
      for (let second = 0; second < 600; second += 10) {
        await query();
        clock.advance(10_000);
      }
      expect(vendor.sockets).toHaveLength(2);
      await query();
      expect(vendor.sockets).toHaveLength(3);
      // Those that are too old do not stay open.
      await until(() => vendor.open === 1);
    });

    it.each<[string, (after: Transport) => void]>([
      ['get too old', () => clock.advance(MAX_AGE_MS)],
      ['are dropped', (after) => after.dropConnections()],
    ])('are not cut under a query when they %s', async (_when, happen) => {
      let answer = (): void => undefined;
      vendor.answer = (_request, response) => {
        response.write(OK.slice(0, 5));
        answer = () => void response.end(OK.slice(5));
      };
      const receiver = new TextReceiver();
      const slow = transport.start(REQUEST, receiver);
      await until(() => receiver.text.length === 5);
      vendor.answer = (_request, response) => void response.end(OK);
      happen(transport);
      await query();
      answer();
      await slow.finished;
      expect(receiver.text).toBe(OK);
      await until(() => vendor.open === 1);
      await query();
      expect(vendor.sockets).toHaveLength(2);
    });

    it('are dropped at once when an answer shows a wrong server, but not for every such answer', async () => {
      await query();
      transport.dropConnections();
      await query();
      expect(vendor.sockets).toHaveLength(2);
      clock.advance(999);
      transport.dropConnections();
      await query();
      expect(vendor.sockets).toHaveLength(2);
      clock.advance(1);
      transport.dropConnections();
      await query();
      expect(vendor.sockets).toHaveLength(3);
    });

    it('end with everything else, those too that still carry a query', async () => {
      vendor.answer = (_request, response) => void response.write('{');
      const receiver = new TextReceiver();
      const slow = transport.start(REQUEST, receiver);
      await until(() => receiver.text.length === 1);
      transport.dropConnections();
      await transport.close();
      await expect(slow.finished).rejects.toBeDefined();
      await until(() => vendor.open === 0);
    });
  });
});
