import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import type { LoggerService, ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import {
  BankCardOcrAccountsModule,
  BankCardOcrClientFactory,
  BankCardOcrModule,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';

const MINUTE = 60_000;

/** Where nestjs-pino, nestjs-cls and others keep the request that is being served. */
const requests = new AsyncLocalStorage<string>();

/** Runs timers where they were set, as those of Node.js are. */
class ContextualClock extends ManualClock {
  override setTimer(callback: () => void, delayMs: number) {
    return super.setTimer(AsyncResource.bind(callback), delayMs);
  }
}

/** Every line about a refresh, with the request that the logger of an application would add to it. */
class RequestLog implements LoggerService {
  readonly lines: string[] = [];
  readonly #write = (message: unknown) =>
    void this.lines.push(`${requests.getStore() ?? 'no request'}: ${String(message)}`);
  readonly log = this.#write;
  readonly warn = this.#write;
  readonly error = this.#write;
  readonly debug = this.#write;

  started(): string[] {
    return this.lines.flatMap(
      (line) => /^(.+): refresh started, reason (\w+)/.exec(line)?.slice(1, 3).join(', ') ?? [],
    );
  }
}

let sandbox: KycSandbox;
let clock: ContextualClock;
let log: RequestLog;
let application: TestingModule;

beforeEach(async () => {
  clock = new ContextualClock();
  log = new RequestLog();
  sandbox = await KycSandbox.start({ clock });
});

afterEach(async () => {
  await application.close();
  await sandbox.stop();
});

async function start(metadata: ModuleMetadata): Promise<void> {
  application = await Test.createTestingModule(metadata).setLogger(log).compile();
  await application.init();
}

const account = () => ({ appId: sandbox.appId, secret: sandbox.secret, baseUrl: sandbox.url, clock });

/** Time passes as nobody's request. */
const pass = (ms: number) => requests.exit(() => clock.advanceAsync(ms, MINUTE));

it('a refresh that a request causes belongs to it, and the scheduled ones after it to no request', async () => {
  await start({ imports: [BankCardOcrModule.forRoot(account())] });
  const tickets = application.get(TicketService);
  await tickets.getCredentials();
  await pass(2 * MINUTE);
  await requests.run('request 1', () => tickets.refresh());
  await pass(45 * MINUTE);
  expect(log.started()).toEqual(['no request, initial', 'request 1, requested', 'no request, due', 'no request, due']);
});

it('a repetition of a refresh that has failed belongs to no request', async () => {
  await start({ imports: [BankCardOcrModule.forRoot(account())] });
  const tickets = application.get(TicketService);
  await tickets.getCredentials();
  await pass(2 * MINUTE);
  const fault = sandbox.injectFault({ endpoint: 'access_token', kind: 'code', code: '999999', times: 1 });
  await requests.run('request 1', () => tickets.refresh()).catch(() => undefined);
  expect(fault.hits).toBe(1);
  await pass(MINUTE);
  expect(log.started().slice(1)).toEqual(['request 1, requested', 'no request, requested']);
});

it('a client that a request makes belongs to it until it has credentials, and to no request from then on', async () => {
  const imports = [BankCardOcrAccountsModule.forRootAsync({ useFactory: () => ({ resolve: async () => account() }) })];
  await start({ imports });
  await requests.run('request 1', async () => {
    const { tickets } = await application.get(BankCardOcrClientFactory).get('tenant1');
    await tickets.getCredentials();
  });
  await pass(25 * MINUTE);
  expect(log.started()).toEqual(['request 1, initial', 'no request, due']);
});
