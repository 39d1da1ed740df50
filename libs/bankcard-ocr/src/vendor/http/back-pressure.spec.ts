import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';
import { lineForEachTest } from './test-line.test-support.js';
import { OK, REQUEST, send, TRANSPORT_KINDS, until } from './test-vendor.test-support.js';
import type { ResponseListener } from './transport.js';

/** More than all buffers on the way take together. */
const MANY_BYTES = 24_000_000;
/** Incompressible, so that a compressed body is as long as a plain one. */
const CHUNK = randomBytes(100_000);

describe.each(TRANSPORT_KINDS)('over %s', (kind) => {
  const line = lineForEachTest(kind);
  let written = 0;
  beforeEach(() => void (written = 0));

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
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  }

  const receiver = (
    data: ResponseListener['data'],
    head: ResponseListener['head'] = () => undefined,
  ): ResponseListener => {
    return { head, received: () => undefined, data };
  };

  describe.each([
    ['a plain body', false],
    ['a body in gzip', true],
  ])('a receiver of %s', (_what, gzip) => {
    beforeEach(() => {
      line.vendor.answer = (_request, response) => pour(response, gzip);
    });

    it('stops the sender while it wants no more, and gets everything all the same', async () => {
      let release = (): void => undefined;
      let received = 0;
      let busy = 0;
      let overtaken = false;
      const held = new Promise<void>((resolve) => (release = resolve));
      const call = line.transport.start(
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

    it.each<[string, ResponseListener]>([
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
      await expect(line.transport.start(REQUEST, one).finished).rejects.toThrow('enough');
      await until(() => line.vendor.sockets[0]?.destroyed === true);
      const times = data.mock.calls.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(data).toHaveBeenCalledTimes(times);
      expect(times).toBeLessThanOrEqual(1);
      line.vendor.answer = (_request, response) => void response.end(OK);
      await expect(send(line.transport)).resolves.toMatchObject({ text: OK });
    });
  });
});
