import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import {
  BankCardOcrModule,
  type BankCardOcrOptions,
  OcrResultService,
  SignatureService,
  TicketService,
} from 'nestjs-bankcard-ocr';
import type { KycSandbox } from 'nestjs-bankcard-ocr/testing';
import { inMemoryClient } from './in-memory-vendor.js';

/** An application that imports the module and talks to a sandbox. */
export interface TestApplication {
  readonly application: INestApplicationContext;
  readonly ocr: OcrResultService;
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
}

/** Where a sandbox is and whom it knows; it may run in another process. */
export interface SandboxIdentity {
  readonly appId: string;
  readonly secret: string;
  readonly url: string;
}

/** The options that make the module talk to a sandbox. */
export function optionsFor(
  { appId, secret, url }: SandboxIdentity,
  change: Partial<BankCardOcrOptions> = {},
): BankCardOcrOptions {
  return { appId, secret, baseUrl: url, ticketStore: 'memory:', ...change };
}

/** Real time decides nothing in a test: where it goes on by itself, no limit is one that a slow machine can reach. */
const PATIENCE: Partial<BankCardOcrOptions> = { timeoutMs: 60_000, attemptTimeoutMs: 60_000, connectTimeoutMs: 60_000 };

/** Start an application on a sandbox; whoever calls this closes `application`. */
export async function startApplication(
  sandbox: SandboxIdentity,
  change: Partial<BankCardOcrOptions> = {},
): Promise<TestApplication> {
  const testing = await Test.createTestingModule({
    imports: [BankCardOcrModule.forRoot(optionsFor(sandbox, change.clock ? change : { ...PATIENCE, ...change }))],
  }).compile();
  testing.useLogger(false);
  const application = await testing.init();
  return {
    application,
    ocr: application.get(OcrResultService),
    tickets: application.get(TicketService),
    signatures: application.get(SignatureService),
  };
}

/** The same on a clock that only the test moves: connections to the sandbox are in memory, unless they shall be undici's. */
export async function startOnMovedTime(
  sandbox: KycSandbox,
  change: Partial<BankCardOcrOptions> & Required<Pick<BankCardOcrOptions, 'clock'>>,
): Promise<TestApplication> {
  const inMemory = change.transport === undefined ? { httpService: inMemoryClient(sandbox) } : {};
  return startApplication(sandbox, { ...inMemory, ...change });
}
