import { HttpModule, HttpService } from '@nestjs/axios';
import { Injectable, Module, type ModuleMetadata } from '@nestjs/common';
import { Test, type TestingModule, type TestingModuleBuilder } from '@nestjs/testing';
import {
  BankCardOcrModule,
  Clock,
  Credentials,
  getBankCardOcrToken,
  MemoryTicketStore,
  SdkLaunchService,
  TicketService,
  TicketStore,
  type BankCardOcrResult,
  CardRejectedError,
  isBankCardOcrError,
  OcrResultService,
} from 'nestjs-bankcard-ocr';
import {
  aBankCardOcrResult,
  BankCardOcrTestingModule,
  getSandboxInjectionToken,
  KycSandbox,
  ManualClock,
} from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { eventually } from '../support/passing-time.js';

@Injectable()
class Cards {
  constructor(private readonly ocr: OcrResultService) {}

  async isClean(orderNo: string): Promise<boolean> {
    return (await this.ocr.query(orderNo)).warnings.length === 0;
  }
}

const { clean } = KycSandbox.EXAMPLE_ORDERS;
const photocopy = aBankCardOcrResult().with({ warnings: ['-9113'] });

let app: TestingModule | undefined;

afterEach(async () => {
  await app?.close();
  app = undefined;
});

/** An application under test, silent, which ends after the test. */
async function appOf(
  metadata: ModuleMetadata,
  override: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
): Promise<TestingModule> {
  app = await override(Test.createTestingModule(metadata)).compile();
  app.useLogger(false);
  return app;
}

describe('a service that is overridden', () => {
  // `satisfies` checks what `useValue` takes unseen.
  const results = { query: async () => photocopy.build() } satisfies Pick<OcrResultService, 'query'>;

  it('answers what the test has built, and nobody is asked on the sandbox', async () => {
    const metadata = { imports: [BankCardOcrTestingModule.forRoot()], providers: [Cards] };
    const testing = await appOf(metadata, (builder) => builder.overrideProvider(OcrResultService).useValue(results));
    await expect(testing.get(Cards).isClean('order1')).resolves.toBe(false);
    expect(testing.get(KycSandbox).calls.result).toBe(0);
  });

  it('leaves the rest of the module as it is: once the application starts, credentials are fetched', async () => {
    await using vendor = await KycSandbox.start();
    const metadata = { imports: [BankCardOcrModule.forRoot(optionsFor(vendor))] };
    const testing = await appOf(metadata, (builder) => builder.overrideProvider(OcrResultService).useValue(results));
    expect(vendor.calls.accessToken).toBe(0);
    await testing.init();
    await eventually(() => vendor.calls.apiTicket === 1);
  });
});

describe.each([undefined, 'loans'])('a part below the services that is overridden, of the account %s', (name) => {
  const credentials = new Credentials(1, 'of-the-test', 't'.repeat(64), 's'.repeat(64));

  it('is the TicketService: what it returns signs launches, and no credentials are fetched', async () => {
    const testing = await appOf({ imports: [BankCardOcrTestingModule.forRoot({ name })] }, (builder) => {
      const token = getBankCardOcrToken(TicketService, name);
      return builder.overrideProvider(token).useValue({ getCredentials: async () => credentials });
    });
    await testing.init();
    const sdk = testing.get(getBankCardOcrToken(SdkLaunchService, name));
    await expect(sdk.create({ userId: 'user1' })).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    expect(testing.get<KycSandbox>(getSandboxInjectionToken(name)).calls.accessToken).toBe(0);
  });

  it('is the ticket store: credentials are kept in it', async () => {
    const store = new MemoryTicketStore();
    const testing = await appOf({ imports: [BankCardOcrTestingModule.forRoot({ name })] }, (builder) => {
      return builder.overrideProvider(getBankCardOcrToken(TicketStore, name)).useValue(store);
    });
    await testing.get(getBankCardOcrToken(OcrResultService, name)).query(clean);
    expect(await store.read()).toBeDefined();
  });

  it('is the clock: a query waits for it', async () => {
    const clock = new ManualClock();
    const testing = await appOf({ imports: [BankCardOcrTestingModule.forRoot({ name })] }, (builder) => {
      return builder.overrideProvider(getBankCardOcrToken(Clock, name)).useValue(clock);
    });
    const sandbox = testing.get<KycSandbox>(getSandboxInjectionToken(name));
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '999999', times: 1 });
    const query = testing.get(getBankCardOcrToken(OcrResultService, name)).query(clean);
    await eventually(() => sandbox.calls.result === 1 && sandbox.inFlight === 0);
    while (sandbox.calls.result < 2) await clock.advanceAsync(1_000);
    await expect(query).resolves.toMatchObject({ orderNo: clean });
  });
});

