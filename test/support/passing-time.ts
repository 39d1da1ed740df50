import type { TicketService, TicketStatus } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';
import type { WatchedDisk } from './watched-disk.js';

/** Who has to come to rest before time goes on; whatever they wait for must be in memory, on a disk or on the clock. */
export interface Scene {
  readonly clock: ManualClock;
  readonly sandbox: KycSandbox;
  readonly tickets: readonly TicketService[];
  /** Of their stores. */
  readonly disk?: WatchedDisk | undefined;
}

/**
 * Let time pass in steps; after each one, what it started comes to its end, so that no exchange is overtaken by a clock
 * that jumps.
 *
 * @param each is called after every step, e.g. to query
 */
export async function passTime(scene: Scene, ms: number, stepMs: number, each?: () => Promise<void>): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    scene.clock.advance(Math.min(stepMs, ms - passed));
    await atRest(scene);
    await each?.();
  }
}

/** So many turns of the event loop change something where all is in memory, or nothing changes while the clock stands. */
const TURNS_OF_REST = 5;

/** Wait until nothing is under way any more, or nothing that could change while the clock stands. */
export async function atRest({ sandbox, tickets, disk }: Scene): Promise<void> {
  let before: string | undefined;
  for (;;) {
    for (let turn = 0; turn < TURNS_OF_REST || disk?.isBusy; turn += 1) await nextTurn();
    const all = tickets.map((service) => service.status());
    const now = `${sandbox.inFlight} ${Object.values(sandbox.calls).join()} ${all.map(signOfLife).join()}`;
    if (now === before) return;
    before = now;
  }
}

const nextTurn = async (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** What changes of a status while the clock stands. */
function signOfLife({ state, refreshing, generationId, failure }: TicketStatus): string {
  return `${state} ${refreshing} ${generationId} ${failure?.retryInMs}`;
}

/**
 * Let time pass until a promise is settled, where others than the clock decide how long that takes: sockets, a disk.
 *
 * @param stepMs for each few milliseconds of real time
 */
export async function passUntilSettled(clock: ManualClock, promise: Promise<unknown>, stepMs: number): Promise<void> {
  let settled = false;
  const settle = (): void => void (settled = true);
  promise.then(settle, settle);
  await eventually(() => {
    if (!settled) clock.advance(stepMs);
    return settled;
  });
}

/**
 * Let time pass until a promise is settled. What the clock could overtake, exchanges with the sandbox above all, has to be in
 * memory: then a slow machine takes longer, and no exchange takes longer by the clock.
 *
 * @returns the promise, so that it can be awaited
 */
export async function passTimeUntil<T>(scene: Scene, promise: Promise<T>, stepMs: number): Promise<T> {
  let settled = false;
  const settle = (): void => void (settled = true);
  promise.then(settle, settle);
  for (;;) {
    await atRest(scene);
    if (settled) return promise;
    scene.clock.advance(stepMs);
  }
}

/** Wait, in real time, for what a disk, a socket or another process has to do first. It ends with the test at the latest. */
export async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
