import { ValidationPipe, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { writePages } from '../support/page-code.js';

const { load, remove } = writePages('docs/phone-sdk.md');
afterAll(remove);

/** The orders of the page, in memory. */
class OrdersInMemory {
  readonly #users = new Map<string, string>();
  add = async (orderNo: string, userId: string) => void this.#users.set(orderNo, userId);
  belongsTo = async (orderNo: string, userId: string) => this.#users.get(orderNo) === userId;
}

type Page = Record<'CardScanController' | 'ScanOrders', new () => object>;

describe('docs/phone-sdk.md', () => {
  let app: INestApplication;
  let sandbox: KycSandbox;

  beforeEach(async () => {
    const { CardScanController, ScanOrders } = load('card-scan.controller.ts') as Page;
    const testing = await Test.createTestingModule({
      imports: [BankCardOcrTestingModule.forRoot()],
      controllers: [CardScanController],
      providers: [{ provide: ScanOrders, useClass: OrdersInMemory }],
    }).compile();
    sandbox = testing.get(KycSandbox);
    app = testing.createNestApplication({ logger: false });
    app.useGlobalPipes(new ValidationPipe());
    // The login: the user is who the header says.
    app.use((request: { headers: Record<string, string>; user?: object }, _response: object, next: () => void) => {
      request.user = { id: request.headers['x-user'] };
      next();
    });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(() => app.close());

  async function post(user: string, route: string, body: object = {}) {
    const headers = { 'content-type': 'application/json', 'x-user': user };
    const response = await fetch(`${await app.getUrl()}${route}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return { response, status: response.status, body: (await response.json()) as Record<string, string> };
  }

  it('launches the SDK for the user of the login, and returns the masked card for a genuine report', async () => {
    const { response, body } = await post('user1', '/card-scans');
    expect(response.headers.get('cache-control')).toBe('no-store');
    const { appId, version, nonce, userId, orderNo, sign } = body as Record<string, string>;
    const launch = { openApiAppId: appId!, openApiAppVersion: version!, openApiNonce: nonce! };
    const user = { openApiUserId: userId!, orderNo: orderNo!, openApiSign: sign! };
    expect(userId).toBe('user1');
    expect(sandbox.acceptLaunch({ ...launch, ...user })).toMatchObject({ accepted: true });
    const report = { orderNo, sign: sandbox.phoneResultSignature(orderNo!) };
    expect(await post('user1', '/card-scans/report', report)).toMatchObject({
      status: 200,
      body: { orderNo, cardNumber: expect.stringMatching(/^\d{6}\*+\d{4}$/) },
    });
    expect(sandbox.violations()).toEqual([]);
  });

  it('refuses a report that Tencent has not signed, and the order of another user', async () => {
    const { orderNo, sign } = (await post('user1', '/card-scans')).body;
    expect(await post('user1', '/card-scans/report', { orderNo, sign })).toMatchObject({ status: 400 });
    expect(await post('user2', '/card-scans/report', { orderNo, sign })).toMatchObject({ status: 404 });
    expect(sandbox.calls.result).toBe(0);
  });
});
