import { BankCardOcrError } from '../errors/bank-card-ocr-error.js';
import { ManualClock } from '../testing/manual-clock.js';
import type { ExchangeStart } from '../vendor/http/vendor-http-client.js';
import { observed, type OperationEnd, Telemetry, type TelemetrySubscriber } from './instrumentation.js';

const EXCHANGE: ExchangeStart = {
  endpoint: 'access_token',
  method: 'GET',
  origin: 'https://vendor',
  path: '/p',
  attempt: 1,
};

/** Keeps the ends of operations. */
function recorder(): TelemetrySubscriber & { readonly ends: OperationEnd[] } {
  const ends: OperationEnd[] = [];
  return { ends, operation: () => ({ end: (end) => void ends.push(end) }) };
}

describe('what an operation publishes', () => {
  const clock = new ManualClock();

  it.each<[string, () => Promise<unknown>, AbortSignal | undefined, Partial<OperationEnd>]>([
    ['a value', async () => 1, undefined, { outcome: 'OK' }],
    [
      'an error of the library',
      async () => {
        throw new BankCardOcrError('ORDER_NOT_FOUND', { vendorCode: '66660020' });
      },
      undefined,
      { outcome: 'ORDER_NOT_FOUND', vendorCode: '66660020' },
    ],
    [
      'the reason of a caller that stops',
      async () => {
        throw new Error('stop');
      },
      AbortSignal.abort(),
      { outcome: 'ABORTED' },
    ],
    [
      'an error of the application',
      async () => {
        throw new Error('disk full');
      },
      undefined,
      { outcome: 'OTHER' },
    ],
    [
      'an error that is thrown before a promise is there',
      () => {
        throw new BankCardOcrError('INVALID_ARGUMENT');
      },
      undefined,
      { outcome: 'INVALID_ARGUMENT' },
    ],
  ])('%s', async (_title, run, signal, expected) => {
    const subscriber = recorder();
    const telemetry = new Telemetry(clock, 'loans', [subscriber]);
    await telemetry.operation('query', run, { signal }).catch(() => undefined);
    expect(subscriber.ends).toEqual([
      expect.objectContaining({ account: 'loans', operation: 'query', durationMs: 0, ...expected }),
    ]);
  });

  it('is published to every subscriber, until it leaves', async () => {
    const [first, second] = [recorder(), recorder()];
    const telemetry = new Telemetry(clock, undefined, [first]);
    const leave = telemetry.subscribe(second);
    await telemetry.operation('query', async () => 1);
    leave();
    await telemetry.operation('query', async () => 1);
    expect([first.ends.length, second.ends.length]).toEqual([2, 1]);
  });

  it('nests what several subscribers put around it, and runs it once', async () => {
    const trace: string[] = [];
    const around = (name: string): TelemetrySubscriber => ({
      operation: () => ({
        within: (run) => {
          trace.push(`${name} in`);
          run();
          run();
          trace.push(`${name} out`);
        },
      }),
    });
    const telemetry = new Telemetry(clock, undefined, [around('a'), around('b')]);
    await telemetry.operation('query', async () => void trace.push('run'));
    expect(trace).toEqual(['a in', 'b in', 'run', 'b out', 'a out']);
  });

  it('is not published to a subscriber while that is idle', async () => {
    let isIdle = true;
    const subscriber = { ...recorder(), isIdle: () => isIdle };
    const telemetry = new Telemetry(clock, undefined, [subscriber]);
    const promise = Promise.resolve(1);
    expect(telemetry.operation('query', () => promise)).toBe(promise);
    isIdle = false;
    await telemetry.operation('query', () => promise);
    expect(subscriber.ends).toHaveLength(1);
  });

  it('is nothing without a subscriber: the promise of the operation is returned as it is', () => {
    const promise = Promise.resolve(1);
    expect(new Telemetry(clock, undefined).operation('query', () => promise)).toBe(promise);
    expect(observed(undefined, 'query', () => promise)).toBe(promise);
    expect(new Telemetry(clock, undefined).attempt(() => EXCHANGE)).toBeUndefined();
  });
});

