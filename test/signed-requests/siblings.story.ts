import { Writable } from 'node:stream';
import { BankCardOcrError, SignedRequestService } from 'nestjs-bankcard-ocr';
import { failureWith } from '../support/failure-with.js';
import { MINUTE, SECOND, start, stop } from '../support/moved-time.js';
import { passTime, passTimeUntil } from '../support/passing-time.js';
import { beginStage, endStage } from '../support/query-stage.js';

const ID_CARD = { method: 'GET', path: '/api/server/getOcrResult' } as const;
const FACE_RECORD = { method: 'POST', path: '/api/v2/base/queryfacerecord' } as const;

describe('one generation of credentials for the whole product family', () => {
  afterEach(stop);

  it('serves bank cards, ID cards and face records at the same time over three rotations', async () => {
    const { sandbox, app, scene } = await start({}, (vendor) => {
      vendor.configure({ hostProfile: 'kyc1.qcloud.com', minRefreshIntervalMs: 19 * MINUTE });
    });
    const siblings = app.application.get(SignedRequestService);
    let rounds = 0;
    await passTime(scene, 65 * MINUTE, 30 * SECOND, async () => {
      rounds += 1;
      const orderNo = `order${rounds}`;
      const [card, idCard, face] = await Promise.all([
        app.ocr.query(orderNo),
        siblings.send({ ...ID_CARD, orderNo }),
        siblings.send({ ...FACE_RECORD, orderNo }),
      ]);
      expect([card.orderNo, idCard['result'], face['result']]).toMatchObject([
        orderNo,
        { orderNo, name: '张三' },
        { orderNo, liveRate: '99' },
      ]);
    });
    expect(sandbox.calls).toMatchObject({ accessToken: 4, signTicket: 4, result: rounds, sibling: 2 * rounds });
    expect(sandbox.rejected).toBe(0);
    expect(sandbox.violations()).toEqual([]);
    expect(new Set(sandbox.journal().map(({ generation }) => generation))).toEqual(new Set([1, 2, 3, 4]));
  });
});

