import { Writable } from 'node:stream';
import { NestFactory } from '@nestjs/core';
import {
  BankCardOcrModule,
  type BankCardOcrOptions,
  OcrResultService,
  SignatureService,
  TicketService,
  type toDirectory,
} from 'nestjs-bankcard-ocr';
import { vendorAddress } from '../vendor/vendor-address.js';
import { CONNECTIONS, type Contestant, type Scheme } from './contestant.js';

/** How ours travels. */
export type TransportKind = NonNullable<BankCardOcrOptions['transport']>;

/** Longer than any slice of a busy machine: a time-out would be measured as speed. */
const PATIENCE_MS = 120_000;

/** The library as an application uses it. */
export interface Ours extends Contestant {
  readonly tickets: TicketService;
  readonly signatures: SignatureService;
  /** Let the photos go by as a stream that keeps nothing. */
  toSink(orderNo: string): Promise<unknown>;
  /** Write the photos to files. */
  toFiles(orderNo: string, directory: ReturnType<typeof toDirectory>): Promise<unknown>;
}

/** An account of the bench's vendor, with credentials that are fetched by the first query. */
export function accountOptions(transport: TransportKind, scheme: Scheme): BankCardOcrOptions {
  const { ca, ...origins } = vendorAddress();
  return {
    appId: 'IDA00001',
    secret: 's'.repeat(64),
    baseUrl: origins[scheme],
    ticketStore: 'memory:',
    backgroundRefresh: false,
    maxConnections: CONNECTIONS,
    timeoutMs: PATIENCE_MS,
    attemptTimeoutMs: PATIENCE_MS,
    maxAttempts: 1,
    transport,
    ...(scheme === 'https' && { ca }),
  };
}

/** The module in an application context. */
export async function createOurs(transport: TransportKind, scheme: Scheme): Promise<Ours> {
  const module = BankCardOcrModule.forRoot(accountOptions(transport, scheme));
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const results = app.get(OcrResultService);
  return {
    name: transport === 'undici' ? 'ours-undici' : 'ours-http',
    tickets: app.get(TicketService),
    signatures: app.get(SignatureService),
    query: (orderNo) => results.query(orderNo),
    photos: (orderNo) => results.query(orderNo, { photos: true }),
    toSink: (orderNo) => results.download(orderNo, droppingSink),
    toFiles: (orderNo, directory) => results.download(orderNo, directory),
    close: () => app.close(),
  };
}

function droppingSink(): Writable {
  return new Writable({ write: (_bytes, _encoding, done) => done() });
}
