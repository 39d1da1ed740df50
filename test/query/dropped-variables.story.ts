import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import { BankCardOcrModule } from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';

const SECRET = 'canary0secret0canary0secret0canary0secret0canary0secret0canary00';
const ENV = `BANKCARD_OCR_APP_ID=IDA00001
BANKCARD_OCR_SECRET=${SECRET}
BANKCARD_OCR_BASE_URL=http://127.0.0.1:1
BANKCARD_OCR_WARNING_POLICY=strict
`;

const before = { cwd: process.cwd(), env: { ...process.env } };
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'dropped-'));
  writeFileSync(join(directory, '.env'), ENV);
  process.chdir(directory);
});
afterEach(() => {
  process.chdir(before.cwd);
  process.env = { ...before.env };
  rmSync(directory, { recursive: true });
});

class MemoryLogger implements LoggerService {
  readonly lines: string[] = [];
  readonly log = (line: unknown) => void this.lines.push(`log ${line}`);
  readonly warn = (line: unknown) => void this.lines.push(`warn ${line}`);
  readonly error = (line: unknown) => void this.lines.push(`error ${line}`);
}

/** Start with a function that keeps some variables and drops all others, as that of a Zod object does. */
async function start(...kept: string[]): Promise<string[]> {
  const validate = (all: Record<string, unknown>) => Object.fromEntries(kept.map((name) => [name, all[name]]));
  const logger = new MemoryLogger();
  const ocr = BankCardOcrModule.forRootAsync(bankCardOcrConfig.asProvider());
  const imports = [ConfigModule.forRoot({ validate }), ocr];
  const testing = await Test.createTestingModule({ imports }).setLogger(logger).compile();
  const application = await testing.init();
  await application.close();
  return logger.lines;
}

describe('a validate function of ConfigModule that drops what it does not declare', () => {
  it('is named in the error, with the variables that it has dropped', async () => {
    const failure = await start().catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({
      code: 'CONFIGURATION',
      issues: [{ option: 'appId' }, { option: 'secret' }, { option: 'ticketStore' }],
    });
    const { message } = failure as Error;
    expect(message).toMatch(/\.env sets BANKCARD_OCR_APP_ID, BANKCARD_OCR_SECRET, .*validate function of ConfigModule/);
    expect(message).not.toContain('canary');
  });

  it('is named in the log when it has dropped a policy, and the first line shows the one in effect', async () => {
    const lines = await start('BANKCARD_OCR_APP_ID', 'BANKCARD_OCR_SECRET', 'BANKCARD_OCR_BASE_URL');
    expect(lines).toContainEqual(
      expect.stringMatching(/^log app id .* not encrypted, .* no proxy, warning policy report$/),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^warn \.env sets BANKCARD_OCR_WARNING_POLICY, which has not reached process\.env/),
    );
  });

  it('is not while it declares all of them', async () => {
    const lines = await start(
      ...ENV.trim()
        .split('\n')
        .map((line) => line.split('=')[0]!),
    );
    expect(lines).toContainEqual(expect.stringMatching(/warning policy strict$/));
    expect(lines.join()).not.toContain('.env');
  });
});
