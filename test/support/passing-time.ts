import type { TicketService } from 'nestjs-bankcard-ocr';
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

/** Wait, in real time, until nothing is under way, or only what hangs: that is, nothing has changed for a while. */
export async function atRest({ sandbox, tickets }: Scene): Promise<void> {
  let unchanged = 0;
  let before = '';
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    const busy = sandbox.inFlight > 0 || tickets.some((service) => service.status().refreshing);
    const now = `${sandbox.inFlight} ${JSON.stringify(sandbox.calls)} ${tickets.map((service) => JSON.stringify(service.status())).join()}`;
    unchanged = now === before ? unchanged + 1 : 0;
    before = now;
    if (unchanged >= (busy ? 15 : 4)) return;
    if (busy) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
