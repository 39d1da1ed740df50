import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { SecretText } from '../../runtime/secret-text.js';
import { ConnectProxy } from './connect-proxy.test-support.js';
import { lineForEachTest } from './test-line.test-support.js';
import {
  faultOf,
  OK,
  optionsFor,
  REQUEST,
  send,
  TextReceiver,
  TRANSPORT_KINDS,
  TRANSPORTS,
  until,
} from './test-vendor.test-support.js';

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  const line = lineForEachTest(kind);

  describe('whoever gives up', () => {
    it.each<[string, (response: ServerResponse) => void]>([
      ['before the head', () => undefined],
      ['before the body', (response) => response.flushHeaders()],
      ['in the body', (response) => void response.write('{"code"')],
      [
        'in a body in gzip',
        (response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).write(gzipSync(OK).subarray(0, 20)),
      ],
    ])('%s ends the connection', async (_when, answer) => {
      let asked = false;
      line.vendor.answer = (_request, response) => {
        asked = true;
        answer(response);
      };
      const call = line.transport.start(REQUEST, new TextReceiver());
      await until(() => asked);
      await new Promise((resolve) => setTimeout(resolve, 30));
      call.abort();
      call.abort();
      await expect(call.finished).rejects.toBeDefined();
      await until(() => line.vendor.sockets[0]?.destroyed === true);
    });

    it('in the moment of the start has sent nothing', async () => {
      let served = 0;
      line.vendor.answer = (_request, response) => {
        served += 1;
        response.end(OK);
      };
      const call = line.transport.start(REQUEST, new TextReceiver());
      call.abort();
      await expect(call.finished).rejects.toBeDefined();
      await expect(send(line.transport)).resolves.toMatchObject({ text: OK });
      expect(served).toBe(1);
    });

    it('while a proxy connects has sent nothing', async () => {
      const proxy = await ConnectProxy.start();
      let open = (): void => undefined;
      proxy.answer = (socket) => (open = () => void socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      let sent = '';
      const through = TRANSPORTS[kind](optionsFor(line.vendor.origin, { proxy: new SecretText(proxy.url()) }));
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
      const call = line.transport.start(REQUEST, new TextReceiver());
      await call.finished;
      call.abort();
      await expect(send(line.transport)).resolves.toMatchObject({ text: OK });
    });
  });

  describe('close()', () => {
    it('ends what is under way, and lets nothing begin', async () => {
      line.vendor.answer = (_request, response) => void response.write('{');
      const running = [false, true].map((freshConnection) => send(line.transport, { freshConnection }));
      await until(() => line.vendor.open === 2);
      const faults = running.map(faultOf);
      await line.transport.close();
      for (const fault of await Promise.all(faults)) {
        expect(fault).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: true, retryable: false });
        expect(fault.message).toContain('the connections were closed');
      }
      await until(() => line.vendor.sockets[0]?.destroyed === true);
      for (const freshConnection of [false, true]) {
        const late = await faultOf(send(line.transport, { freshConnection }));
        expect(late).toMatchObject({ code: 'UNREACHABLE', maybeCarriedOut: false, retryable: false });
      }
      expect(line.vendor.sockets).toHaveLength(2);
      await line.transport.close();
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
