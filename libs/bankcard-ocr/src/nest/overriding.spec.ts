import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import type { BankCardOcrOptions } from '../options/bankcard-ocr.options.js';
import type { Credentials } from '../credentials/credentials.js';
import { MemoryTicketStore } from '../credentials/store/memory-ticket.store.js';
import { TicketStore } from '../credentials/store/ticket-store.js';
import { TicketService } from '../credentials/ticket.service.js';
import { OcrResultService } from '../results/ocr-result.service.js';
import { RecognitionService } from '../recognition/recognition.service.js';
import { Clock } from '../runtime/clock.js';
import { SecretText } from '../runtime/secret-text.js';
import { SdkLaunchService } from '../sdk/sdk-launch.service.js';
import { SignatureService } from '../signature/signature.service.js';
import { SignedRequestService } from '../signed-request/signed-request.service.js';
import { KycSandbox } from '../testing/kyc-sandbox.js';
import { ManualClock } from '../testing/manual-clock.js';
import {
  type ResponseListener,
  Transport,
  type TransportCall,
  type TransportRequest,
} from '../vendor/http/transport.js';
import { BankCardOcrModule } from './bankcard-ocr.module.js';
import { getBankCardOcrToken } from './bankcard-ocr.tokens.js';

const NONCE_TICKET = 'n'.repeat(64);
const SIGN_TICKET = 's'.repeat(64);
const JPEG = Buffer.from('ffd8ffe000104a464946', 'hex');
const ID_CARD = { method: 'GET', path: '/api/server/getOcrResult', orderNo: 'order1' } as const;

/** Records what is sent, and responds as the vendor does, or never. */
class FakeTransport {
  readonly sent: { path: string; parameters: URLSearchParams; body: Record<string, string> }[] = [];
  readonly dropConnections = jest.fn();
  readonly close = jest.fn();

  constructor(private readonly answers = true) {}

  start({ pathAndQuery, body }: TransportRequest, receiver: ResponseListener): TransportCall {
    const { pathname, searchParams } = new URL(pathAndQuery, 'http://vendor.invalid');
    this.sent.push({ path: pathname, parameters: searchParams, body: body ? JSON.parse(body.toString()) : {} });
    if (!this.answers) {
      let abort = (): void => undefined;
      const finished = new Promise<void>((_resolve, reject) => (abort = () => reject(new Error('aborted'))));
      return { finished, abort };
    }
    const finished = Promise.resolve().then(async () => {
      const bytes = Buffer.from(JSON.stringify(answerFor(pathname, searchParams, body)));
      receiver.head(200, (name) => (name === 'content-type' ? 'application/json' : undefined));
      receiver.received(bytes.length);
      await receiver.data(bytes);
    });
    return { finished, abort: () => undefined };
  }
}

function answerFor(path: string, parameters: URLSearchParams, body: Buffer | undefined): object {
  const head = { code: '0', msg: 'success', bizSeqNo: 'b1', transactionTime: '20260101000000' };
  if (path.endsWith('access_token')) {
    return { ...head, access_token: 'a'.repeat(64), expire_in: 7200, expire_time: '20260101020000' };
  }
  if (path.endsWith('api_ticket')) {
    const value = parameters.get('type') === 'NONCE' ? NONCE_TICKET : SIGN_TICKET;
    return { ...head, tickets: [{ value, expire_in: '120', expire_time: '20260101000200' }] };
  }
  const sent = body && (JSON.parse(body.toString()) as { orderNo: string }).orderNo;
  const result = {
    orderNo: sent ?? parameters.get('order_no'),
    bankcardNo: '6222021234567890128',
    bankcardValidDate: '12/2031',
  };
  return { ...head, result };
}

const credentials: Credentials = {
  accessToken: new SecretText('t'.repeat(64)),
  signTicket: new SecretText('o'.repeat(64)),
  generation: 7,
  generationId: 'of-the-test',
} as Credentials;

/** What a test needs of the service: the library may expect no more of it. */
const fakeTickets = { getCredentials: async () => credentials };

const signatures = new SignatureService();
const fakeSignatures: Pick<SignatureService, 'createNonce' | 'sign' | 'verify'> = {
  createNonce: () => '0'.repeat(32),
  sign: () => 'F'.repeat(40),
  verify: (_values, _ticket, signature) => signature === 'A'.repeat(40),
};

