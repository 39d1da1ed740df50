import { createInterface } from 'node:readline';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  BankCardOcrModule,
  isBankCardOcrError,
  OcrResultService,
  type TicketEvent,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';

/** No limit of the library ends a call here because the machine is slow. */
const PATIENCE_MS = 600_000;
const PAUSE_MS = 100;

let storeFailed = 0;
const telemetry = { event: ({ type }: TicketEvent) => void (storeFailed += type === 'store-failed' ? 1 : 0) };
const configured = bankCardOcrConfig.asProvider();

/**
 * One instance of a backend, configured by the environment. Prints `served <generation>` after the first result, and
 * `<command> <json>` when it has done what a line on stdin asks for:
 * - `call <callers>`: from now on each of them queries an order again and again
 * - `calm`: let the callers end, and wait until none of them queries any more
 * - `burst <queries>`: so many queries at once
 * - `report`: what the callers have had so far, and how the credentials are
 * - `look`: look into the store first, then the same
 * - `refresh`: replace the credentials, although they are not due; tells when that has begun
 * - `stop`: close the application, and end
 *
 * SIGTERM closes it too, as in production.
 */
@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({
      ...configured,
      useFactory: (...given: Parameters<typeof configured.useFactory>) => {
        const limits = { attemptTimeoutMs: PATIENCE_MS, timeoutMs: PATIENCE_MS };
        return { ...configured.useFactory(...given), ...limits, telemetry };
      },
      isGlobal: true,
    }),
  ],
})
class FleetModule {}

interface Tally {
  ok: number;
  failed: Record<string, number>;
}

const say = (name: string, value: unknown): void => void process.stdout.write(`${name} ${JSON.stringify(value)}\n`);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())));

async function query(ocr: OcrResultService, orderNo: string, tally: Tally): Promise<void> {
  try {
    await ocr.query(orderNo);
    tally.ok += 1;
  } catch (error) {
    const { code, vendorCode, cause, message } = error as {
      code: string;
      vendorCode?: string;
      cause?: unknown;
      message: string;
    };
    const inner = isBankCardOcrError(cause) ? `: ${cause.message}` : `: ${message}`;
    const what = `${code} ${vendorCode ?? ''}${inner}`;
    tally.failed[what] = (tally.failed[what] ?? 0) + 1;
  }
}

async function burst(ocr: OcrResultService, queries: number): Promise<Tally> {
  const tally: Tally = { ok: 0, failed: {} };
  await Promise.all(Array.from({ length: queries }, (_, n) => query(ocr, `burst${n}`, tally)));
  return tally;
}

/** Callers that query again and again until they are to be calm. */
class Callers {
  readonly total: Tally = { ok: 0, failed: {} };
  #calling = new AbortController();
  #ended: Promise<unknown> = Promise.resolve();

  constructor(private readonly ocr: OcrResultService) {}

  begin(callers: number): void {
    this.#calling = new AbortController();
    const { signal } = this.#calling;
    this.#ended = Promise.all(Array.from({ length: callers }, (_, n) => this.#call(`order${n}`, signal)));
  }

  async calm(): Promise<Tally> {
    this.#calling.abort();
    await this.#ended;
    return this.total;
  }

  async #call(orderNo: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await query(this.ocr, orderNo, this.total);
      await pause();
    }
  }
}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(FleetModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  app.enableShutdownHooks();
  const [ocr, tickets] = [app.get(OcrResultService), app.get(TicketService)];
  const callers = new Callers(ocr);
  const report = () => ({ ...callers.total, storeFailed, status: tickets.status() });

  const commands: Record<string, (count: number) => unknown> = {
    call: (count) => callers.begin(count),
    calm: () => callers.calm(),
    burst: (count) => burst(ocr, count),
    report,
    look: async () => {
      await tickets.reload();
      return report();
    },
    refresh: () => void tickets.refresh().catch(() => undefined),
    stop: async () => {
      await app.close();
      process.exit(0);
    },
  };
  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command = '', count] = line.split(' ');
    void Promise.resolve(commands[command]?.(Number(count))).then((done) => say(command, done ?? null));
  });

  await ocr.query('order1');
  say('served', tickets.peek()?.generation);
}

void main();
