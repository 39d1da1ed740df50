import type { TicketService, TicketStatus } from 'nestjs-bankcard-ocr';
import type { KycSandbox, ManualClock } from 'nestjs-bankcard-ocr/testing';

/** Who has to come to rest before time goes on. */
export interface Scene {
  readonly clock: ManualClock;
  readonly sandbox: KycSandbox;
  readonly tickets: readonly TicketService[];
}

/**
 * Let time pass in steps; after each one, what it started over real sockets comes to its end, so that no exchange is
 * overtaken by a clock that jumps.
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

/** A vendor that has not answered for so many turns of the event loop, on this machine, hangs. */
const TURNS_OF_A_HANGING_VENDOR = 15;
/** A store may have to wait for the disk; who waits for a clock that stands waits in vain. */
const TURNS_OF_A_SLOW_STORE = 1_000;
const TURNS_OF_REST = 4;

/** Wait, in real time, until nothing is under way any more, or nothing that could change while the clock stands. */
export async function atRest({ sandbox, tickets }: Scene): Promise<void> {
  let unchanged = 0;
  let before = '';
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const asking = sandbox.inFlight > 0;
    const all = tickets.map((service) => service.status());
    const refreshing = all.some((status) => status.refreshing);
    const now = `${sandbox.inFlight} ${Object.values(sandbox.calls).join()} ${all.map(signOfLife).join()}`;
    unchanged = now === before ? unchanged + 1 : 0;
    before = now;
    const enough = asking ? TURNS_OF_A_HANGING_VENDOR : refreshing ? TURNS_OF_A_SLOW_STORE : TURNS_OF_REST;
    if (unchanged >= enough) return;
    if (asking || refreshing) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** What changes of a status while the clock stands. */
function signOfLife({ state, refreshing, generationId, failure }: TicketStatus): string {
  return `${state} ${refreshing} ${generationId} ${failure?.retryInMs}`;
}

/** Wait, in real time, for what a disk or another process has to do first. */
export async function eventually(holds: () => boolean, withinMs = 5_000): Promise<void> {
  const endsAt = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs} ms: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
