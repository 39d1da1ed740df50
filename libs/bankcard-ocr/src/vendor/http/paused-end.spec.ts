import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { SystemClock } from '../../runtime/clock.js';
import { UndiciCall, UndiciTransport } from './undici.transport.js';

/**
 * undici 7 ends the process when a connection ends while a response is held back that says `Connection: close`
 * (undici issue 5360).
 */
describe('a connection that ends while its response is held back', () => {
  const BODY = Buffer.alloc(200_000, 'x');
  let server: Server;
  let transport: UndiciTransport;
  let end: (socket: Socket) => void;

  beforeEach(async () => {
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => end(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const connection = { origin, loopback: true, maxConnections: 1, connectTimeoutMs: 60_000 };
    transport = new UndiciTransport({ ...connection, clock: new SystemClock() });
  });

  afterEach(async () => {
    await transport.close();
    server.close();
  });

  const head = (length: number) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;

  it.each<[string, (socket: Socket) => void, number | 'fails']>([
    [
      'in order, after the whole response',
      (socket) => socket.end(Buffer.concat([Buffer.from(head(BODY.length)), BODY])),
      BODY.length,
    ],
    [
      'in order, before its end',
      (socket) => socket.end(Buffer.concat([Buffer.from(head(BODY.length + 9)), BODY])),
      'fails',
    ],
    [
      'by a reset',
      (socket) =>
        socket.write(Buffer.concat([Buffer.from(head(BODY.length + 9)), BODY]), () => socket.resetAndDestroy()),
      'fails',
    ],
  ])('%s', async (_how, how, outcome) => {
    end = how;
    let received = 0;
    const releases: (() => void)[] = [];
    const call = transport.start(
      { method: 'GET', pathAndQuery: '/', freshConnection: false },
      {
        head: () => undefined,
        received: () => undefined,
        data: (bytes) => {
          received += bytes.length;
          return new Promise<void>((resolve) => releases.push(resolve));
        },
      },
    );
    const ended = call.finished.then(
      () => received,
      () => 'fails' as const,
    );
    let isOver = false;
    void ended.then(() => (isOver = true));
    // Each piece is released only after the connection has had every chance to end.
    while (!isOver) {
      for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      releases.shift()?.();
    }
    await expect(ended).resolves.toBe(outcome);
  });
});

it('what is left when a connection ends is passed on in order, no sooner than it is wanted, and then the response ends', async () => {
  const received: string[] = [];
  const releases: (() => void)[] = [];
  const call = new UndiciCall({
    head: () => undefined,
    received: () => undefined,
    data: (bytes) => {
      received.push(bytes.toString());
      return new Promise<void>((resolve) => releases.push(resolve));
    },
  });
  let isOver = false;
  void call.finished.then(() => (isOver = true));
  // As the parser does with what is in its buffer.
  const goOn = () => {
    for (const piece of ['second piece of it', '', 'third piece of it']) {
      expect(call.onData(Buffer.from(piece))).toBe(true);
    }
    call.onComplete();
  };
  call.onHeaders(200, [], goOn);
  expect(call.onData(Buffer.from('first piece of it'))).toBe(false);
  call.takeRest();
  const turn = async () => new Promise((resolve) => setImmediate(resolve));
  for (const pieces of [1, 2, 3]) {
    await turn();
    expect([received.length, isOver]).toEqual([pieces, false]);
    releases.shift()?.();
  }
  await turn();
  expect(isOver).toBe(true);
  expect(received).toEqual(['first piece of it', 'second piece of it', 'third piece of it']);
});
