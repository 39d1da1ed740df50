import { MemoryTelemetry } from '../../../../test/support/open-telemetry.js';
import type { TicketEvent } from '../credentials/ticket-event.js';
import { ERROR_TEXTS } from '../errors/error-codes.js';
import { VENDOR_CODES, WARNING_TEXTS } from '../errors/vendor-codes.js';
import { ManualClock } from '../testing/manual-clock.js';
import type { ExchangeRecord } from '../vendor/http/vendor-http-client.js';
import { type OperationEnd, type OperationName, Telemetry } from './instrumentation.js';
import { openTelemetry, type OpenTelemetryOptions } from './open-telemetry.js';

const OPERATIONS: readonly OperationName[] = [
  'query',
  'download',
  'recognize',
  'refresh',
  'sdk_launch',
  'signed_request',
];
const ENDPOINTS = ['access_token', 'api_ticket', 'getBankCardOcrResult', 'bankcardocrapp', 'getOcrResult'];
const EVENTS = [
  'store-failed',
  'store-restored',
  'store-recovered',
  'token-pending',
  'token-request-in-doubt',
  'pending-token-refused',
  'refresh-started',
  'refresh-failed',
  'refresh-conflict',
  'foreign-refresh-suspected',
  'secret-changed',
  'credentials-unreadable',
  'credentials-updated',
  'of a later version',
];
const ERRORS = Object.keys(ERROR_TEXTS) as (keyof typeof ERROR_TEXTS)[];

let sdk: MemoryTelemetry;

beforeEach(() => (sdk = new MemoryTelemetry()));
afterEach(() => sdk[Symbol.asyncDispose]());

function subscribed(options?: OpenTelemetryOptions, account?: string) {
  const subscriber = openTelemetry(options);
  const end = (change: Partial<OperationEnd> & Pick<OperationEnd, 'operation'>) => {
    const start = { account, ...change };
    subscriber.operation?.(start)?.end?.({ outcome: 'OK', durationMs: 12, ...start });
  };
  const exchange = (change: Partial<ExchangeRecord>) => {
    const start = {
      account,
      endpoint: 'access_token',
      attempt: 1,
      method: 'GET',
      origin: 'https://v',
      path: '/p',
    } as const;
    subscriber.attempt?.({ ...start, ...change })?.end?.({ outcome: 'OK', durationMs: 12, ...start, ...change });
  };
  return { subscriber, end, exchange };
}

