import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { type BankCardOcrOptions, CardRejectedError } from 'nestjs-bankcard-ocr';
import { orderNoForCode, orderNoForWarning } from 'nestjs-bankcard-ocr/testing';
import { passTime } from '../support/passing-time.js';
import { endStage } from '../support/query-stage.js';
import {
  beginRecognition,
  JPEG,
  RECOGNIZE,
  recognitionFailure,
  type RecognitionStage,
} from '../support/recognition-stage.js';

const SECOND = 1_000;

let { clock, sandbox, app, scene, recognition } = {} as RecognitionStage;

async function start(change: Partial<BankCardOcrOptions> = {}): Promise<void> {
  ({ clock, sandbox, app, scene, recognition } = await beginRecognition(change));
}

afterEach(endStage);

describe.each(['http-service', 'undici'] as const)('a recognition over %s', (transport) => {
  beforeEach(() => start({ transport }));

  it.each([
    ['a Buffer', () => JPEG],
    ['a stream', () => Readable.from([JPEG.subarray(0, 5), JPEG.subarray(5)])],
    ['a file', fileOfJpeg],
  ])('of %s gives the card, and can be queried with all photos', async (_what, image) => {
    const result = await recognition.recognize(image());
    expect(result.orderNo).toMatch(/^[0-9A-Za-z]{32}$/);
    expect(result.cardNumber.masked).toMatch(/^620000\*{9}\d{4}$/);
    expect(result).toMatchObject({ warnings: [], clarity: 79, validity: { month: 9, year: 2031 } });
    expect(result.photos).toMatchObject({ status: 'absent', numberStrip: { mediaType: 'image/jpeg' }, damaged: [] });

    const queried = await app.ocr.query(result.orderNo, { photos: true });
    expect(queried.cardNumber.reveal()).toBe(result.cardNumber.reveal());
    expect(queried.photos.original?.bytes.equals(JPEG)).toBe(true);
    expect(queried.photos.numberStrip?.bytes).toEqual(result.photos.numberStrip?.bytes);
    expect(sandbox.calls).toMatchObject({ recognition: 1, result: 1 });
    expect(sandbox.violations()).toEqual([]);
  });

  it('of the largest image there may be is sent whole', async () => {
    const largest = Buffer.concat([JPEG, Buffer.alloc(2_359_296 - JPEG.length, 0x5a)]);
    const { orderNo } = await recognition.recognize(largest);
    const { photos } = await app.ocr.query(orderNo, { photos: true });
    expect(photos.original?.bytes.equals(largest)).toBe(true);
  });

  it('has the order number that it was given, once', async () => {
    const options = { orderNo: 'order1', userId: 'user1' };
    await expect(recognition.recognize(JPEG, options)).resolves.toMatchObject({ orderNo: 'order1' });
    const error = await recognitionFailure(recognition.recognize(JPEG, options));
    expect(error).toMatchObject({
      code: 'INVALID_ARGUMENT',
      vendorCode: '14',
      orderNo: 'order1',
      outcomeUnknown: false,
    });
    expect(sandbox.calls).toMatchObject({ recognition: 2, result: 0 });
  });

  it.each([...['-9011', '-9012', '-9013', '-9014'], ...['66660015', '66661001', '66661005', '66661010']])(
    'of no readable card (%s) is final',
    async (code) => {
      const orderNo = orderNoForCode(code);
      const error = await recognitionFailure(recognition.recognize(JPEG, { orderNo }));
      expect(error).toMatchObject({ code: 'CARD_UNREADABLE', vendorCode: code, orderNo, outcomeUnknown: false });
      expect(sandbox.calls).toMatchObject({ recognition: 1, result: 0 });
    },
  );

  it('returns warnings, or rejects the card for them, as the policy says', async () => {
    const orderNo = orderNoForWarning('-9113');
    const strict = recognition.recognize(JPEG, { orderNo, warningPolicy: 'strict' });
    await expect(strict).rejects.toBeInstanceOf(CardRejectedError);
    await expect(strict).rejects.toMatchObject({ card: { orderNo }, warnings: [{ code: '-9113' }] });
    const reported = await recognition.recognize(JPEG, { orderNo: orderNoForWarning('-9114') });
    expect(reported.warnings).toMatchObject([{ code: '-9114' }]);
  });

  it('says how long the vendor keeps it', async () => {
    const { retention } = await recognition.recognize(JPEG);
    expect(retention).toEqual({ endsAt: new Date(clock.now() + 259_200_000), remainingMs: 259_200_000 });
  });
});

