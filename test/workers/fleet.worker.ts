import { createInterface } from 'node:readline';
import { Module } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import {
  BankCardOcrModule,
  isBankCardOcrError,
  OcrResultService,
  TicketMetrics,
  TicketService,
} from 'nestjs-bankcard-ocr';
import { bankCardOcrConfig } from 'nestjs-bankcard-ocr/config';

/**
 * One instance of a backend, configured by the environment, whose CALLERS query an order each every PAUSE_MS. Prints
 * `served <generation>` after the first result, `adopted <generation> <id> <ms since the epoch>`, and `<command> <json>` when
 * it has done what a line on stdin asks for.
 */
@Module({
  imports: [
    ConfigModule.forRoot({ ignoreEnvFile: true }),
    BankCardOcrModule.forRootAsync({ ...bankCardOcrConfig.asProvider(), isGlobal: true }),
  ],
})
class FleetModule {}

const CALLERS = Number(process.env['CALLERS'] ?? 0);
const PAUSE_MS = Number(process.env['PAUSE_MS'] ?? 1_000);

interface Tally {
  ok: number;
  failed: Record<string, number>;
}

const total: Tally = { ok: 0, failed: {} };

/** Not by `Date`: stories set that wrong on purpose. */
const now = (): number => performance.timeOrigin + performance.now();
const say = (name: string, value: unknown): void => void process.stdout.write(`${name} ${JSON.stringify(value)}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

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

async function call(ocr: OcrResultService, caller: number): Promise<void> {
  await pause(Math.random() * PAUSE_MS);
  for (;;) {
    await query(ocr, `order${caller}`, total);
    await pause(PAUSE_MS * (0.5 + Math.random()));
  }
}

async function burst(ocr: OcrResultService, callers: number, orderNo?: string): Promise<Tally> {
  const tally: Tally = { ok: 0, failed: {} };
  await Promise.all(Array.from({ length: callers }, (_, n) => query(ocr, orderNo ?? `burst${n}`, tally)));
  return tally;
}

async function main(): Promise<void> {
  const app = await NestFactory.createApplicationContext(FleetModule, {
    logger: ['error', 'warn'],
    abortOnError: false,
  });
  const [ocr, tickets, metrics] = [app.get(OcrResultService), app.get(TicketService), app.get(TicketMetrics)];
  tickets.events$.subscribe((event) => {
    if (process.env['TELL_EVENTS']) say('event', { at: now(), ...event });
    if (event.type === 'generation-adopted') {
      process.stdout.write(`adopted ${event.generation} ${event.generationId} ${now()}\n`);
    } else if (event.type === 'foreign-refresh-suspected') say('foreign', event);
  });

  createInterface({ input: process.stdin }).on('line', (line) => {
    const [command = '', argument = '', other] = line.split(' ');
    if (command === 'report') say('report', { ...total, counts: metrics.counts, status: tickets.status() });
    if (command === 'burst') void burst(ocr, Number(argument), other).then((tally) => say('burst', tally));
    if (command === 'stop') void app.close().then(() => process.exit(0));
  });

  const first = await ocr.query('order1', { timeoutMs: 60_000 }).catch((error: unknown) => error);
  say('served', first instanceof Error ? first.message : tickets.peek()?.generation);
  for (let caller = 0; caller < CALLERS; caller += 1) void call(ocr, caller);
}

void main();