describe('a signed request', () => {
  afterEach(endStage);

  const begin = async (...change: Parameters<typeof beginStage>) => {
    const stage = await beginStage(...change);
    const siblings = stage.app.application.get(SignedRequestService);
    const orderNo = 'idCard1';
    stage.sandbox.addOrder({ orderNo });
    return { ...stage, siblings, orderNo };
  };

  it('brings files when they are asked for by a parameter, which is not signed', async () => {
    const { siblings, orderNo } = await begin();
    const without = await siblings.send({ ...ID_CARD, orderNo });
    const withFiles = await siblings.send({ ...ID_CARD, orderNo, query: { get_file: '1' } });
    const face = await siblings.send({ ...FACE_RECORD, orderNo, body: { getFile: '2' } });
    expect(without['result']).not.toHaveProperty('frontPhoto');
    expect(withFiles['result']).toHaveProperty('frontPhoto', expect.stringMatching(/^\/9j\//));
    expect(face['result']).toHaveProperty('photo', expect.stringMatching(/^\/9j\//));
    expect(face['result']).not.toHaveProperty('video');
  });

  it('streams files to the sinks of their fields, whatever their size', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    sandbox.configure({ photoBytes: 2_000_000 });
    const files = new Map<string, { readonly chunks: Buffer[]; readonly extension: string }>();
    const sinkFor = (field: string) => (meta: { readonly extension: string }) => {
      const chunks: Buffer[] = [];
      files.set(field, { chunks, extension: meta.extension });
      return new Writable({ write: (chunk: Buffer, _encoding, done) => (chunks.push(chunk), done()) });
    };
    const sinks = { frontPhoto: sinkFor('frontPhoto') };
    const { result } = await siblings.send({ ...ID_CARD, orderNo, query: { get_file: '1' }, sinks });
    expect(result).toMatchObject({ orderNo, name: '张三', frontPhoto: '', backPhoto: '' });
    expect([...files.keys()]).toEqual(['frontPhoto']);
    const front = files.get('frontPhoto');
    expect(front?.extension).toBe('jpg');
    expect(Buffer.concat(front?.chunks ?? []).length).toBeGreaterThan(1_900_000);
  });

  it('is too large as plain JSON with such files', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    sandbox.configure({ photoBytes: 2_000_000 });
    const sent = siblings.send({ ...ID_CARD, orderNo, query: { get_file: '1' }, maxAttempts: 1 });
    expect(await failureWith(BankCardOcrError, sent)).toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('fails with the error of a sink as it is, and without another request', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    const full = new Error('the disk is full');
    const sinks = { frontPhoto: () => Promise.reject(full) };
    await expect(siblings.send({ ...ID_CARD, orderNo, query: { get_file: '1' }, sinks })).rejects.toBe(full);
    expect(sandbox.calls.sibling).toBe(1);
  });

  it('fails for a file that is not Base64, and its Writable is destroyed', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    const rewrite = (json: object) => ({ ...json, result: { orderNo, frontPhoto: '*** not Base64 ***' } });
    sandbox.injectFault({ endpoint: 'getOcrResult', kind: 'answer', rewrite });
    const sinks = { frontPhoto: () => new Writable() };
    const failure = await failureWith(BankCardOcrError, siblings.send({ ...ID_CARD, orderNo, sinks }));
    expect(failure).toMatchObject({ code: 'PHOTO_DAMAGED', message: expect.stringContaining('frontPhoto') });
  });

  it('is repeated with renewed credentials when the vendor rejects them', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    sandbox.killCredentials();
    expect(await siblings.send({ ...ID_CARD, orderNo })).toMatchObject({ code: '0' });
    expect(sandbox.calls).toMatchObject({ accessToken: 2, sibling: 2 });
  });

  it.each([ID_CARD, FACE_RECORD])(
    'is not sent twice under a name that the host does not know: %o',
    async (endpoint) => {
      const { sandbox, siblings, orderNo } = await begin();
      sandbox.configure({ hostProfile: 'kyc1.qcloud.com' });
      const appIdField = 'webankAppId';
      const failure = await failureWith(BankCardOcrError, siblings.send({ ...endpoint, orderNo, appIdField }));
      expect(failure).toMatchObject({ code: 'INVALID_ARGUMENT', vendorCode: '1', retryable: false });
      expect(sandbox.calls.sibling).toBe(1);
    },
  );

  it.each([
    { what: 'a GET: sent again', request: ID_CARD, times: 2 },
    { what: 'a POST: not sent again, it may be one that is billed', request: FACE_RECORD, times: 1 },
    { what: 'a POST that only asks: sent again', request: { ...FACE_RECORD, idempotent: true }, times: 2 },
    { what: 'a GET that does more: not sent again', request: { ...ID_CARD, idempotent: false }, times: 1 },
  ])('after a lost response, $what', async ({ request, times }) => {
    const { sandbox, scene, siblings, orderNo } = await begin();
    sandbox.injectFault({ endpoint: 'all', kind: 'lost-response', times: 1 });
    const sent = siblings.send({ ...request, orderNo }).then(
      () => 'answered',
      (error: unknown) => (error as BankCardOcrError).code,
    );
    expect(await passTimeUntil(scene, sent, 50)).toBe(times === 2 ? 'answered' : 'UNREACHABLE');
    expect(sandbox.calls.sibling).toBe(times);
  });

  it('fails with the code of the table for an order that the vendor does not know', async () => {
    const { siblings } = await begin();
    const failure = await failureWith(
      BankCardOcrError,
      siblings.send({ ...ID_CARD, orderNo: 'unknown1', maxAttempts: 1 }),
    );
    expect(failure).toMatchObject({ code: 'ORDER_NOT_FOUND', vendorCode: '66660020' });
  });

  it('is refused when the response belongs to another order', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    const rewrite = (json: object) => ({ ...json, result: { orderNo: 'another1' } });
    sandbox.injectFault({ endpoint: 'getOcrResult', kind: 'answer', rewrite });
    const failure = await failureWith(BankCardOcrError, siblings.send({ ...ID_CARD, orderNo, maxAttempts: 1 }));
    expect(failure).toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });

  it('shows nothing that was sent, also when the vendor repeats it', async () => {
    const { sandbox, siblings, orderNo } = await begin();
    const body = { name: '李小明', idNo: '11010119900307123X' };
    const detail = `${body.name} ${body.idNo} ${orderNo} ${sandbox.appId}`;
    sandbox.injectFault({ endpoint: 'queryfacerecord', kind: 'code', code: '400103', detail });
    const failure = await failureWith(BankCardOcrError, siblings.send({ ...FACE_RECORD, orderNo, body }));
    const shown = JSON.stringify(failure) + failure.message + String(failure.vendorMessage);
    for (const secret of [body.name, body.idNo, orderNo, sandbox.appId]) expect(shown).not.toContain(secret);
  });

  it.each([
    ['another method', { method: 'PUT' }, /method/],
    ['a path with a query', { path: '/api/server/getOcrResult?get_file=1' }, /path/],
    ['a path that climbs', { path: '/api/../secret' }, /path/],
    ['a URL', { path: 'https://example.com/api' }, /path/],
    ['another name of the app id', { appIdField: 'id' }, /appIdField/],
    ['a body of a GET', { body: { getFile: '1' } }, /body/],
    ['a number in the query', { query: { get_file: 1 } }, /query/],
    ['a sink that is no function', { sinks: { frontPhoto: 'front.jpg' } }, /sinks/],
    ['a signature of its own', { query: { Sign: 'x' } }, /Sign is set by the library/],
    ['an order number that is none', { orderNo: 'order-1' }, /orderNo/],
  ])('with %s is refused before anything is sent', async (_what, change, message) => {
    const { sandbox, siblings, orderNo } = await begin();
    const request = { ...ID_CARD, orderNo, ...change } as unknown as Parameters<typeof siblings.send>[0];
    const failure = await failureWith(BankCardOcrError, siblings.send(request));
    expect([failure.code, failure.message]).toEqual(['INVALID_ARGUMENT', expect.stringMatching(message)]);
    expect(sandbox.calls.sibling).toBe(0);
  });
});
