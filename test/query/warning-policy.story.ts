import { inspect } from 'node:util';
import { type CardWarning, CardRejectedError, type QueryOptions, type WarningPolicy } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock, orderNoForWarning } from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime, type TestApplication } from '../support/application.js';
import { atRest, passTime, type Scene } from '../support/passing-time.js';

const PAN = '6222021234567890128';

let clock: ManualClock;
let sandbox: KycSandbox;
let app: TestApplication;
let scene: Scene;

async function start(warningPolicy?: WarningPolicy): Promise<void> {
  clock = new ManualClock();
  sandbox = await KycSandbox.start({ clock });
  app = await startOnMovedTime(sandbox, { clock, warningPolicy });
  scene = { clock, sandbox, tickets: [app.tickets] };
  const bankCardValidDate = '12/2024';
  sandbox.addOrder({ orderNo: 'order1', bankCardNo: PAN, bankCardValidDate, warnings: ['-9112', '-9113', '66661009'] });
  await atRest(scene);
}

afterEach(async () => {
  await app.application.close();
  await sandbox.stop();
  expect(clock.pendingTimers).toBe(0);
});

async function failureOf(options?: QueryOptions, orderNo = 'order1'): Promise<CardRejectedError> {
  return app.ocr.query(orderNo, options).then(
    () => Promise.reject(new Error('the card has passed')),
    (error: unknown) => error as CardRejectedError,
  );
}

const codesOf = (warnings: readonly CardWarning[]): string[] => warnings.map(({ code }) => code);

describe('a card with warnings', () => {
  it('passes when nobody decides, with its warnings', async () => {
    await start();
    expect(codesOf((await app.ocr.query('order1')).warnings)).toEqual(['-9112', '-9113', '66661009']);
  });

  it.each([
    ['-9110', false],
    ['-9111', false],
    ['-9112', false],
    ['-9113', true],
    ['-9114', true],
    ['66661009', true],
    ['31415926', false],
  ])('%s: rejected by strict is %p', async (code, rejected) => {
    await start('strict');
    const query = app.ocr.query(orderNoForWarning(code));
    if (!rejected) await expect(query).resolves.toMatchObject({ warnings: [{ code }] });
    else await expect(query).rejects.toMatchObject({ code: 'CARD_REJECTED', warnings: [{ code }] });
  });

  it('is rejected with a typed error that carries the masked card', async () => {
    await start('strict');
    const error = await failureOf();
    expect(error).toBeInstanceOf(CardRejectedError);
    expect(error).toMatchObject({ code: 'CARD_REJECTED', actor: 'end-user', retryable: false });
    expect(codesOf(error.warnings)).toEqual(['-9113', '66661009']);
    expect(error.message).toMatch(/: a photocopy \(-9113\), the card has expired \(66661009\)$/);
    expect(error.messageZh).toMatch(/：银行卡复印件 \(-9113\)、银行卡已过期 \(66661009\)$/);
    expect(error.card).toEqual({
      orderNo: 'order1',
      cardNumber: '622202*********0128',
      validity: { raw: '12/2024', month: 12, year: 2024, expired: true },
      warnings: [expect.anything(), ...error.warnings],
      clarity: 79,
      operatedAt: new Date(clock.now()),
      bizSeqNo: error.bizSeqNo,
    });
    expect(error.bizSeqNo).toMatch(/^\d{32}$/);
  });

  it('is decided about by a function, warning by warning', async () => {
    const asked: CardWarning[] = [];
    await start((warning) => {
      asked.push(warning);
      return warning.code === '-9112' ? 'reject' : 'accept';
    });
    expect(codesOf((await failureOf()).warnings)).toEqual(['-9112']);
    expect(codesOf(asked)).toEqual(['-9112', '-9113', '66661009']);
    expect(asked[1]).toMatchObject({ en: 'a photocopy', zh: '银行卡复印件' });
  });

  it('is judged by the policy of the call, where it has one', async () => {
    await start('strict');
    await expect(app.ocr.query('order1', { warningPolicy: 'report' })).resolves.toMatchObject({ orderNo: 'order1' });
    await expect(app.ocr.query('order1', { warningPolicy: () => 'accept' })).resolves.toMatchObject({
      orderNo: 'order1',
    });
    expect((await failureOf({ warningPolicy: undefined })).code).toBe('CARD_REJECTED');
  });

  it('is rejected before its late photos are waited for', async () => {
    await start('strict');
    sandbox.configure({ latePhotos: { delayMs: 60_000, as: 'missing' } });
    expect((await failureOf({ photos: true })).code).toBe('CARD_REJECTED');
    expect(sandbox.calls.result).toBe(1);
  });

  it('is decided about once, though its photos are late', async () => {
    const asked: string[] = [];
    await start(({ code }) => (asked.push(code), 'accept'));
    sandbox.configure({ latePhotos: { delayMs: 1_000, as: 'missing' } });
    const query = app.ocr.query('order1', { photos: true });
    await passTime(scene, 3_000, 100);
    await expect(query).resolves.toMatchObject({ photos: { status: 'complete' } });
    expect(asked).toEqual(['-9112', '-9113', '66661009']);
  });

  it('does not pass on a warning that came with the late photos', async () => {
    await start('strict');
    sandbox.addOrder({ orderNo: 'order2' });
    sandbox.configure({ latePhotos: { delayMs: 1_000, as: 'missing' } });
    const failure = failureOf({ photos: true }, 'order2');
    await atRest(scene);
    sandbox.addOrder({ orderNo: 'order2', warnings: ['-9114'] });
    await passTime(scene, 3_000, 100);
    expect(await failure).toMatchObject({ code: 'CARD_REJECTED', warnings: [{ code: '-9114' }] });
  });
});

describe('a policy that cannot be understood', () => {
  it.each<[string, () => unknown]>([
    ['returns nothing', () => undefined],
    ['returns true', () => true],
    ['returns another word', () => 'ACCEPT'],
    ['is asynchronous', () => Promise.resolve('accept')],
    ['is asynchronous and fails', () => Promise.reject(new Error('later'))],
    [
      'throws',
      () => {
        throw new Error('a mistake');
      },
    ],
  ])('lets no card pass: it %s', async (_what, policy) => {
    await start(policy as WarningPolicy);
    expect(await failureOf()).toMatchObject({
      code: 'INVALID_ARGUMENT',
      actor: 'developer',
      message: expect.stringMatching(/^warningPolicy must return 'accept' or 'reject'/),
    });
    // A card without warnings needs no decision.
    sandbox.addOrder({ orderNo: 'clean' });
    await expect(app.ocr.query('clean')).resolves.toMatchObject({ warnings: [] });
  });

  it.each(['lenient', true, null, {}])('is refused before anything is sent: %p', async (warningPolicy) => {
    await start();
    expect(await failureOf({ warningPolicy } as QueryOptions)).toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/^warningPolicy must be 'report', 'strict', or a function/),
    });
    expect(sandbox.calls.result).toBe(0);
  });
});

describe('the error of a rejected card', () => {
  it('shows neither the card number nor a photo, and holds on to neither', async () => {
    await start('strict');
    const error = await failureOf({ photos: true });
    const shown =
      inspect(error, { depth: Infinity, showHidden: true, getters: true }) + JSON.stringify(error) + String(error);
    expect(shown).toContain('622202*********0128');
    expect(shown).not.toContain(PAN.slice(6, 15));
    expect(shown).not.toMatch(/CardNumber|CardPhoto|Buffer|reveal/);
    // Plain data: it survives a queue as it is.
    expect(structuredClone(error.card)).toEqual(error.card);
  });
});
