import type { Type } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { BankCardOcrModule, OcrResultService, TicketService, type TicketStore } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock, orderNoForCode, PICTURED_CARD_NUMBER } from 'nestjs-bankcard-ocr/testing';
import { EventCounts } from '../support/event-counts.js';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/migrating.md');
afterAll(remove);

const { clean, warned } = KycSandbox.EXAMPLE_ORDERS;
const fail = () => {
  throw new Error('the old cache was not written');
};

interface OldClient {
  query(orderNo: string): Promise<{ bankCardNo: string }>;
  getTicket(): Promise<string>;
}
type OldClientClass = new (account: { host: string; appId: string; secret: string }) => OldClient;
interface OldPair {
  accessToken: string;
  signTicket: string;
  askedForAtMs: number;
}
type OldStoreClass = new (
  cache: { read(): Promise<OldPair | undefined> },
  account: { appId: string; secret: string },
) => TicketStore;

describe('docs/migrating.md', () => {
  let sandbox: KycSandbox;
  let clock: ManualClock;
  let app: TestingModule | undefined;

  beforeEach(async () => {
    clock = new ManualClock();
    sandbox = await KycSandbox.start({ clock });
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await sandbox.stop();
  });

  let counts: EventCounts;

  async function boot(
    options: { ticketStore?: TicketStore; role?: 'reader'; providers?: Type[] } = {},
    beforeStart: (tickets: TicketService) => void = () => undefined,
  ) {
    const { appId, secret, url: baseUrl } = sandbox;
    const { providers, ...rest } = options;
    counts = new EventCounts();
    const telemetry = counts;
    const imports = [BankCardOcrModule.forRoot({ appId, secret, baseUrl, clock, telemetry, isGlobal: true, ...rest })];
    app = await Test.createTestingModule({ imports, providers }).compile();
    beforeStart(app.get(TicketService));
    return app.init();
  }

  function oldClient(host = sandbox.url): OldClient {
    const { HandWrittenClient } = load('hand-written.client.ts') as { HandWrittenClient: OldClientClass };
    const { appId, secret } = sandbox;
    return new HandWrittenClient({ host, appId, secret });
  }

  it('begins with a client that works, and whose errors show the secret', async () => {
    await expect(oldClient().query(clean)).resolves.toMatchObject({ bankCardNo: PICTURED_CARD_NUMBER });
    const error: unknown = await oldClient('http://127.0.0.1:1')
      .query(clean)
      .catch((reason: unknown) => reason);
    expect(JSON.stringify(error)).toContain(sandbox.secret);
  });

  it('keeps the shape of old answers', async () => {
    type Lookup = { query(orderNo: string): Promise<object> };
    const { CardLookupService } = load('card-lookup.service.ts') as { CardLookupService: Type<Lookup> };
    const cards = (await boot({ providers: [CardLookupService] })).get(CardLookupService);
    const result = { bankCardNo: PICTURED_CARD_NUMBER, bankCardValidDate: '09/2031', warnCodes: [] };
    expect(await cards.query(clean)).toEqual({ code: '0', msg: '', result });
    expect(await cards.query(warned)).toMatchObject({ result: { warnCodes: ['-9113', '66661009'] } });
    expect(await cards.query(orderNoForCode('-9012'))).toEqual({
      code: '-9012',
      msg: expect.stringMatching(/\p{Script=Han}/u),
    });
  });

  it('lets the old client go on with what the library fetches: one refresh for both', async () => {
    type Pair = { signTicket: string; remainingMs: number };
    type Feed = (tickets: TicketService, cache: { write(pair: Pair): Promise<void> }, onError: () => void) => void;
    const { feedOldCache } = load('old-cache.bridge.ts') as { feedOldCache: Feed };
    const written: Pair[] = [];
    const testing = await boot({}, (tickets) => {
      feedOldCache(tickets, { write: async (pair) => void written.push(pair) }, fail);
    });
    await testing.get(OcrResultService).query(clean);
    expect(written).toEqual([
      { accessToken: expect.any(String), signTicket: expect.any(String), remainingMs: 3_600_000 },
    ]);
    const old = oldClient();
    old.getTicket = async () => written.at(-1)!.signTicket;
    await expect(old.query(clean)).resolves.toMatchObject({ bankCardNo: PICTURED_CARD_NUMBER });
    expect(sandbox.calls).toMatchObject({ accessToken: 1, apiTicket: 1 });
    expect(sandbox.violations()).toEqual([]);
  });

  it('lets a reader use the tickets of the old client, without a call of its own, over a refresh of it', async () => {
    const { OldTicketsStore } = load('old-tickets.store.ts') as { OldTicketsStore: OldStoreClass };
    let pair: OldPair | undefined;
    const refreshOld = async () => {
      const askedForAtMs = clock.now();
      const get = async (path: string, more: string) => {
        const response = await fetch(`${sandbox.url}${path}?app_id=${sandbox.appId}&version=1.0.0&${more}`);
        return (await response.json()) as { access_token: string; tickets: { value: string }[] };
      };
      const withSecret = `secret=${sandbox.secret}&grant_type=client_credential`;
      const { access_token: accessToken } = await get('/api/oauth2/access_token', withSecret);
      const { tickets } = await get('/api/oauth2/api_ticket', `access_token=${accessToken}&type=SIGN`);
      pair = { accessToken, signTicket: tickets[0]!.value, askedForAtMs };
    };
    await refreshOld();
    const ticketStore = new OldTicketsStore({ read: async () => pair }, sandbox);
    const testing = await boot({ ticketStore, role: 'reader' });
    const ocr = testing.get(OcrResultService);
    await ocr.query(clean);
    clock.advance(50 * 60_000);
    await refreshOld();
    const first = testing.get(TicketService).status().generationId;
    // Twice the overlap: the old pair has long been dead at its end.
    for (let seconds = 0; seconds < 120; seconds += 5) {
      await clock.advanceAsync(5_000);
      await ocr.query(clean);
    }
    expect(testing.get(TicketService).status().generationId).not.toBe(first);
    expect(counts.updates).toEqual({ refreshed: 0, adopted: 2 });
    const faults = ['credentials-rejected', 'store-failed', 'refresh-conflict'].map((type) => counts.of(type));
    expect(faults).toEqual([0, 0, 0]);
    expect(sandbox.calls).toMatchObject({ accessToken: 2, apiTicket: 2 });
    expect(sandbox.rejected).toBe(0);
    // Rejected all the same, it waits and asks nobody.
    sandbox.killCredentials();
    const failure = ocr.query(clean).catch((error: unknown) => error);
    for (let looks = 0; looks < 60; looks += 1) {
      await clock.advanceAsync(200);
      await new Promise((resolve) => setTimeout(resolve, 2)); // for the answer of a real server
    }
    expect(await failure).toMatchObject({ code: 'CREDENTIALS_REJECTED' });
    expect(sandbox.calls.accessToken).toBe(2);
  });
});
