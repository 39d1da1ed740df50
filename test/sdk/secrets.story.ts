import { inspect } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { BankCardOcrModule, SdkLaunchService, TicketService } from 'nestjs-bankcard-ocr';
import { type JsonObject, KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { optionsFor } from '../support/application.js';
import { passUntilSettled } from '../support/passing-time.js';
import { leaksIn } from '../support/recording-proxy.js';

const USER = 'canaryUser0001';
const ORDER = 'canaryOrder0001';
const EVERYTHING = { depth: Infinity, showHidden: true } as const;

let application: TestingModule | undefined;

afterEach(() => application?.close());

it('tickets, signatures, users and orders of the phone SDK are neither logged nor shown by objects and errors', async () => {
  const clock = new ManualClock();
  await using sandbox = await KycSandbox.start({ clock });
  const canaries = new Map<string, Set<string>>();
  const remember = (what: string, value: unknown): void => {
    canaries.set(what, (canaries.get(what) ?? new Set()).add(value as string));
  };
  const rememberTickets = (json: JsonObject): JsonObject => {
    for (const ticket of (json['tickets'] ?? []) as JsonObject[]) remember('ticket', ticket['value']);
    return json;
  };
  sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'SIGN', kind: 'answer', rewrite: rememberTickets });
  sandbox.injectFault({ endpoint: 'api_ticket', kind: 'answer', rewrite: rememberTickets, times: 1 });

  const shown: string[] = [];
  const log = (...line: unknown[]): void => void shown.push(line.join(' '));
  const logger: LoggerService = { log, error: log, warn: log, debug: log, verbose: log, fatal: log };
  const imports = [BankCardOcrModule.forRoot(optionsFor(sandbox, { clock }))];
  application = await Test.createTestingModule({ imports }).setLogger(logger).compile();
  await application.init();
  await application.get(TicketService).getCredentials();
  const launches = application.get(SdkLaunchService);
  const show = (value: unknown): void => void shown.push(inspect(value, EVERYTHING), String(value));

  const launch = await launches.create({ userId: USER, orderNo: ORDER });
  remember('sign', launch.sign);
  show({ launch });
  show(launches);

  // A vendor that repeats in its message all that it was sent; then one that answers nothing.
  const { accessToken } = await application.get(TicketService).getCredentials();
  remember('access token', accessToken.reveal());
  const echo = `${accessToken.reveal()} ${encodeURIComponent(accessToken.reveal())} of ${USER}`;
  sandbox.injectFault({ endpoint: 'api_ticket', kind: 'code', code: '400104', detail: echo, times: 1 });
  sandbox.injectFault({ endpoint: 'api_ticket', ticketType: 'NONCE', kind: 'lost-response', times: 1 });
  clock.advance(2_000);
  for (const request of [
    { userId: USER, orderNo: ORDER },
    { userId: USER, timeoutMs: 1_000 },
    { userId: `${USER}@`, orderNo: ORDER },
    { userId: USER, orderNo: `${ORDER}-` },
  ]) {
    const failing = launches.create(request).catch((error: unknown) => error);
    await passUntilSettled(clock, failing, 100);
    show(await failing);
  }

  const sign = sandbox.phoneResultSignature(ORDER);
  remember('sign', sign);
  await expect(launches.verifyResult({ orderNo: ORDER, sign: sign ?? '' })).resolves.toBe(true);
  await launches.verifyResult({ orderNo: ORDER, sign: launch.sign });
  show(await launches.verifyResult({ orderNo: `${ORDER}-`, sign: launch.sign }).catch((error: unknown) => error));
  show(launches);

  const text = shown.join('\n');
  expect([...canaries].map(([what, values]) => [what, values.size])).toEqual([
    ['ticket', 2],
    ['sign', 2],
    ['access token', 1],
  ]);
  expect(leaksIn(text, canaries)).toEqual([]);
  expect(text).not.toContain(USER);
  // The order number is what a launch is known by; errors and lines of the log do not have it.
  expect(text.replaceAll(`SdkLaunch(order ${ORDER}, sign [redacted])`, '')).not.toContain(ORDER);
  // The text is not empty for want of anything to show.
  expect(text).toContain('api_ticket OK');
  expect(text).toContain('api_ticket ACCESS_DENIED');
  expect(text).toContain('api_ticket UNREACHABLE');
  expect(text).toContain('[redacted] [redacted] of [redacted]');
});