describe('the metrics', () => {
  it('have these names, units and attributes', async () => {
    const { subscriber, end, exchange } = subscribed({}, 'loans');
    end({ operation: 'query', warnings: ['-9110'], photos: [{ kind: 'crop', bytes: 5_000 }] });
    end({ operation: 'refresh', reason: 'due' });
    exchange({});
    subscriber.event?.({ type: 'credentials-rejected', generation: 1, vendorCode: '15' }, 'loans');
    subscriber.event?.({ type: 'store-restored', generation: 1 }, 'loans');
    subscriber.event?.({ type: 'store-recovered' }, 'loans');
    subscriber.account?.({ account: 'loans', ticketAgeMs: () => 90_000 });
    end({ operation: 'keep', isNew: true });
    subscriber.archive?.({ account: 'loans', backlog: () => ({ waiting: 2, oldestWaitingMs: 61_000 }) });
    const found = (await sdk.metrics()).map(({ descriptor: { name, unit }, dataPoints }) => {
      return `${name} ${unit} ${Object.keys(dataPoints[0]?.attributes ?? {}).join()}`;
    });
    expect(found.sort()).toEqual([
      'bankcard_ocr.archive.keep.duration s outcome,account',
      'bankcard_ocr.archive.kept {order} account',
      'bankcard_ocr.archive.lost {order} code,account',
      'bankcard_ocr.archive.rounds {round} outcome,account',
      'bankcard_ocr.archive.unkept.age s account',
      'bankcard_ocr.archive.waiting {order} account',
      'bankcard_ocr.credential.events {event} event,account',
      'bankcard_ocr.exchange.duration s endpoint,outcome,account',
      'bankcard_ocr.operation.duration s operation,outcome,account',
      'bankcard_ocr.photo.size By kind,account',
      'bankcard_ocr.refreshes {request} reason,outcome,account',
      'bankcard_ocr.rejections {request} code,account',
      'bankcard_ocr.ticket.age s account',
      'bankcard_ocr.ticket.valid 1 account',
      'bankcard_ocr.warnings {request} code,account',
    ]);
    expect(await sdk.points('bankcard_ocr.ticket.age')).toEqual([{ account: 'loans', value: 90 }]);
    const happened = async (name: string) => (await sdk.points(name)).filter(({ value }) => value > 0);
    expect(await happened('bankcard_ocr.credential.events')).toEqual([
      { event: 'store-restored', account: 'loans', value: 1 },
    ]);
    expect(await happened('bankcard_ocr.refreshes')).toEqual([
      { reason: 'due', outcome: 'OK', account: 'loans', value: 1 },
    ]);
  });

  it('count unknown codes of Tencent, unknown endpoints and errors of the application as _OTHER', async () => {
    const { subscriber, end, exchange } = subscribed();
    end({ operation: 'query', outcome: 'OTHER', warnings: ['-9999'], photos: [{ kind: 'selfie', bytes: 1 }] });
    exchange({ endpoint: 'getOcrResult', outcome: 'INVALID_ARGUMENT' });
    subscriber.event?.({ type: 'credentials-rejected', generation: 1, vendorCode: '1234' }, undefined);
    expect(await sdk.points('bankcard_ocr.operation.duration')).toMatchObject([{ outcome: '_OTHER' }]);
    expect(await sdk.points('bankcard_ocr.warnings')).toMatchObject([{ code: '_OTHER' }]);
    expect(await sdk.points('bankcard_ocr.photo.size')).toMatchObject([{ kind: '_OTHER' }]);
    expect(await sdk.points('bankcard_ocr.exchange.duration')).toMatchObject([
      { endpoint: '_OTHER', outcome: '_OTHER' },
    ]);
    expect(await sdk.points('bankcard_ocr.rejections')).toMatchObject([{ code: '_OTHER' }]);
  });

  it('are at most 200 series, whatever comes in every combination', async () => {
    const { subscriber, end, exchange } = subscribed({}, 'loans');
    const outcomes = ['OK', 'ABORTED', 'OTHER', ...ERRORS] as const;
    const random = (count: number) =>
      Array.from({ length: count }, () => String(Math.floor(Math.random() * 1e9) - 5e8));
    for (const operation of OPERATIONS) for (const outcome of outcomes) end({ operation, outcome });
    for (const reason of ['initial', 'due', 'rejected', 'requested'])
      for (const outcome of outcomes) end({ operation: 'refresh', reason, outcome });
    for (const endpoint of [...ENDPOINTS, ...random(200)])
      for (const outcome of outcomes) if (outcome !== 'OTHER') exchange({ endpoint, outcome });
    for (const vendorCode of [...Object.keys(VENDOR_CODES), ...random(20_000)])
      subscriber.event?.({ type: 'credentials-rejected', generation: 1, vendorCode }, 'loans');
    for (const type of EVENTS) subscriber.event?.({ type } as TicketEvent, 'loans');
    const photos = ['original', 'crop', 'numberStrip'].map((kind) => ({ kind, bytes: 1 }));
    end({ operation: 'query', warnings: [...Object.keys(WARNING_TEXTS), ...random(20_000)], photos });
    subscriber.account?.({ account: 'loans', ticketAgeMs: () => 1 });
    const series = (await sdk.metrics()).map(({ dataPoints }) => dataPoints.length);
    expect(series.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(200);
    // Every list has been used to its end.
    expect(Math.max(...series)).toBeGreaterThan(80);
  });

  it('begin at zero for what is rare, as soon as there is an account: also the first event is an increase', async () => {
    const [early, late] = [subscribed(), subscribed({}, 'late')];
    early.subscriber.account?.({ account: 'early', ticketAgeMs: () => 1 });
    const counted = async (account: string) => {
      const names = ['refreshes', 'rejections', 'credential.events'];
      const points = await Promise.all(names.map((name) => sdk.points(`bankcard_ocr.${name}`)));
      return points.flat().filter((point) => point['account'] === account);
    };
    const zeros = await counted('early');
    expect(zeros).toContainEqual({ event: 'foreign-refresh-suspected', account: 'early', value: 0 });
    expect(zeros).toContainEqual({ reason: 'due', outcome: 'FAILED', account: 'early', value: 0 });
    expect(zeros).toContainEqual({ code: '_OTHER', account: 'early', value: 0 });
    // As for an account that was there before the provider.
    await sdk[Symbol.asyncDispose]();
    late.subscriber.account?.({ account: 'late', ticketAgeMs: () => 1 });
    sdk = new MemoryTelemetry();
    late.end({ operation: 'query' });
    expect(await counted('late')).toHaveLength(zeros.length);
  });

  it('reach a provider that is registered after the first call, and report the age of the ticket to it', async () => {
    await sdk[Symbol.asyncDispose]();
    const { subscriber, end } = subscribed();
    subscriber.account?.({ account: undefined, ticketAgeMs: () => 2_000 });
    end({ operation: 'query' });
    sdk = new MemoryTelemetry();
    end({ operation: 'query' });
    expect(await sdk.points('bankcard_ocr.operation.duration')).toMatchObject([{ value: 1 }]);
    expect(await sdk.points('bankcard_ocr.ticket.age')).toEqual([{ value: 2 }]);
  });

  it('show one age for accounts that share a name: that of the oldest ticket, until they are closed', async () => {
    const { subscriber } = subscribed({ account: 'tenants' });
    const leave = [1_000, 3_000, 2_000].map((ms) => subscriber.account?.({ account: `${ms}`, ticketAgeMs: () => ms }));
    subscriber.account?.({ account: 'none yet', ticketAgeMs: () => undefined });
    expect(await sdk.points('bankcard_ocr.ticket.age')).toEqual([{ account: 'tenants', value: 3 }]);
    leave[1]?.();
    expect(await sdk.points('bankcard_ocr.ticket.age')).toEqual([{ account: 'tenants', value: 2 }]);
  });
});

describe('the metrics of an archive', () => {
  it('are at most 25 series, whatever comes', async () => {
    const { subscriber, end } = subscribed({}, 'loans');
    subscriber.archive?.({ account: 'loans', backlog: () => undefined });
    for (const outcome of ['OK', 'ABORTED', 'OTHER', ...ERRORS] as const) {
      end({ operation: 'keep', outcome, isNew: outcome === 'OK' });
      if (outcome !== 'OK' && outcome !== 'ABORTED' && outcome !== 'OTHER')
        subscriber.archiveEvent?.({ type: 'lost', code: outcome }, 'loans');
    }
    subscriber.archiveEvent?.({ type: 'lost', code: 'STORE' }, 'loans');
    for (const outcome of ['OK', 'FAILED'] as const) subscriber.archiveEvent?.({ type: 'round', outcome }, 'loans');
    const series = (await sdk.metrics()).map(({ dataPoints }) => dataPoints.length);
    expect(series.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(25);
    expect(Math.max(...series)).toBeGreaterThan(12);
  });

  it('count an order as kept once, and what the stores throw as their failure', async () => {
    const { subscriber, end } = subscribed();
    end({ operation: 'keep', isNew: true });
    end({ operation: 'keep', isNew: false });
    end({ operation: 'keep', outcome: 'OTHER' });
    subscriber.archiveEvent?.({ type: 'lost', code: 'STORE' }, undefined);
    expect(await sdk.points('bankcard_ocr.archive.kept')).toEqual([{ value: 1 }]);
    expect(await sdk.points('bankcard_ocr.archive.keep.duration')).toEqual([
      { outcome: 'OK', value: 2 },
      { outcome: 'EVIDENCE_STORE_FAILED', value: 1 },
    ]);
    expect(await sdk.points('bankcard_ocr.archive.lost')).toEqual([{ code: 'EVIDENCE_STORE_FAILED', value: 1 }]);
    // A call of an application is another thing, and has its own metric.
    expect(await sdk.points('bankcard_ocr.operation.duration')).toEqual([]);
  });

  it('begin at zero, so that the first order that is lost is an increase; also for a provider that comes later', async () => {
    await sdk[Symbol.asyncDispose]();
    const { subscriber, end } = subscribed({}, 'loans');
    subscriber.archive?.({ account: 'loans', backlog: () => undefined });
    sdk = new MemoryTelemetry();
    end({ operation: 'query' });
    expect(await sdk.points('bankcard_ocr.archive.lost')).toContainEqual({
      code: 'RESULT_GONE',
      account: 'loans',
      value: 0,
    });
    expect(await sdk.points('bankcard_ocr.archive.kept')).toEqual([{ account: 'loans', value: 0 }]);
    expect(await sdk.points('bankcard_ocr.archive.rounds')).toHaveLength(2);
  });

  it('show the oldest order of archives that share a name, and 0 before anything is known', async () => {
    const { subscriber } = subscribed({ account: 'tenants' });
    let other: { waiting: number; oldestWaitingMs: number } | undefined = { waiting: 7, oldestWaitingMs: 90_000 };
    subscriber.archive?.({ account: 'a', backlog: () => ({ waiting: 9, oldestWaitingMs: 1_000 }) });
    const leave = subscriber.archive?.({ account: 'b', backlog: () => other });
    const shown = async () => [
      ...(await sdk.points('bankcard_ocr.archive.waiting')),
      ...(await sdk.points('bankcard_ocr.archive.unkept.age')),
    ];
    const named = (value: number) => ({ account: 'tenants', value });
    expect(await shown()).toEqual([named(9), named(90)]);
    other = undefined;
    expect(await shown()).toEqual([named(9), named(1)]);
    leave?.();
    expect(await shown()).toEqual([named(9), named(1)]);
  });
});

describe('the validity of tickets', () => {
  it('is 0 as soon as one account of a name has no valid ticket, and 1 when it is closed', async () => {
    const { subscriber } = subscribed({ account: 'tenants' });
    let ageMs: number | undefined;
    subscriber.account?.({ account: 'a', ticketAgeMs: () => 1_000 });
    const leave = subscriber.account?.({ account: 'b', ticketAgeMs: () => ageMs });
    const valid = async () => (await sdk.points('bankcard_ocr.ticket.valid')).map(({ value }) => value);
    expect(await valid()).toEqual([0]);
    ageMs = 5;
    expect(await valid()).toEqual([1]);
    ageMs = undefined;
    expect(await valid()).toEqual([0]);
    leave?.();
    expect(await valid()).toEqual([1]);
  });
});

describe('without an SDK', () => {
  it('is idle, and wakes up when one is registered', async () => {
    await sdk[Symbol.asyncDispose]();
    const subscriber = openTelemetry();
    expect(subscriber.isIdle?.()).toBe(true);
    sdk = new MemoryTelemetry();
    expect(subscriber.isIdle?.()).toBe(false);
  });
});

describe('the spans', () => {
  it('show a documented code of Tencent, and _OTHER for any other text', () => {
    const { exchange } = subscribed();
    for (const vendorCode of ['0', '66660020', '4711']) exchange({ vendorCode });
    const codes = sdk.spans.map(({ attributes }) => attributes['bankcard_ocr.vendor_code']);
    expect(codes).toEqual(['0', '66660020', '_OTHER']);
  });

  it('of what the caller has aborted are no errors', () => {
    const { end } = subscribed();
    end({ operation: 'query', outcome: 'ABORTED' });
    expect(sdk.spans).toMatchObject([{ status: { code: 0 }, attributes: { 'error.type': 'ABORTED' } }]);
  });

  it('of a refresh have a trace of their own, linked to the call that caused it', async () => {
    const telemetry = new Telemetry(new ManualClock(), undefined, [openTelemetry()]);
    await telemetry.operation('query', () => telemetry.operation('refresh', async () => undefined));
    const [refresh, query] = sdk.spans;
    expect([refresh?.name, query?.name]).toEqual(['bankcard_ocr.refresh', 'bankcard_ocr.query']);
    expect(refresh?.parentSpanContext).toBeUndefined();
    expect(refresh?.spanContext().traceId).not.toBe(query?.spanContext().traceId);
    expect(refresh?.links.map(({ context }) => context.spanId)).toEqual([query?.spanContext().spanId]);
  });
});