describe('a subscriber that fails', () => {
  const fail = (): never => {
    throw new Error('subscriber');
  };
  const failing: readonly [string, TelemetrySubscriber][] = [
    [
      'when it is asked whether it is idle',
      {
        isIdle: fail,
        operation: fail,
      },
    ],
    [
      'when an operation begins',
      { operation: fail, attempt: fail, event: fail, account: fail, archive: fail, archiveEvent: fail },
    ],
    ['around an operation', { operation: () => ({ within: fail }) }],
    [
      'around an operation, after running it',
      {
        operation: () => ({
          within: (run) => {
            run();
            fail();
          },
        }),
      },
    ],
    ['by running nothing', { operation: () => ({ within: () => undefined }) }],
    ['when an operation ends', { operation: () => ({ end: fail }), attempt: () => ({ end: fail }) }],
  ];

  it.each(failing)('%s disturbs neither the call nor other subscribers', async (_title, subscriber) => {
    const other = recorder();
    const faults: unknown[] = [];
    const telemetry = new Telemetry(new ManualClock(), undefined, [subscriber, other], (error) => faults.push(error));
    let runs = 0;
    await expect(telemetry.operation('query', async () => (runs += 1))).resolves.toBe(1);
    const refused = new BankCardOcrError('TIMEOUT');
    await expect(telemetry.operation('query', () => Promise.reject(refused))).rejects.toBe(refused);
    telemetry.attempt(() => EXCHANGE)?.({ endpoint: 'access_token', outcome: 'OK', durationMs: 1, attempt: 1 });
    telemetry.event({ type: 'store-recovered' });
    telemetry.open(() => 1)();
    telemetry.openArchive(() => undefined)();
    telemetry.archiveEvent({ type: 'round', outcome: 'OK' });
    expect(other.ends.map(({ outcome }) => outcome)).toEqual(['OK', 'TIMEOUT']);
    // It is reported once, however often it happens.
    expect(faults.length).toBe(subscriber === failing[4]![1] ? 0 : 1);
  });
});

describe('an account', () => {
  it('is introduced to subscribers that are there, and to those that come later; all learn that it is closed', () => {
    const seen: unknown[] = [];
    const subscriber = (name: string): TelemetrySubscriber => ({
      account: ({ account, ticketAgeMs }) => {
        seen.push([name, account, ticketAgeMs()]);
        return () => void seen.push([name, 'closed']);
      },
    });
    const telemetry = new Telemetry(new ManualClock(), 'loans', [subscriber('early')]);
    const close = telemetry.open(() => 7);
    telemetry.subscribe(subscriber('late'));
    close();
    expect(seen).toEqual([
      ['early', 'loans', 7],
      ['late', 'loans', 7],
      ['early', 'closed'],
      ['late', 'closed'],
    ]);
  });
});

describe('an archive', () => {
  it('is introduced like an account, beside it, and its events name the account', () => {
    const seen: unknown[] = [];
    const subscriber: TelemetrySubscriber = {
      account: () => () => void seen.push('account closed'),
      archive: ({ account, backlog }) => {
        seen.push([account, backlog()]);
        return () => void seen.push('archive closed');
      },
      archiveEvent: (event, account) => void seen.push([account, event]),
    };
    const telemetry = new Telemetry(new ManualClock(), 'loans');
    telemetry.open(() => 7);
    const close = telemetry.openArchive(() => ({ waiting: 1, oldestWaitingMs: 2 }));
    const leave = telemetry.subscribe(subscriber);
    telemetry.archiveEvent({ type: 'lost', code: 'RESULT_GONE' });
    close();
    close();
    leave();
    expect(seen).toEqual([
      ['loans', { waiting: 1, oldestWaitingMs: 2 }],
      ['loans', { type: 'lost', code: 'RESULT_GONE' }],
      'archive closed',
      'account closed',
    ]);
  });
});
