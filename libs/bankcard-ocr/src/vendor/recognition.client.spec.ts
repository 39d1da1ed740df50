import { inspect } from 'node:util';
import { SystemClock } from '../runtime/clock.js';
import { failureOf, NEVER, OddVendor } from './odd-vendor.test-support.js';
import { RecognitionClient } from './recognition.client.js';

const SIGNED = {
  appId: 'IDA00001',
  orderNo: 'order0001',
  version: '1.0.0',
  nonce: 'kHoSxvLZGxSoFsjxlbzEoUzh5PAnTU7T',
  sign: '4AE72E6FBC2E9E1282922B013D1B4C2CBD38C4BD',
};
const IMAGE = Buffer.from('the picture of a card, as far as anybody looks').toString('base64');
const OK = JSON.stringify({
  code: '0',
  result: { orderNo: 'order0001', bankcardNo: '6222021234567890128', warningCode: '-9113', bankcardNoPhoto: 'AAAA' },
});

let vendor: OddVendor;
/** Method, type and body of the last request. */
let received: { method?: string; type?: string; length?: string; body: string };

beforeEach(async () => {
  vendor = await OddVendor.start();
});
afterEach(() => vendor.stop());

/** The vendor reads everything before it answers. */
function answering(text: string): void {
  vendor.answer = (response) => {
    const { req } = response;
    received = {
      method: req.method,
      type: req.headers['content-type'],
      length: req.headers['content-length'],
      body: '',
    };
    req.on('data', (chunk: Buffer) => (received.body += chunk.toString('latin1')));
    req.on('end', () => response.end(text));
  };
}

function recognize({ appIdField = 'webankAppId', userId = undefined as string | undefined, image = IMAGE } = {}) {
  const client = new RecognitionClient(vendor.exchange(), new SystemClock(), { path: '/prefix/r', appIdField });
  const request = { attempt: 2, generation: 5, timeoutMs: 60_000, cancellation: NEVER };
  return client.recognize({ signed: SIGNED, userId, image, ...request });
}

describe('a recognition', () => {
  it.each(['appId', 'webankAppId'])('posts what was signed, spelled %s, as JSON of a known length', async (name) => {
    answering(OK);
    await recognize({ appIdField: name });
    const { appId, ...rest } = SIGNED;
    expect(vendor.served).toEqual(['/prefix/r?orderNo=order0001']);
    expect(received).toMatchObject({ method: 'POST', type: 'application/json', length: String(received.body.length) });
    expect(JSON.parse(received.body)).toEqual({ [name]: appId, ...rest, bankcardStr: IMAGE });
    expect(vendor.records).toMatchObject([{ endpoint: 'bankcardocrapp', outcome: 'OK', attempt: 2, generation: 5 }]);
  });

  it('has a user id when there is one', async () => {
    answering(OK);
    await recognize({ userId: 'user1' });
    expect(JSON.parse(received.body)).toMatchObject({ userId: 'user1' });
    await recognize();
    expect(JSON.parse(received.body)).not.toHaveProperty('userId');
  });

  it('gives the same result as a query, with the strip of the number', async () => {
    answering(OK);
    const result = await recognize();
    expect(result).toMatchObject({ orderNo: 'order0001', warnings: [{ code: '-9113' }], photos: { damaged: [] } });
    expect(result.cardNumber.reveal()).toBe('6222021234567890128');
    expect(result.photos.numberStrip?.bytes).toEqual(Buffer.alloc(3));
    // Nobody asked for the others, so nobody may take them for missing.
    expect(result.photos.status).toBe('absent');
  });

  it('of another order is never handed out', async () => {
    answering(OK.replace('order0001', 'order0002'));
    await expect(recognize()).rejects.toMatchObject({ code: 'RESPONSE_MALFORMED' });
  });

  it('names its own option when it takes too long', async () => {
    vendor.answer = () => undefined;
    const client = new RecognitionClient(vendor.exchange(), new SystemClock(), { path: '/r', appIdField: 'appId' });
    const request = { attempt: 1, timeoutMs: 20, cancellation: NEVER, userId: undefined, image: IMAGE };
    await expect(client.recognize({ signed: SIGNED, ...request })).rejects.toMatchObject({
      code: 'TIMEOUT',
      message: expect.stringContaining('recognitionTimeoutMs'),
      maybeCarriedOut: true,
    });
  });

  it('shows neither image nor nonce, signature or user, when the vendor repeats all of them', async () => {
    const userId = 'canaryUser';
    const msg = [SIGNED.sign, SIGNED.nonce, userId, IMAGE].join(' / ');
    answering(JSON.stringify({ code: '400101', msg }));
    const error = await failureOf(recognize({ userId }));
    const shown = inspect(error, { depth: Infinity, showHidden: true }) + inspect(vendor.records);
    for (const value of [SIGNED.sign, SIGNED.nonce, userId, IMAGE]) expect(shown).not.toContain(value);
    expect(error).toMatchObject({ code: 'CREDENTIALS_REJECTED', vendorMessage: expect.stringContaining('[redacted]') });
  });
});
