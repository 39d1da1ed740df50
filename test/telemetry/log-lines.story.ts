import { Writable } from 'node:stream';
import { ConsoleLogger, type INestApplicationContext, type LoggerService } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule, OcrResultService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { Logger, LoggerModule } from 'nestjs-pino';
import { optionsFor } from '../support/application.js';

const ORDER = 'order0001';

let sandbox: KycSandbox;
let application: INestApplicationContext | undefined;
let output: string;

beforeEach(async () => {
  sandbox = await KycSandbox.start();
  sandbox.addOrder({ orderNo: ORDER });
  output = '';
});

afterEach(async () => {
  jest.restoreAllMocks();
  await application?.close();
  await sandbox.stop();
});

const destination = new Writable({
  write(chunk: Buffer, _encoding, done) {
    output += chunk.toString();
    done();
  },
});

/** Query an order; the lines that are written about that. */
async function linesOf(logger?: LoggerService) {
  const limits = { timeoutMs: 60_000, attemptTimeoutMs: 60_000 };
  const pino = LoggerModule.forRoot({ pinoHttp: [{ level: 'debug', base: null }, destination] });
  const testing = await Test.createTestingModule({
    imports: [BankCardOcrModule.forRoot(optionsFor(sandbox, limits)), ...(logger ? [] : [pino])],
  }).compile();
  testing.useLogger(logger ?? testing.get(Logger));
  application = await testing.init();
  const results = application.get(OcrResultService);
  await results.query(ORDER);
  const orderRef = results.orderReference(ORDER);
  expect(orderRef).toMatch(/^[0-9a-f]{16}$/);
  expect(output).not.toContain(ORDER);
  const lines = output.split('\n').filter((line) => line.includes('getBankCardOcrResult'));
  return { lines, orderRef };
}

const FIELDS = {
  endpoint: 'getBankCardOcrResult',
  outcome: 'OK',
  vendorCode: '0',
  bizSeqNo: expect.stringMatching(/^\d{32}$/),
  durationMs: expect.any(Number),
  attempt: 1,
  generation: 1,
};

describe('the line of an exchange', () => {
  it('is one line of fields for nestjs-pino, with its text as the message', async () => {
    const { lines, orderRef } = await linesOf();
    expect(lines).toHaveLength(1);
    const line = JSON.parse(lines[0] ?? '') as { msg: string };
    expect(line).toMatchObject({ ...FIELDS, level: 20, context: 'BankCardOcr', orderRef });
    expect(line.msg).toMatch(/^getBankCardOcrResult OK code=0 .* orderRef=[0-9a-f]{16}$/);
  });

  it.each([
    ['one line of text', false],
    ['one line of fields', true],
  ])('is %s for the logger of Nest (json: %s)', async (_title, json) => {
    const write = (text: string | Uint8Array) => ((output += String(text)), true);
    jest.spyOn(process.stdout, 'write').mockImplementation(write);
    const { lines, orderRef } = await linesOf(new ConsoleLogger({ json, colors: false, logLevels: ['debug'] }));
    jest.restoreAllMocks();
    expect(lines).toHaveLength(1);
    if (json) expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'debug', message: { ...FIELDS, orderRef } });
    else {
      const text = `getBankCardOcrResult OK code=0 bizSeqNo=\\d{32} duration=\\d+ms attempt=1 generation=1 orderRef=${orderRef}`;
      expect(lines[0]).toMatch(new RegExp(`DEBUG \\[BankCardOcr\\] ${text}( \\+\\d+ms)?$`));
    }
  });
});

describe('the reference of an order', () => {
  it('differs between app secrets and between orders, and is refused for what is no order number', async () => {
    const { orderRef } = await linesOf(new ConsoleLogger({ logLevels: [] }));
    const results = application!.get(OcrResultService);
    expect(results.orderReference(ORDER)).toBe(orderRef);
    expect(results.orderReference('order0002')).not.toBe(orderRef);
    expect(() => results.orderReference('no order')).toThrow(/orderNo must be/);
    await application?.close();
    sandbox.changeSecret();
    const other = await linesOf(new ConsoleLogger({ logLevels: [] }));
    expect(other.orderRef).not.toBe(orderRef);
  });
});
