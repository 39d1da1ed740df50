import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { RecognitionService } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startApplication, startOnMovedTime, type TestApplication } from '../support/application.js';
import { passTimeUntil, passUntilSettled } from '../support/passing-time.js';
import { JPEG, RECOGNIZE, recognitionFailure } from '../support/recognition-stage.js';

const SECOND = 1_000;

/** The host of recognition: a TCP port that leads to the sandbox while it is open. */
class RecognitionHost {
  connections = 0;
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

  constructor(private readonly target: number) {}

  /** @param port 0 for any free one. @returns the port */
  async open(port: number): Promise<number> {
    this.#server = createServer((incoming) => {
      this.connections += 1;
      const outgoing = connect(this.target, '127.0.0.1');
      for (const socket of [incoming, outgoing]) {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      incoming.pipe(outgoing).pipe(incoming);
    }).listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    if (!this.#server?.listening) return;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }
}

let clock: ManualClock;
let sandbox: KycSandbox;
let app: TestApplication;
let host: RecognitionHost;
let port: number;
let recognition: RecognitionService;

beforeEach(async () => {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock });
  host = new RecognitionHost(Number(new URL(sandbox.url).port));
  port = await host.open(0);
  app = await startApplication(sandbox, {
    clock,
    recognitionBaseUrl: `http://127.0.0.1:${port}`,
    // The clock goes on while sockets are waited for: by it, none of them can be late.
    timeoutMs: 3_600_000,
    recognitionTimeoutMs: 3_600_000,
    connectTimeoutMs: 60_000,
  });
  recognition = app.application.get(RecognitionService);
  await app.tickets.getCredentials();
});

afterEach(async () => {
  await app.application.close();
  await host.close();
  await sandbox.stop();
});

describe('the host of recognition', () => {
  it('is another one than that of results and credentials, if the options say so', async () => {
    await recognition.recognize(JPEG, { orderNo: 'order1' });
    expect(host.connections).toBe(1);
    await app.ocr.query('order1');
    expect(host.connections).toBe(1);
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1, accessToken: 1 });
  });

  it('that refuses the connection was sent nothing: the image is sent when it is back', async () => {
    await host.close();
    const result = recognition.recognize(JPEG, { orderNo: 'order1' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.open(port);
    await passUntilSettled(clock, result, 50);
    await expect(result).resolves.toMatchObject({ orderNo: 'order1' });
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
    expect(sandbox.violations()).toEqual([]);
  });

  it('that refuses it for good is told after as many attempts as the call allows; nothing is in doubt', async () => {
    await host.close();
    const failing = recognitionFailure(recognition.recognize(JPEG));
    await passUntilSettled(clock, failing, 50);
    const error = await failing;
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      message: 'Tencent could not be reached: ECONNREFUSED',
      outcomeUnknown: false,
      retryable: true,
    });
    expect(sandbox.calls).toMatchObject({ recognition: 0, result: 0 });
  });

  it('is asked for nothing while there are no credentials', async () => {
    await app.application.close();
    // The host does not matter here: in memory, and no exchange is overtaken by the clock.
    app = await startOnMovedTime(sandbox, { clock });
    await app.tickets.getCredentials();
    sandbox.killCredentials();
    sandbox.injectFault({ endpoint: 'auth', kind: 'html-502' });
    const failing = recognitionFailure(app.application.get(RecognitionService).recognize(JPEG));
    await passTimeUntil({ clock, sandbox, tickets: [app.tickets] }, failing, SECOND);
    // It had credentials that turned out to be dead, and got no others.
    expect(await failing).toMatchObject({ outcomeUnknown: false, orderNo: expect.any(String) });
    expect(sandbox.journal().filter(({ endpoint, code }) => endpoint === RECOGNIZE && code === '0')).toEqual([]);
  });
});