describe.each([
  ['without a name', undefined],
  ['of an account with a name', 'loans'],
])('a provider %s that is overridden', (_what, name) => {
  let application: TestingModule | undefined;

  /** A started application; everything of one account that it overrides. */
  async function start(
    override: (builder: TestingModuleBuilder) => TestingModuleBuilder,
    options: Partial<BankCardOcrOptions> = {},
  ): Promise<TestingModule> {
    const given = { appId: 'IDAXXXXX', secret: 's'.repeat(64), baseUrl: 'http://127.0.0.1:9', ...options, name };
    const builder = override(Test.createTestingModule({ imports: [BankCardOcrModule.forRoot(given)] }));
    application = await builder.compile();
    application.useLogger(false);
    return application.init();
  }

  const services = () => ({
    results: application!.get<OcrResultService>(getBankCardOcrToken(OcrResultService, name)),
    recognition: application!.get<RecognitionService>(getBankCardOcrToken(RecognitionService, name)),
    sdk: application!.get<SdkLaunchService>(getBankCardOcrToken(SdkLaunchService, name)),
    signedRequests: application!.get<SignedRequestService>(getBankCardOcrToken(SignedRequestService, name)),
  });

  afterEach(async () => {
    await application?.close();
    application = undefined;
  });

  it('is the TicketService of all services, and need not have more than getCredentials()', async () => {
    const transport = new FakeTransport();
    await start((builder) => {
      return builder
        .overrideProvider(getBankCardOcrToken(TicketService, name))
        .useValue(fakeTickets)
        .overrideProvider(getBankCardOcrToken(Transport, name))
        .useValue(transport);
    });
    const { results, recognition, sdk, signedRequests } = services();
    const isSignedWith = (ticket: string, order: number) => {
      const { parameters, body } = transport.sent[order]!;
      const value = (key: string) => parameters.get(key) ?? body[key];
      const signed = ['IDAXXXXX', value('order_no') ?? value('orderNo'), '1.0.0', value('nonce')];
      return value('sign') === signatures.sign(signed, ticket);
    };
    await results.query('order1');
    expect(isSignedWith('o'.repeat(64), 0)).toBe(true);
    const { app_id, order_no, version, nonce, sign: signature } = await results.signQuery('order1');
    expect(signature).toBe(signatures.sign([app_id, order_no, version, nonce], 'o'.repeat(64)));
    await recognition.recognize(JPEG, { orderNo: 'order1' });
    expect(isSignedWith('o'.repeat(64), 1)).toBe(true);
    const launch = await sdk.create({ userId: 'user1' });
    expect(transport.sent[2]!.parameters.get('access_token')).toBe('t'.repeat(64));
    await signedRequests.send(ID_CARD);
    expect(isSignedWith('o'.repeat(64), 3)).toBe(true);
    expect(launch.expiresInMs).toBeGreaterThan(0);
    const valid = signatures.sign(['IDAXXXXX', 'order1'], 'o'.repeat(64));
    await expect(sdk.verifyResult({ orderNo: 'order1', sign: valid })).resolves.toBe(true);
    await expect(sdk.verifyResult({ orderNo: 'order1', sign: 'B'.repeat(40) })).resolves.toBe(false);
    expect(transport.sent.map(({ path }) => path).filter((path) => path.includes('access_token'))).toEqual([]);
  });

  it('is neither started nor closed with the application, as a TicketService', async () => {
    const tickets = { ...fakeTickets, start: jest.fn(), close: jest.fn() };
    await start((builder) => builder.overrideProvider(getBankCardOcrToken(TicketService, name)).useValue(tickets));
    await application!.close();
    application = undefined;
    expect([tickets.start, tickets.close].map((hook) => hook.mock.calls.length)).toEqual([0, 0]);
  });

  it('is the TicketService of all services after getCredentials() was replaced on the real one', async () => {
    const transport = new FakeTransport();
    const options = { backgroundRefresh: false };
    await start(
      (builder) => builder.overrideProvider(getBankCardOcrToken(Transport, name)).useValue(transport),
      options,
    );
    const { results } = services();
    await results.query('order1');
    const tickets = application!.get<TicketService>(getBankCardOcrToken(TicketService, name));
    const spy = jest.spyOn(tickets, 'getCredentials').mockResolvedValue(credentials);
    await results.query('order1');
    expect(spy).toHaveBeenCalledTimes(1);
  });

  it('is the SignatureService of all services', async () => {
    const transport = new FakeTransport();
    await start((builder) => {
      return builder
        .overrideProvider(getBankCardOcrToken(SignatureService, name))
        .useValue(fakeSignatures)
        .overrideProvider(getBankCardOcrToken(Transport, name))
        .useValue(transport);
    });
    const { results, recognition, sdk, signedRequests } = services();
    await results.query('order1');
    await recognition.recognize(JPEG);
    await signedRequests.send(ID_CARD);
    const sent = transport.sent.filter(({ path }) => !path.includes('oauth2'));
    expect(sent.map(({ parameters, body }) => parameters.get('sign') ?? body['sign'])).toEqual([
      'F'.repeat(40),
      'F'.repeat(40),
      'F'.repeat(40),
    ]);
    await expect(results.signQuery('order1')).resolves.toMatchObject({ nonce: '0'.repeat(32), sign: 'F'.repeat(40) });
    await expect(sdk.create({ userId: 'user1' })).resolves.toMatchObject({ sign: 'F'.repeat(40) });
    await expect(sdk.verifyResult({ orderNo: 'order1', sign: 'A'.repeat(40) })).resolves.toBe(true);
  });

  it('is the ticket store of all services, and is left open when the application closes', async () => {
    await using sandbox = await KycSandbox.start({ unknownOrders: 'invent' });
    const store = new MemoryTicketStore();
    const closes = jest.spyOn(store, 'close');
    const options = { appId: sandbox.appId, secret: sandbox.secret, baseUrl: sandbox.url, backgroundRefresh: false };
    for (const expected of [1, 1]) {
      await start(
        (builder) => builder.overrideProvider(getBankCardOcrToken(TicketStore, name)).useValue(store),
        options,
      );
      await services().results.query('order1');
      await services().sdk.create({ userId: `user${Math.random().toString(36).slice(2, 10)}` });
      await services().recognition.recognize(JPEG);
      await services().signedRequests.send(ID_CARD);
      await application!.close();
      expect(sandbox.calls.accessToken).toBe(expected);
    }
    expect(closes).not.toHaveBeenCalled();
  });

  it('is the transport of all services and of both hosts, and is left open when the application closes', async () => {
    const transport = new FakeTransport();
    const options = { recognitionBaseUrl: 'http://127.0.0.1:10', backgroundRefresh: false };
    await start(
      (builder) => builder.overrideProvider(getBankCardOcrToken(Transport, name)).useValue(transport),
      options,
    );
    const { results, recognition, sdk, signedRequests } = services();
    await expect(results.query('order1')).resolves.toMatchObject({ cardNumber: { masked: '622202*********0128' } });
    await expect(recognition.recognize(JPEG)).resolves.toMatchObject({ cardNumber: { masked: '622202*********0128' } });
    await sdk.create({ userId: 'user1' });
    await signedRequests.send(ID_CARD);
    expect(transport.sent.map(({ path }) => path.split('/').at(-1))).toEqual([
      'access_token',
      'api_ticket',
      'getBankCardOcrResult',
      'bankcardocrapp',
      'api_ticket',
      'getOcrResult',
    ]);
    await application!.close();
    application = undefined;
    expect(transport.close).not.toHaveBeenCalled();
  });

  it('is the clock of all services', async () => {
    const clock = new ManualClock();
    const transport = new FakeTransport(false);
    await start((builder) => {
      return builder
        .overrideProvider(getBankCardOcrToken(Clock, name))
        .useValue(clock)
        .overrideProvider(getBankCardOcrToken(TicketService, name))
        .useValue(fakeTickets)
        .overrideProvider(getBankCardOcrToken(Transport, name))
        .useValue(transport);
    });
    const { results, recognition, sdk, signedRequests } = services();
    const calls = [
      () => results.query('order1'),
      () => recognition.recognize(JPEG, { orderNo: 'order2' }),
      () => sdk.create({ userId: 'user1' }),
      () => signedRequests.send(ID_CARD),
    ];
    for (const call of calls) {
      let settled: unknown;
      const done = call().catch((error: unknown) => (settled = error));
      while (settled === undefined) await clock.advanceAsync(1_000);
      await done;
      expect(settled).toMatchObject({ code: 'TIMEOUT' });
    }
  });
});

describe('two accounts', () => {
  it('have providers of their own: overriding that of one leaves the other alone', async () => {
    const [own, other] = [new FakeTransport(), new FakeTransport()];
    const options = { secret: 's'.repeat(64), baseUrl: 'http://127.0.0.1:9', backgroundRefresh: false };
    const imports = [
      BankCardOcrModule.forRoot({ ...options, appId: 'IDAXXXX1' }),
      BankCardOcrModule.forRoot({ ...options, appId: 'IDAXXXX2', name: 'loans' }),
    ];
    const builder = Test.createTestingModule({ imports })
      .overrideProvider(Transport)
      .useValue(own)
      .overrideProvider(getBankCardOcrToken(Transport, 'loans'))
      .useValue(other)
      .overrideProvider(TicketService)
      .useValue(fakeTickets);
    const application = await builder.compile();
    application.useLogger(false);
    await application.init();
    await application.get(OcrResultService).query('order1');
    await application.get(getBankCardOcrToken(OcrResultService, 'loans')).query('order2');
    expect(own.sent.map(({ parameters }) => parameters.get('order_no'))).toEqual(['order1']);
    expect(other.sent.map(({ parameters }) => parameters.get('order_no'))).toEqual([null, null, 'order2']);
    await application.close();
  });
});
