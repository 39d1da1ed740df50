import type { BankCardOcrOptions, TicketEvent } from 'nestjs-bankcard-ocr';
import { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import { startOnMovedTime, type TestApplication } from './application.js';
import { atRest, type Scene } from './passing-time.js';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;

/** An application and a sandbox on one clock, which only the test moves. */
export interface MovedTime {
  readonly clock: ManualClock;
  readonly sandbox: KycSandbox;
  readonly app: TestApplication;
  readonly scene: Scene;
  /** What has happened to the credentials since the start. */
  eventsOf<T extends TicketEvent['type']>(type: T): Extract<TicketEvent, { type: T }>[];
  /** Query an order; throws when the query fails. */
  query(): Promise<void>;
}

let started: MovedTime | undefined;

/** @param prepare may spoil the sandbox before the application meets it */
export async function start(
  change: Partial<BankCardOcrOptions> = {},
  prepare: (sandbox: KycSandbox) => void = () => undefined,
): Promise<MovedTime> {
  const clock = new ManualClock();
  const sandbox = await KycSandbox.start({ clock, unknownOrders: 'invent' });
  prepare(sandbox);
  const app = await startOnMovedTime(sandbox, { clock, ...change });
  const scene = { clock, sandbox, tickets: [app.tickets] };
  await atRest(scene);
  const events: TicketEvent[] = [];
  app.tickets.events$.subscribe((event) => events.push(event));
  started = {
    clock,
    sandbox,
    app,
    scene,
    eventsOf: <T extends TicketEvent['type']>(type: T) => {
      return events.filter((event): event is Extract<TicketEvent, { type: T }> => event.type === type);
    },
    query: async () => void (await app.ocr.query('order1')),
  };
  return started;
}

/** Ends what {@link start} has started; to be called after each test. Every timer must be gone then. */
export async function stop(): Promise<void> {
  if (!started) return;
  const { clock, sandbox, app } = started;
  started = undefined;
  // What hangs for good in a test must not hold its end up.
  sandbox.clearFaults();
  const closed = app.application.close();
  clock.advance(MINUTE);
  await closed;
  await sandbox.stop();
  expect(clock.pendingTimers).toBe(0);
}