describe('a module that is overridden', () => {
  it('is the registration that the application keeps in a constant: no vendor of its own is asked', async () => {
    await using vendor = await KycSandbox.start();
    const registration = BankCardOcrModule.forRoot({ ...optionsFor(vendor), isGlobal: true });
    @Module({ imports: [registration], providers: [Cards] })
    class AppModule {}
    const testing = await appOf({ imports: [AppModule] }, (builder) => {
      return builder.overrideModule(registration).useModule(BankCardOcrTestingModule.forRoot());
    });
    await testing.init();
    await expect(testing.get(Cards).isClean(clean)).resolves.toBe(true);
    expect(testing.get(KycSandbox).calls.result).toBe(1);
    expect(vendor.calls).toMatchObject({ accessToken: 0, apiTicket: 0, result: 0 });
  });
});

describe('an HttpService that is overridden', () => {
  it('is not the one that asks the vendor', async () => {
    const request = jest.fn();
    const metadata = { imports: [HttpModule, BankCardOcrTestingModule.forRoot()], providers: [Cards] };
    const stand = { request, get: request };
    const testing = await appOf(metadata, (builder) => builder.overrideProvider(HttpService).useValue(stand));
    await expect(testing.get(Cards).isClean(clean)).resolves.toBe(true);
    expect(request).not.toHaveBeenCalled();
  });
});

describe('a ManualClock', () => {
  it('has to be moved for a query that pauses before it asks again', async () => {
    const clock = new ManualClock();
    const testing = await appOf({ imports: [BankCardOcrTestingModule.forRoot({ sandbox: { clock } })] });
    const sandbox = testing.get(KycSandbox);
    sandbox.injectFault({ endpoint: 'getBankCardOcrResult', kind: 'code', code: '999999', times: 1 });
    let answered = false;
    const query = testing
      .get(OcrResultService)
      .query(clean)
      .finally(() => (answered = true));
    await eventually(() => sandbox.calls.result === 1 && sandbox.inFlight === 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBe(false);
    await clock.advanceAsync(1_000);
    await query;
    expect(sandbox.calls.result).toBe(2);
  });
});

describe('what a test has built', () => {
  /** Names of members, those of its own that hold nothing included. */
  const members = (result: BankCardOcrResult) => Object.keys(result).sort();

  it('has no member that a real result lacks', async () => {
    const testing = await appOf({ imports: [BankCardOcrTestingModule.forRoot()] });
    const real = await testing.get(OcrResultService).query(clean);
    const built = aBankCardOcrResult();
    expect(members(real)).toEqual(expect.arrayContaining(members(built.build())));
    const { clarity, operatedAt, retention, bizSeqNo, vendorMessage } = real;
    expect(members(built.with({ clarity, operatedAt, retention, bizSeqNo, vendorMessage }).build())).toEqual(
      members(real),
    );
    expect('clarity' in built.with({ clarity: undefined }).build()).toBe(false);
  });

  it('is rejected as a real card is', async () => {
    const card = photocopy.with({ orderNo: 'copy1' }).build();
    const query = async () => {
      throw new CardRejectedError(card, card.warnings);
    };
    const rejected: unknown = await query().catch((error: unknown) => error);
    expect(isBankCardOcrError(rejected)).toBe(true);
    expect(rejected).toMatchObject({ code: 'CARD_REJECTED', orderNo: 'copy1', warnings: [{ code: '-9113' }] });
    expect(JSON.stringify(rejected)).not.toContain(card.cardNumber.reveal());
  });
});

describe('the sandbox as the judge of a client in another language', () => {
  it('has settled identity and cards for all orders, and reports refreshes that come too soon', async () => {
    const secret = 's'.repeat(64);
    const settings = { unknownOrders: 'invent', minRefreshIntervalMs: 60_000 } as const;
    await using sandbox = await KycSandbox.start({ appId: 'IDAXXXXX', secret, ...settings });
    const refresh = async () => {
      const parameters = `app_id=IDAXXXXX&secret=${secret}&grant_type=client_credential&version=1.0.0`;
      const response = await fetch(`${sandbox.url}/api/oauth2/access_token?${parameters}`);
      const { access_token: token } = (await response.json()) as { access_token: string };
      const ticket = `app_id=IDAXXXXX&access_token=${token}&type=SIGN&version=1.0.0`;
      return fetch(`${sandbox.url}/api/oauth2/api_ticket?${ticket}`);
    };
    await expect((await refresh()).json()).resolves.toMatchObject({ code: '0' });
    expect(sandbox.violations()).toEqual([]);
    await refresh();
    expect(sandbox.violations()).toMatchObject([{ kind: 'refresh-too-soon' }]);
    sandbox.configure({ minRefreshIntervalMs: 0 });
    await refresh();
    expect(sandbox.violations()).toHaveLength(1);
  });
});