describe('what is wrong is told before anything is sent', () => {
  beforeEach(() => start());

  it.each([
    ['an order number', { orderNo: 'order-1' }],
    ['a user id', { userId: 'user@1' }],
    ['a time limit', { recognitionTimeoutMs: 0 }],
    ['a number of attempts', { maxAttempts: 0.5 }],
    ['a policy', { warningPolicy: 'lenient' as 'strict' }],
  ])('%s', async (_what, options) => {
    await expect(recognition.recognize(JPEG, options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(sandbox.calls.recognition).toBe(0);
  });

  it.each([
    ['an empty image', Buffer.alloc(0), 'INVALID_ARGUMENT'],
    ['a text', Buffer.from('no picture'), 'IMAGE_TYPE_NOT_ACCEPTED'],
    ['an image above 3 MB', Buffer.concat([JPEG, Buffer.alloc(2_400_000)]), 'IMAGE_TOO_LARGE'],
    ['a file that is not there', { file: '/nowhere/card.jpg' }, 'INVALID_ARGUMENT'],
  ])('%s, with the order number', async (_what, image, code) => {
    const error = await recognitionFailure(recognition.recognize(image));
    expect(error).toMatchObject({ code, outcomeUnknown: false, orderNo: expect.stringMatching(/^\w{32}$/) });
    expect(sandbox.calls.recognition).toBe(0);
  });

  it('an upload that stands still is given up when the time is over', async () => {
    const upload = new PassThrough();
    upload.write(JPEG);
    const failing = recognitionFailure(recognition.recognize(upload));
    await passTime(scene, 16 * SECOND, SECOND);
    expect(await failing).toMatchObject({ code: 'TIMEOUT', outcomeUnknown: false });
    expect(upload.destroyed).toBe(true);
    expect(sandbox.calls.recognition).toBe(0);
  });
});

describe('rejected credentials', () => {
  beforeEach(() => start());

  it.each(['400102', '400101', '15'] as const)('(%s) are renewed, and the image is sent again, once', async (code) => {
    sandbox.configure({ deadTicketCode: code });
    sandbox.killCredentials();
    await expect(recognition.recognize(JPEG, { orderNo: 'order1' })).resolves.toMatchObject({ orderNo: 'order1' });
    expect(sandbox.calls).toMatchObject({ recognition: 2, result: 0, accessToken: 2 });
    // A nonce of its own for each, and one recognition.
    expect(sandbox.violations()).toEqual([]);
  });

  it('that are rejected again end it', async () => {
    const orderNo = orderNoForCode('400102');
    const error = await recognitionFailure(recognition.recognize(JPEG, { orderNo }));
    expect(error).toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorCode: '400102', orderNo, outcomeUnknown: false });
    expect(sandbox.calls).toMatchObject({ recognition: 2, result: 0 });
  });

  it('do not make an image be sent a third time, when the second answer is lost', async () => {
    sandbox.killCredentials();
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'code', code: '400102', times: 1 });
    sandbox.injectFault({ endpoint: RECOGNIZE, kind: 'lost-response', times: 1 });
    await expect(recognition.recognize(JPEG)).resolves.toMatchObject({ photos: { status: 'complete' } });
    expect(sandbox.calls).toMatchObject({ recognition: 2, result: 1 });
    expect(sandbox.violations()).toEqual([]);
  });
});

function fileOfJpeg(): { file: string } {
  const file = path.join(folder, 'card.jpg');
  writeFileSync(file, JPEG);
  return { file };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'recognition-'));
});
afterAll(() => rmSync(folder, { recursive: true }));
