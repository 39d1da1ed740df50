import { Injectable } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { OcrResultService } from 'nestjs-bankcard-ocr';
import { BankCardOcrTestingModule, KycSandbox } from 'nestjs-bankcard-ocr/testing';

// Run by test/processes/unclosed.story.ts, in a Jest of its own: nothing here is ever closed.

const SILENT = { log: () => undefined, error: () => undefined, warn: () => undefined };

class Missing {}

@Injectable()
class Unmakeable {
  constructor(readonly missing: Missing) {}
}

it('is a test whose application cannot be made', async () => {
  const builder = Test.createTestingModule({ imports: [BankCardOcrTestingModule.forRoot()], providers: [Unmakeable] });
  await expect(builder.setLogger(SILENT).compile()).rejects.toThrow(/can't resolve dependencies/);
});

it.each(['http-service', 'undici'] as const)('is a test that queries over %s and closes nothing', async (transport) => {
  const imports = [BankCardOcrTestingModule.forRoot({ module: { transport } })];
  const app = await Test.createTestingModule({ imports }).setLogger(SILENT).compile();
  await app.init();
  app.get(KycSandbox).addOrder({ orderNo: 'order1' });
  await expect(app.get(OcrResultService).query('order1')).resolves.toMatchObject({ orderNo: 'order1' });
});
