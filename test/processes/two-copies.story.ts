import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { LazyModuleLoader } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule, OcrResultService, TicketService } from 'nestjs-bankcard-ocr';
import { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';

const LIBRARY = path.join(process.env['COMPILED_WORKERS'] ?? '', 'libs/bankcard-ocr/src');

/** Loads the library twice into one process, as `require()` and `import()` of the package do. */
const TWICE = `
  require('reflect-metadata');
  const { Test } = require('@nestjs/testing');
  const load = () => {
    for (const file of Object.keys(require.cache)) if (file.startsWith(${JSON.stringify(LIBRARY)})) delete require.cache[file];
    return require(${JSON.stringify(path.join(LIBRARY, 'index.js'))});
  };
  process.on('warning', ({ code, message }) => console.log('warning', code, message));
  const [one, two] = [load(), load()];
  load();
  const options = { appId: 'IDA00001', secret: 'Ab3'.repeat(21) + 'x', baseUrl: 'http://127.0.0.1:1', backgroundRefresh: false };
  const start = (...imports) => Test.createTestingModule({ imports }).setLogger(false).compile();
  const told = (call) => Promise.resolve().then(call).then(() => console.log('passed'), (error) => console.log(error.message));
`;

/** What a process of its own prints; what tells it that it is a test is taken away. */
async function inChild(script: string): Promise<string> {
  const { JEST_WORKER_ID: _id, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', '-e', TWICE + script], { env });
  return stdout;
}

describe('two copies of the library in one process', () => {
  it('are told once, when the second one is loaded', async () => {
    const lines = (await inChild('')).trim().split('\n');
    expect(lines).toEqual([expect.stringMatching(/^warning OCR_LIBRARY_LOADED_TWICE A second copy .*import\(\)/)]);
  });

  it('cannot have one app id, as one copy cannot', async () => {
    const script =
      'void told(() => start(one.BankCardOcrModule.forRoot(options), two.BankCardOcrModule.forRoot(options)));';
    expect(await inChild(script)).toMatch(/registered twice for app id IDA\*\*\*01/);
  });

  it('take a store of each other', async () => {
    const script = `void told(() => start(one.BankCardOcrModule.forRoot({ ...options, ticketStore: new two.MemoryTicketStore() })));`;
    expect(await inChild(script)).toContain('passed');
  });

  it('are named where a class of one is taken for a service of the other', async () => {
    const script = `void told(() => one.getBankCardOcrToken(two.OcrResultService, 'loans'));`;
    expect(await inChild(script)).toMatch(/Two copies of nestjs-bankcard-ocr are loaded/);
  });

  it('recognize the errors of each other', async () => {
    const script = `console.log(one.isBankCardOcrError(new two.BankCardOcrError('TIMEOUT')));`;
    expect(await inChild(script)).toContain('true');
  });
});

describe('LazyModuleLoader', () => {
  let sandbox: KycSandbox;
  beforeAll(async () => (sandbox = await KycSandbox.start({ unknownOrders: 'invent' })));
  afterAll(() => sandbox.stop());

  it('loads one registration as often as it likes, and is told what to do when it makes a second one', async () => {
    const testing = await Test.createTestingModule({}).compile();
    testing.useLogger(false);
    const application = await testing.init();
    const loader = application.get(LazyModuleLoader);
    const registration = BankCardOcrModule.forRoot(optionsFor(sandbox));
    const first = await loader.load(() => registration);
    const second = await loader.load(() => registration);
    expect(second.get(OcrResultService)).toBe(first.get(OcrResultService));
    await expect(first.get(OcrResultService).query('order1')).resolves.toBeDefined();
    await expect(
      loader.load(() => BankCardOcrModule.forRoot({ ...optionsFor(sandbox), maxAttempts: 1 })),
    ).rejects.toThrow(/registered twice.*keep what the call returns in a constant.*LazyModuleLoader/s);
    // Nest calls no lifecycle hooks of modules that are loaded like this: docs/accounts.md.
    await first.get(TicketService).close();
    await application.close();
  });
});
