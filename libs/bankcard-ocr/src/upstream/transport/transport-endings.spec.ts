import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { createGzip } from 'node:zlib';
import { SecretText } from '../../secret-text.js';
import { ConnectProxy } from './connect-proxy.contract.js';
import {
  faultOf,
  OK,
  optionsFor,
  REQUEST,
  send,
  TestVendor,
  TextReceiver,
  TRANSPORT_KINDS,
  TRANSPORTS,
  until,
} from './test-vendor.contract.js';
import type { AnswerReceiver, Transport } from './transport.js';

/** More than all buffers on the way take together. */
const MANY_BYTES = 24_000_000;

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  let vendor: TestVendor;
  let transport: Transport;
  let written = 0;

  beforeEach(async () => {
    vendor = await TestVendor.start();
    transport = TRANSPORTS[kind](optionsFor(vendor.origin));
    written = 0;
  });
  afterEach(async () => {
    await transport.close();
    await vendor.stop();
  });

  /** Incompressible, so that a compressed body is as long as a plain one. */
  const CHUNK = randomBytes(100_000);

  function pour(response: ServerResponse, gzip: boolean): void {
    const target = gzip ? createGzip({ level: 1 }) : response;
    if (gzip) {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      target.pipe(response);
    }
    const next = (): void => {
      if (response.destroyed) return;
      if (written >= MANY_BYTES) return void target.end();
      written += CHUNK.length;
      target.write(CHUNK, () => setImmediate(next));
    };
    next();
  }

  async function stalled(): Promise<void> {
    let before = -1;
    for (let look = 0; look < 100 && before !== written; look += 1) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    expect(before).toBe(written);
  }

  const receiver = (data: AnswerReceiver['data'], head: AnswerReceiver['head'] = () => undefined): AnswerReceiver => {
    return { head, data };
  };

  describe.each([
    ['a plain body', false],
    ['a body in gzip', true],
  ])('a receiver of %s', (_what, gzip) => {
    beforeEach(() => {
      vendor.answer = (_request, response) => pour(response, gzip);
    });

    it('stops the sender while it wants no more, and gets everything all the same', async () => {
      let release = (): void => undefined;
      let received = 0;
      let busy = 0;
      let overtaken = false;
      const held = new Promise<void>((resolve) => (release = resolve));
      const call = transport.start(
        REQUEST,
        receiver((bytes) => {
          received += bytes.length;
          overtaken ||= busy > 0;
          if (received > 2_000_000) return undefined;
          busy += 1;
          return held.then(() => void (busy -= 1));
        }),
      );
      await until(() => received > 0);
      await stalled();
      expect(written).toBeLessThan(MANY_BYTES / 2);
      expect(received).toBeLessThan(1_000_000);
      release();
      await call.finished;
      expect(received).toBe(MANY_BYTES);
      expect(overtaken).toBe(false);
    });

    it.each<[string, AnswerReceiver]>([
      [
        'throws',
        receiver(() => {
          throw new Error('enough');
        }),
      ],
      ['rejects', receiver(() => Promise.reject(new Error('enough')))],
      ['rejects later', receiver(() => new Promise((_resolve, reject) => setTimeout(reject, 20, new Error('enough'))))],
      [
        'throws at the head',
        receiver(
          () => undefined,
          () => {
            throw new Error('enough');
          },
        ),
      ],
    ])('that %s ends the connection', async (_how, one) => {
      const data = jest.spyOn(one, 'data');
      await expect(transport.start(REQUEST, one).finished).rejects.toThrow('enough');
      await until(() => vendor.open === 0);
      const times = data.mock.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(data).toHaveBeenCalledTimes(times);
      expect(times).toBeLessThanOrEqual(1);
      vendor.answer = (_request, response) => void response.end(OK);
      await expect(send(transport)).resolves.toMatchObject({ text: OK });
    });
  });

  describe('whoever gives up', () => {
    it.each<[string, (response: ServerResponse) => void]>([
      ['before the head', () => undefined],
      ['before the body', (response) => response.flushHeaders()],
      ['in the body', (response) => void response.write('{"code"')],
      ['in a body in gzip', (response) => pour(response, true)],
    ])('%s ends the connection', async (_when, answer) => {
      let asked = false;
      vendor.answer = (_request, response) => {
        asked = true;
        answer(response);
      };
      const call = transport.start(REQUEST, new TextReceiver());
      await until(() => asked);
      await new Promise((resolve) => setTimeout(resolve, 30));
      call.abort();
      call.abort();
      await expect(call.finished).rejects.toBeDefined();
      await until(() => vendor.open === 0);
    });

    it('in the moment of the start has sent nothing', async () => {
      let served = 0;
      vendor.answer = (_request, response) => {
        served += 1;
        response.end(OK);
      };
      const call = transport.start(REQUEST, new TextReceiver());
      call.abort();
      await expect(call.finished).rejects.toBeDefined();
      await expect(send(transport)).resolves.toMatchObject({ text: OK });
      expect(served).toBe(1);
    });

    it('while a proxy connects has sent nothing', async () => {
      const proxy = await ConnectProxy.start();
      let open = (): void => undefined;
      proxy.answer = (socket) => (open = () => void socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      let sent = '';
      const through = TRANSPORTS[kind](optionsFor(vendor.origin, { proxy: new SecretText(proxy.url()) }));
      const call = through.start(REQUEST, new TextReceiver());
      await until(() => proxy.asked.length === 1);
      call.abort();
      await expect(call.finished).rejects.toBeDefined();
      open();
      await new Promise((resolve) => setTimeout(resolve, 30));
      sent += proxy.seen;
      expect(sent).not.toContain('/p?');
      await through.close();
      await proxy.stop();
    });

    it('after the end does no harm', async () => {
      const call = transport.start(REQUEST, new TextReceiver());
      await call.finished;
      call.abort();
      await expect(send(transport)).resolves.toMatchObject({ text: OK });
    });
  });

  describe('close()', () => {
    it('ends what is under way, and lets nothing begin', async () => {
      vendor.answer = (_request, response) => void response.write('{');
      const running = [false, true].map((freshConnection) => send(transport, { freshConnection }));
      await until(() => vendor.open === 2);
      const faults = running.map(faultOf);
      await transport.close();
      for (const fault of await Promise.all(faults)) {
        expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: true, retryable: false });
        expect(fault.message).toContain('the connections were closed');
      }
      await until(() => vendor.open === 0);
      for (const freshConnection of [false, true]) {
        const late = await faultOf(send(transport, { freshConnection }));
        expect(late).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: false });
      }
      expect(vendor.sockets).toHaveLength(2);
      await transport.close();
    });

    it.each([
      ['a tunnel', true],
      ['TLS', false],
    ])('ends the connecting of %s', async (_what, tunnel) => {
      const open = new Set<unknown>();
      const silent = createServer((socket) => {
        open.add(socket);
        socket
          .on('error', () => undefined)
          .on('close', () => open.delete(socket))
          .resume();
      });
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
      const { port } = silent.address() as { port: number };
      const way = tunnel ? { proxy: new SecretText(`http://127.0.0.1:${port}`) } : {};
      const connecting = TRANSPORTS[kind](
        optionsFor(`https://127.0.0.1:${port}`, { ...way, connectTimeoutMs: 60_000 }),
      );
      const failing = faultOf(send(connecting));
      await until(() => open.size === 1);
      await connecting.close();
      expect(await failing).toMatchObject({ code: 'UNREACHABLE', retryable: false });
      await until(() => open.size === 0);
      await new Promise((resolve) => silent.close(resolve));
    });
  });
});
